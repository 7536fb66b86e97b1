import { formatStamp } from '../../shared/cloud/hybridClock.ts';
import { stampsField } from '../../electron/core/sync/recordMapper.ts';
import { clampStamps, parseStamps } from '../../electron/core/sync/stamps.ts';
import { openConnection } from '../../electron/core/store/connection.ts';
import { openMemoryStore } from '../../electron/core/store/store.ts';
import { tagWithMerged } from '../../electron/core/store/queries/tagRows.ts';
import { deduplicate, type Client } from './client.ts';
import { canonicalDump, firstDifference, type Violation } from './invariants.ts';
import { forgetHistory } from './forgottenHistory.ts';
import { Killed } from './killSwitch.ts';
import type { Ledger } from './ledger.ts';
import { noteLostWithServer } from './lostWithServer.ts';
import type { Network } from './network.ts';
import type { WorldFault } from './plan.ts';
import { createRandom, type Random } from './random.ts';
import { beRogue } from './rogue.ts';
import type { Sharing } from './sharingOperations.ts';
import type { SimulatedServer } from './simulatedServer.ts';
import type { VirtualTime } from './virtualTime.ts';

/** What happened in a run that some rules have to know of. */
export interface WorldFacts {
  clocksJumped: boolean;
  serverRestored: boolean;
}

export interface WorldFaultDependencies {
  readonly time: VirtualTime;
  readonly server: SimulatedServer;
  readonly network: Network;
  readonly sharing: Sharing;
  readonly ledger: Ledger;
  readonly clients: Client[];
  readonly facts: WorldFacts;
  readonly violations: Violation[];
  readonly fire: (fault: WorldFault) => void;
  /** Begins a session of a person. @returns its token */
  readonly signIn: (me: string) => Promise<string>;
  /** Session tokens by device. */
  readonly tokens: Map<string, string>;
  readonly people: readonly string[];
  /** The same device with an empty library. */
  readonly reinstall: (client: Client) => Promise<void>;
  readonly settle: () => Promise<void>;
}

/** Faults outside the network: machines, disks, clocks, accounts, and people who mean no good. */
export interface WorldFaults {
  run(fault: WorldFault, client: Client, seed: number): Promise<string>;
  /** Called between steps: a swizzle-clog under way stops or frees one more device. @returns what it did */
  tick(): string | undefined;
  /** Frees everything that is still stopped. */
  end(): void;
}

