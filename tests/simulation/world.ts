import { createHash } from 'node:crypto';
import {
  canonicalDump,
  checkAlways,
  checkLedger,
  crossZoneRows,
  firstDifference,
  type Violation,
} from './invariants.ts';
import { createClient, makeLibraryImage, type Client } from './client.ts';
import { createLedger } from './ledger.ts';
import { createNetwork, networkFaults, type NetworkFault } from './network.ts';
import { operate, operationWeights, type Operation } from './operations.ts';
import { createRandom } from './random.ts';
import { shareOperationWeights, createSharing, type ShareOperation } from './sharingOperations.ts';
import { createSimulatedServer } from './simulatedServer.ts';
import { createVirtualTime } from './virtualTime.ts';

/** Faults outside the network. */
export const worldFaults = [
  'crash',
  'serverRestart',
  'serverRestore',
  'serverRollback',
  'tombstonePurge',
  'clockJump',
  'diskFull',
  'reinstall',
  'signOut',
] as const;
export type WorldFault = (typeof worldFaults)[number];

/**
 * One step of a run. Each carries its own seed, so that leaving one out (when a failing run is made short) does not
 * change what the others do.
 */
export type Step =
  | { readonly kind: 'operation'; readonly device: number; readonly operation: Operation; readonly seed: number }
  | { readonly kind: 'sharing'; readonly device: number; readonly operation: ShareOperation; readonly seed: number }
  | { readonly kind: 'network'; readonly count: number; readonly faulty: boolean; readonly seed: number }
  | { readonly kind: 'wake'; readonly device: number }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'fault'; readonly fault: WorldFault; readonly device: number; readonly seed: number };

export interface Plan {
  readonly seed: number;
  readonly people: number;
  readonly devices: number;
  readonly steps: readonly Step[];
}

/** The plan of a seed: people, devices and every step, before anything runs. */
export function makePlan(seed: number, length: number): Plan {
  const random = createRandom(seed);
  const people = 1 + random.below(3);
  const devices = Math.max(2, people + random.below(4 - Math.min(2, people - 1)));
  // Some runs are calm and some are stormy, so that both long quiet merges and pile-ups happen.
  const storm = random.pick([0, 0.05, 0.15, 0.3]);
  const steps: Step[] = [];
  while (steps.length < length) {
    const device = random.below(devices);
    const roll = random.next();
    const stepSeed = random.below(2 ** 31);
    if (roll < 0.42) {
      steps.push({ kind: 'operation', device, operation: random.weighted(operationWeights), seed: stepSeed });
    } else if (roll < 0.48) {
      steps.push({ kind: 'sharing', device, operation: random.weighted(shareOperationWeights), seed: stepSeed });
    } else if (roll < 0.8) {
      steps.push({ kind: 'network', count: 1 + random.below(12), faulty: random.chance(0.5 + storm), seed: stepSeed });
    } else if (roll < 0.9) {
      steps.push({ kind: 'wake', device });
    } else if (roll < 0.95 || !random.chance(storm * 3)) {
      steps.push({ kind: 'time', ms: random.pick([100, 1_000, 5_000, 60_000, 600_000]) });
    } else {
      steps.push({ kind: 'fault', fault: random.pick(worldFaults), device, seed: stepSeed });
    }
  }
  return { seed, people, devices, steps };
}

/** A plan as a script a person can read and a test can keep. */
export function describePlan(plan: Plan): string {
  return JSON.stringify(plan);
}

export interface RunResult {
  readonly plan: Plan;
  readonly violations: readonly Violation[];
  readonly trace: readonly string[];
  readonly traceHash: string;
  readonly fired: ReadonlyMap<string, number>;
  readonly rounds: number;
}

const names = ['ana', 'ben', 'cleo'];
let image: Buffer | undefined;