export function createWorldFaults(deps: WorldFaultDependencies): WorldFaults {
  const { time, server, network, sharing, ledger, clients, facts, violations, fire, tokens, signIn, settle } = deps;
  let swizzle: { readonly stop: string[]; readonly free: string[] } | undefined;

  const signInAll = async () => {
    for (const one of clients) tokens.set(one.name, await signIn(one.me));
  };

  /**
   * A rollback nobody announced shows by a token that is ahead of the server. It can only show while such a token still
   * is ahead, so somebody asks before others have written as much again (docs/sync.md, "What is not covered").
   */
  const askEverybody = async (which: (client: Client) => boolean = () => true): Promise<void> => {
    swizzle = undefined;
    for (const client of clients) {
      network.clog(client.name, false);
      network.partition(client.name, 'none');
      client.limitDisk(undefined);
      client.killAfter(undefined);
      if (which(client)) client.engine.resume();
      await settle();
    }
    for (let count = 0; count < 400 && network.waiting > 0; count += 1) {
      await network.deliver(0, undefined);
      await settle();
    }
  };

  /** What is on its way when a server is put back does not arrive, or it would write as much again before anybody asks. */
  const breakConnections = async (): Promise<void> => {
    swizzle = undefined;
    for (const client of clients) network.clog(client.name, false);
    for (let count = 0; count < 400 && network.waiting > 0; count += 1) {
      await network.deliver(0, 'drop');
      await settle();
    }
  };

  const goBack = async (announced: boolean, random: Random): Promise<string> => {
    // What was accepted and not yet read back shows in no token (docs/sync.md, "What is not covered"). Who has just begun asks
    // who the server is before anything else: meanwhile others would have written as much again.
    const isHeldUp = ({ engine: { status }, name }: Client) =>
      status.phase === 'waiting' ||
      status.phase === 'signIn' ||
      status.phase === 'setup' ||
      (status.phase !== 'idle' && network.told.hasUnread(name));
    // A request from before the last signing in is refused first.
    for (let times = 0; !announced && times < 3 && clients.some(isHeldUp); times += 1) await askEverybody(isHeldUp);
    const goesBack = !random.chance(0.5);
    if (goesBack && !announced) await breakConnections();
    if (!goesBack || !(await server.restore(announced))) {
      server.snapshot();
      return 'the server is backed up';
    }
    fire(announced ? 'serverRestore' : 'serverRollback');
    facts.serverRestored = true;
    noteLostWithServer(clients, server, ledger);
    network.dropLate();
    // Sessions begun after the backup are unknown to it: people sign in again.
    sharing.serverRestored();
    await signInAll();
    if (!announced) await askEverybody();
    return announced ? 'the server is restored' : 'the server is rolled back';
  };

  /** Everything that waits, or was written and not yet collected, on this device. */
  const unsent = (client: Client): string[] => {
    const { connection, history } = client.store;
    const pending = connection
      .statement<[], { key: string }>(`SELECT entity || ' ' || row_id AS key FROM sync_pending ORDER BY 1`)
      .all();
    const from = Math.min(history.readerToken('export', 'private'), history.readerToken('export', 'shared'));
    const fresh = history.changesAfter('both', from, { authorNot: 'sync' });
    return [...pending.map(({ key }) => key), ...fresh.map((change) => `change ${change.id}`)];
  };

  const hasRefused = ({ store }: Client): boolean =>
    store.connection.statement<[]>('SELECT 1 FROM sync_refused LIMIT 1').get() !== undefined;

  /** Some of what waits is answered while nobody, or somebody else, is signed in; then the person is back. */
  const withToken = async (client: Client, token: string, rule: string): Promise<void> => {
    const own = tokens.get(client.name);
    const waiting = unsent(client);
    const before = server.fingerprint();
    tokens.set(client.name, token);
    client.crash();
    await settle();
    for (let count = 0; count < 6 && client.engine.status.phase !== 'signIn'; count += 1) {
      if (!(await network.deliverOf(client.name))) break;
      await settle();
    }
    const still = new Set(unsent(client));
    const lost = waiting.filter((one) => !one.startsWith('change ') && !still.has(one));
    if (lost.length > 0) {
      violations.push({ invariant: 'I18', message: `${client.name} lost ${lost.join(', ')} while ${rule}` });
    }
    if (server.fingerprint() !== before) {
      violations.push({ invariant: 'I18', message: `${client.name} changed the server while ${rule}` });
    }
    tokens.set(client.name, own ?? '');
    client.engine.resume();
  };

  /** De-duplication killed at a write and run again ends as the one that was never killed does (I5). */
  const killInDeduplication = (client: Client, random: Random): string => {
    client.limitDisk(undefined);
    const { raw } = client.store.connection;
    const beforeKill = raw.serialize();
    const undisturbed = (): string => {
      const control = openMemoryStore({
        now: () => client.now(),
        newId: () => 'control',
        prepared: openConnection(beforeKill),
        reportError: (error) => client.errors.push(error),
      });
      deduplicate(control, () => client.now());
      const dump = canonicalDump({ store: control, me: client.me });
      control.connection.close();
      return dump;
    };
    const tokensOf = (store: Client['store']) => [
      store.history.readerToken('tagDeduplication', 'private'),
      store.history.readerToken('tagDeduplication', 'shared'),
    ];
    const before = tokensOf(client.store);
    client.killAfter(1 + random.below(random.pick([4, 12, 40])));
    let killed = false;
    try {
      deduplicate(client.store, () => client.now());
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      killed = true;
    }
    if (killed) {
      fire('killInDeduplication');
      client.crash();
      deduplicate(client.store, () => client.now());
      const expected = undisturbed();
      const dump = canonicalDump(client);
      if (dump !== expected) {
        violations.push({
          invariant: 'I5',
          message: `${client.name}: de-duplication killed and run again ends differently:\n    ${firstDifference(expected, dump)}`,
        });
      }
    } else client.killAfter(undefined);
    if (tokensOf(client.store).some((token, index) => token < (before[index] ?? 0))) {
      violations.push({ invariant: 'I5', message: `${client.name}: the token of de-duplication ran backwards` });
    }
    return `${client.name} ${killed ? 'is killed in' : 'runs'} its de-duplication`;
  };

  /** A program of tomorrow writes a field nobody here knows into a record of its person. */
  const newerBuild = async (client: Client, random: Random): Promise<string> => {
    const records = server.rows<{
      record_name: string;
      record_type: string;
      zone: string;
      stamps: string | null;
      modified_at: number;
    }>(
      `SELECT r.record_name, r.record_type, z.name AS zone, r.modified_at, json_extract(r.fields, '$.stamps.value') AS stamps FROM records AS r JOIN zones AS z ON z.zone_id = r.zone_id
       WHERE z.owner = ? AND z.deleted_at IS NULL AND r.deleted = 0 AND r.record_type IN ('Photo', 'Album', 'Tag')
       ORDER BY r.record_name`,
      client.me,
    );
    if (records.length === 0) return 'nothing a newer build could write to';
    fire('newerBuild');
    const { record_name, record_type, zone, stamps, modified_at } = random.pick(records);
    // As every build does: what it sends on again is what it made of a time that cannot be.
    const known = clampStamps(parseStamps(stamps), modified_at);
    const value = `future ${ledger.future.size}`;
    const tomorrow = formatStamp({ ms: time.now, counter: ledger.future.size, node: 'tomorrow' });
    const answer = await server.answer({
      method: 'POST',
      url: `${server.origin}/database/1/${server.container}/${server.environment}/private/records/modify`,
      headers: { authorization: `Bearer ${await server.signIn(client.me)}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        zoneID: { zoneName: zone },
        atomic: false,
        operations: [
          {
            operationType: 'forceUpdate',
            record: {
              recordName: record_name,
              recordType: record_type,
              fields: {
                tomorrow: { value, type: 'STRING' },
                [stampsField]: { value: JSON.stringify({ ...known, tomorrow }), type: 'STRING' },
              },
            },
          },
        ],
      }),
    });
    if (answer.status === 200 && !answer.body.includes('serverErrorCode')) ledger.future.set(record_name, value);
    return `a newer build of ${client.person} writes "${value}" into ${record_name}: ${answer.status}`;
  };

  /** The merged tag is done with everywhere before the deletion arrives, whose maker never heard of the merge. */
  const noteOutlived = (): void => {
    const living = server.rows<{ id: string }>(
      `SELECT record_name AS id FROM records WHERE record_type = 'Tag' AND deleted = 0`,
    );
    for (const { id } of living) {
      if (!ledger.deleted.has(id)) continue;
      for (const { store } of clients) {
        for (const merged of tagWithMerged(store.connection, id)) if (merged !== id) ledger.outlived.set(merged, id);
      }
    }
  };

  const run = async (fault: WorldFault, client: Client, random: Random): Promise<string> => {
    switch (fault) {
      case 'crash':
        fire(fault);
        client.crash();
        return `${client.name} crashes`;
      case 'killAtWrite':
        // Counted when the write is reached.
        client.killAfter(1 + random.below(random.pick([5, 30, 120])));
        return `${client.name} will be killed at a write`;
      case 'killInDeduplication':
        return killInDeduplication(client, random);
      case 'serverRestart':
        fire(fault);
        await server.restart();
        return 'the server restarts';
      case 'splitLimits': {
        fire(fault);
        const limits = {
          operations: random.pick([1, 2, 5, 20]),
          requestBytes: random.pick([6_000, 20_000, 2 * 1024 ** 2]),
          records: random.pick([2, 7, 200]),
        };
        await server.restart(limits);
        return `the server takes ${limits.operations} operations or ${limits.requestBytes} bytes, gives ${limits.records}`;
      }
      case 'serverRestore':
      case 'serverRollback':
        return goBack(fault === 'serverRestore', random);
      case 'tombstonePurge':
        fire(fault);
        network.dropLate();
        for (const { store } of clients) {
          for (const { id } of store.connection
            .statement<[], { id: string }>(`SELECT row_id AS id FROM sync_pending WHERE created = 1 AND sent = 1`)
            .all()) {
            ledger.forgottenUnanswered.add(id);
          }
        }
        noteOutlived();
        time.advance(400 * 86_400_000);
        await server.purgeTombstones();
        return 'the server forgets old deletions';
      case 'historyTrim': {
        fire(fault);
        try {
          forgetHistory(client, ledger);
        } catch (error) {
          if (!isFull(error)) throw error;
        }
        return `${client.name} forgets its old history`;
      }
      case 'clockJump':
        fire(fault);
        facts.clocksJumped = true;
        client.skew = random.pick([-1, 1]) * random.pick([1_000, 3_600_000, 86_400_000, 315_360_000_000]);
        return `${client.name}'s clock is off by ${client.skew} ms`;
      case 'diskFull':
        fire(fault);
        client.limitDisk(random.below(3));
        return `${client.name}'s disk is full`;
      case 'reinstall':
        // Only what the server has survives, so the person does it when nothing waits, and nothing was not accepted.
        if (unsent(client).length > 0 || hasRefused(client) || facts.serverRestored) {
          return `${client.name} keeps its library`;
        }
        fire(fault);
        await deps.reinstall(client);
        return `${client.name} is installed anew`;
      case 'signOut':
        fire(fault);
        await withToken(client, 'revoked', 'signed out');
        return `${client.name} signs out and in`;
      case 'accountSwitch': {
        const others = deps.people.filter((me) => me !== client.me);
        if (others.length === 0) return 'nobody else is there';
        fire(fault);
        const other = random.pick(others);
        await withToken(client, await signIn(other), `${other} was signed in`);
        return `${client.name} finds ${other} signed in, and then its person again`;
      }
      case 'swizzleClog': {
        fire(fault);
        const shuffled = () =>
          clients.map(({ name }) => [random.next(), name] as const).toSorted((a, b) => a[0] - b[0]);
        swizzle = { stop: shuffled().map(([, name]) => name), free: shuffled().map(([, name]) => name) };
        return 'one network after the other stops';
      }
      case 'roguePeer': {
        if (deps.people.length < 2) return 'nobody to attack';
        fire(fault);
        const { done, violations: found } = await beRogue({ server, sharing, people: deps.people, random });
        violations.push(...found);
        return done;
      }
      case 'newerBuild':
        return newerBuild(client, random);
      case 'upgrade':
        if (!client.stale) return `${client.name} is up to date`;
        fire(fault);
        client.upgrade();
        return `${client.name} is upgraded`;
    }
  };

  return {
    run: (fault, client, seed) => run(fault, client, createRandom(seed)),
    tick: () => {
      const name = swizzle?.stop.shift();
      if (name !== undefined) {
        network.clog(name, true);
        return `${name} is clogged`;
      }
      const freed = swizzle?.free.shift();
      if (freed === undefined) return undefined;
      network.clog(freed, false);
      return `${freed} flows again`;
    },
    end: () => {
      swizzle = undefined;
      for (const client of clients) {
        network.clog(client.name, false);
        network.partition(client.name, 'none');
      }
    },
  };
}

/** A full disk refuses upkeep as it refuses everything else. */
function isFull(error: unknown): boolean {
  return error instanceof Killed || (error instanceof Error && 'code' in error && error.code === 'diskFull');
}