/** Runs a plan against the real engine and the real server, heals the world, and checks every invariant. */
export async function runPlan(plan: Plan): Promise<RunResult> {
  image ??= makeLibraryImage();
  const libraryImage = image;
  const time = createVirtualTime(1_750_000_000_000);
  const chance = createRandom(plan.seed ^ 0x5eed);
  const server = await createSimulatedServer(
    () => time.now,
    () => chance.next(),
  );
  const network = createNetwork((request) => server.handle(request));
  const ledger = createLedger();
  const trace: string[] = [];
  const fired = new Map<string, number>();
  const violations: Violation[] = [];
  const facts = { clocksJumped: false, serverRestored: false };
  const tokens = new Map<string, string>();
  const fire = (fault: string) => fired.set(fault, (fired.get(fault) ?? 0) + 1);

  const makeClient = async (index: number, generation = 0): Promise<Client> => {
    const person = names[index % plan.people] ?? 'ana';
    const name = `${person[0] ?? 'x'}${index}${generation === 0 ? '' : `g${generation}`}`;
    const me = `_${person}`;
    tokens.set(name, await server.signIn(me));
    const client = createClient({
      name,
      person,
      me,
      image: libraryImage,
      time,
      random: () => chance.next(),
      fetch: network.fetchFor(name),
      forget: () => network.forget(name),
      server: server.origin,
      container: server.container,
      environment: server.environment,
      token: () => tokens.get(name),
    });
    client.engine.start();
    return client;
  };
  for (const name of names.slice(0, plan.people)) await server.addPerson(name);
  const clients: Client[] = [];
  for (let index = 0; index < plan.devices; index += 1) clients.push(await makeClient(index));
  const sharing = createSharing(server, clients, ledger);
  const deviceOf = (index: number): Client => {
    const client = clients[index % clients.length];
    if (client === undefined) throw new Error('There is no such device');
    return client;
  };
  const generations = new Map<number, number>();

  const worldFault = async (fault: WorldFault, index: number, seed: number): Promise<string> => {
    const client = deviceOf(index);
    const random = createRandom(seed);
    fire(fault);
    switch (fault) {
      case 'crash':
        client.crash();
        return `${client.name} crashes`;
      case 'serverRestart':
        await server.restart();
        return 'the server restarts';
      case 'serverRestore':
      case 'serverRollback': {
        if (random.chance(0.5) || !(await server.restore(fault === 'serverRestore'))) {
          await server.snapshot();
          return 'the server is backed up';
        }
        facts.serverRestored = true;
        // Sessions begun after the backup are unknown to it: people sign in again.
        await sharing.serverRestored();
        for (const one of clients) tokens.set(one.name, await server.signIn(one.me));
        if (fault === 'serverRollback') await askEverybody();
        return fault === 'serverRestore' ? 'the server is restored' : 'the server is rolled back';
      }
      case 'tombstonePurge':
        time.advance(400 * 86_400_000);
        await server.purgeTombstones();
        return 'the server forgets old deletions';
      case 'clockJump':
        facts.clocksJumped = true;
        client.skew = random.pick([-1, 1]) * random.pick([1_000, 3_600_000, 86_400_000, 315_360_000_000]);
        return `${client.name}'s clock is off by ${client.skew} ms`;
      case 'diskFull':
        client.limitDisk(random.below(3));
        return `${client.name}'s disk is full`;
      case 'reinstall': {
        // Only what the server has survives, so the person does it when nothing is waiting.
        const waiting = client.store.connection.raw.prepare('SELECT 1 FROM sync_pending').get();
        const unread = client.store.history.changesAfter(
          'both',
          Math.min(
            client.store.history.readerToken('export', 'private'),
            client.store.history.readerToken('export', 'shared'),
          ),
          { limit: 1, authorNot: 'sync' },
        );
        if (waiting !== undefined || unread.length > 0 || facts.serverRestored)
          return `${client.name} keeps its library`;
        client.dispose();
        network.forget(client.name);
        const generation = (generations.get(index % clients.length) ?? 0) + 1;
        generations.set(index % clients.length, generation);
        clients[index % clients.length] = await makeClient(index % clients.length, generation);
        return `${client.name} is installed anew`;
      }
      case 'signOut': {
        const token = tokens.get(client.name);
        tokens.set(client.name, 'revoked');
        client.crash();
        await settle();
        for (let count = 0; count < 5 && network.waiting > 0; count += 1) await network.deliver(count, undefined);
        await settle();
        if (token !== undefined) tokens.set(client.name, token);
        client.engine.resume();
        return `${client.name} signs out and in`;
      }
    }
  };

  /**
   * A rollback nobody announced shows by a token that is ahead of the server. It can only show while such a token still
   * is ahead, so somebody asks before others have written as much again (docs/sync.md, "What is not covered").
   */
  const askEverybody = async (): Promise<void> => {
    for (const client of clients) {
      client.limitDisk(undefined);
      client.engine.resume();
      await settle();
    }
    for (let count = 0; count < 400 && network.waiting > 0; count += 1) {
      await network.deliver(0, undefined);
      await settle();
    }
  };

  const step = async (one: Step): Promise<string> => {
    switch (one.kind) {
      case 'operation':
        return operate(deviceOf(one.device), one.operation, createRandom(one.seed), ledger);
      case 'sharing':
        return sharing.operate(deviceOf(one.device), one.operation, createRandom(one.seed));
      case 'network': {
        const random = createRandom(one.seed);
        const done: string[] = [];
        for (let count = 0; count < one.count; count += 1) {
          const fault: NetworkFault | undefined =
            one.faulty && random.chance(0.35) ? random.pick(networkFaults) : undefined;
          if (fault === 'requestPartition' || fault === 'answerPartition') {
            const device = deviceOf(random.below(clients.length)).name;
            network.partition(
              device,
              random.chance(0.4) ? 'none' : fault === 'requestPartition' ? 'requests' : 'answers',
            );
          }
          if (network.waiting === 0) continue;
          if (fault !== undefined) fire(fault);
          // First in, first out, but for reordering.
          done.push(await network.deliver(fault === 'reorder' ? random.below(8) : 0, fault));
          await settle();
        }
        return `network: ${done.join('; ')}`;
      }
      case 'wake': {
        const client = deviceOf(one.device);
        client.engine.kick({ import: true, export: true });
        client.afterImport();
        return `${client.name} wakes`;
      }
      case 'time':
        time.advance(one.ms);
        return `${one.ms} ms pass`;
      case 'fault':
        return worldFault(one.fault, one.device, one.seed);
    }
  };

  const note = (line: string) => trace.push(line);
  let rounds = 0;
  try {
    for (const [index, one] of plan.steps.entries()) {
      note(`${index} ${await step(one)}`);
      await settle();
      if (index % 10 === 9) for (const client of clients) violations.push(...checkAlways(client));
      if (violations.length > 0) break;
    }
    if (violations.length === 0) rounds = await heal();
  } catch (error) {
    violations.push({
      invariant: 'crash',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }

  /** Faults stop; everybody gets as many rounds as the liveness rule allows (I2), then all must agree. */
  async function heal(): Promise<number> {
    for (const client of clients) {
      client.limitDisk(undefined);
      client.skew = 0;
      network.partition(client.name, 'none');
    }
    const limit = 50 * clients.length;
    let quiet = 0;
    let round = 0;
    for (; round < limit && quiet < 2; round += 1) {
      const before = clients
        .map((client) => client.store.history.newestToken('private') + client.store.history.newestToken('shared'))
        .join();
      await sharing.finish();
      for (const client of clients) client.engine.resume();
      for (let count = 0; count < 20_000; count += 1) {
        await settle();
        if (network.waiting === 0) break;
        await network.deliver(0, undefined);
      }
      time.advance(700_000);
      await settle();
      for (let count = 0; count < 20_000 && network.waiting > 0; count += 1) {
        await network.deliver(0, undefined);
        await settle();
      }
      for (const client of clients) client.afterImport();
      const after = clients
        .map((client) => client.store.history.newestToken('private') + client.store.history.newestToken('shared'))
        .join();
      const waiting = clients.some(
        (client) => client.store.connection.raw.prepare('SELECT 1 FROM sync_pending').get() !== undefined,
      );
      quiet = before === after && !waiting ? quiet + 1 : 0;
    }
    if (quiet < 2) {
      const queues = clients
        .map(
          (client) =>
            `${client.name} ${client.engine.status.phase} (${client.engine.status.message ?? ''}): ${JSON.stringify(client.store.connection.raw.prepare('SELECT entity, row_id, zone_id, kind, state, reason, message FROM sync_pending LIMIT 3').all())}`,
        )
        .join('; ');
      violations.push({ invariant: 'I2', message: `not quiet after ${limit} rounds: ${queues}` });
    }
    return round;
  }

  if (violations.length === 0) {
    for (const client of clients) {
      violations.push(...checkAlways(client));
      const crossing = crossZoneRows(client);
      if (crossing.length > 0)
        violations.push({ invariant: 'I7', message: `${client.name}: ${crossing.slice(0, 3).join('; ')}` });
      if (client.engine.status.phase !== 'idle') {
        violations.push({
          invariant: 'I16',
          message: `${client.name} still says ${client.engine.status.phase} (${client.engine.status.message ?? ''})`,
        });
      }
    }
    violations.push(...(await agree()));
    violations.push(...checkLedger(clients, ledger, facts));
    if (network.largestRequest.bytes > 2 * 1024 * 1024 || network.largestRequest.operations > 200) {
      violations.push({ invariant: 'I14', message: `a request had ${network.largestRequest.operations} operations` });
    }
  }

  /** All devices of a person hold the same, as does one that starts from nothing; a share looks the same to all in it. */
  async function agree(): Promise<Violation[]> {
    const found: Violation[] = [];
    const fresh: Client[] = [];
    for (let index = 0; index < plan.people; index += 1) fresh.push(await makeClient(index, 99));
    for (let count = 0; count < 20_000; count += 1) {
      await settle();
      if (network.waiting === 0) break;
      await network.deliver(0, undefined);
    }
    for (const name of names.slice(0, plan.people)) {
      const mine = [...clients, ...fresh].filter((client) => client.person === name);
      const [first, ...rest] = mine;
      if (first === undefined) continue;
      const visible = (zone: { owner: string; name: string }) =>
        zone.owner === first.me || sharing.mayRead(first, zone);
      const expected = canonicalDump(first, visible);
      for (const other of rest) {
        const dump = canonicalDump(other, visible);
        if (dump !== expected)
          found.push({
            invariant: 'I6',
            message: `${first.name} and ${other.name} differ:\n    ${firstDifference(expected, dump)}`,
          });
      }
    }
    for (const zone of sharing.zones()) {
      const views = clients
        .filter((client) => sharing.mayRead(client, zone))
        .map((client) => ({
          client,
          dump: canonicalDump(client, (one) => one.owner === zone.owner && one.name === zone.name),
        }));
      const [first, ...rest] = views;
      for (const other of rest) {
        if (first !== undefined && other.dump !== first.dump) {
          found.push({
            invariant: 'I6',
            message: `${first.client.name} and ${other.client.name} see ${zone.name} differently:\n    ${firstDifference(first.dump, other.dump)}`,
          });
        }
      }
    }
    for (const client of fresh) client.dispose();
    return found;
  }

  for (const client of clients) client.dispose();
  await server.dispose();
  const hash = createHash('sha256').update(trace.join('\n'));
  hash.update(violations.map((one) => one.invariant).join());
  return { plan, violations, trace, traceHash: hash.digest('hex'), fired, rounds };
}

/** Lets everything that can go on without the network or time do so. */
async function settle(): Promise<void> {
  await new Promise<void>((done) => setImmediate(done));
}
