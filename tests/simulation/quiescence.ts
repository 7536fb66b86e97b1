import {
  canonicalDump,
  canonicalRows,
  checkAlways,
  crossZoneRows,
  dumpOf,
  firstDifference,
  recordsInTwoZones,
  type Violation,
} from './invariants.ts';
import { bitsToRights, rightsToBits } from '../../shared/shareRights.ts';
import { deduplicate, type Client } from './client.ts';
import type { Network } from './network.ts';
import type { Sharing } from './sharingOperations.ts';
import type { SimulatedServer } from './simulatedServer.ts';
import type { VirtualTime } from './virtualTime.ts';
import type { WorldFaults } from './worldFaults.ts';

export interface QuietWorld {
  readonly time: VirtualTime;
  readonly server: SimulatedServer;
  readonly network: Network;
  readonly sharing: Sharing;
  readonly faults: WorldFaults;
  readonly clients: readonly Client[];
  /** A computer of this person that has never synced. */
  readonly freshClient: (person: string) => Promise<Client>;
  readonly settle: () => Promise<void>;
}

/** Requests a fleet may need until it has nothing to ask for the moment; it needs some hundred at most. */
const mostRequests = 4_000;

/** @returns whether they came to an end; if not, somebody asks the same for ever */
async function deliverAll({ network, settle }: QuietWorld): Promise<boolean> {
  for (let count = 0; count < mostRequests; count += 1) {
    await settle();
    if (network.waiting === 0) return true;
    await network.deliver(0, undefined);
  }
  return false;
}

/**
 * Faults stop; everybody gets as many rounds as the liveness rule allows (I2).
 * @returns rounds taken, and the rule that was broken when they were not enough
 */
export async function heal(world: QuietWorld): Promise<{ rounds: number; violations: Violation[] }> {
  const { clients, server, sharing, time, faults } = world;
  faults.end();
  for (const client of clients) {
    client.killAfter(undefined);
    client.limitDisk(undefined);
    client.skew = 0;
    if (client.stale) client.upgrade();
  }
  // A deletion that is queued and sent within one round shows on the server alone: the others have yet to read of it.
  const newest = () =>
    [
      ...clients.map(({ store }) => `${store.history.newestToken('private')} ${store.history.newestToken('shared')}`),
      ...server.rows<{ seq: number }>('SELECT sum(seq) AS seq FROM owners').map(({ seq }) => String(seq)),
    ].join(', ');
  // What is left in a share that ended without a reason waits for its person.
  const isWaiting = ({ engine, store }: Client) =>
    engine.status.phase !== 'idle' ||
    engine.hasWork() ||
    store.connection
      .statement<[]>(`SELECT 1 FROM sync_pending WHERE zone_id NOT IN (SELECT id FROM zone WHERE state = 'ended')`)
      .get() !== undefined;
  const limit = 50 * clients.length;
  let quiet = 0;
  let rounds = 0;
  let ends = true;
  for (; ends && rounds < limit && quiet < 2; rounds += 1) {
    const before = newest();
    await sharing.finish();
    for (const client of clients) client.engine.resume();
    ends = await deliverAll(world);
    time.advance(700_000);
    ends &&= await deliverAll(world);
    for (const client of clients) client.afterImport();
    quiet = before === newest() && !clients.some(isWaiting) ? quiet + 1 : 0;
  }
  if (quiet >= 2) return { rounds, violations: [] };
  const queues = clients
    .map(
      (client) =>
        `${client.name} ${client.engine.status.phase} (${client.engine.status.message ?? ''}): ${JSON.stringify(client.store.connection.raw.prepare('SELECT entity, row_id, zone_id, kind, state, reason, message FROM sync_pending LIMIT 3').all())}`,
    )
    .join('; ');
  return {
    rounds,
    violations: [
      {
        invariant: 'I2',
        message: `not quiet after ${rounds} rounds${ends ? '' : ', the last of them without an end'}: ${queues}`,
      },
    ],
  };
}

/** Everything that has to hold once nothing moves any more. */
export async function checkQuiet(world: QuietWorld): Promise<Violation[]> {
  const { clients, network, server, sharing } = world;
  const violations: Violation[] = [];
  for (const client of clients) {
    violations.push(...checkAlways(client));
    const crossing = crossZoneRows(client);
    if (crossing.length > 0) {
      violations.push({ invariant: 'I7', message: `${client.name}: ${crossing.slice(0, 3).join('; ')}` });
    }
    if (client.engine.status.phase !== 'idle') {
      violations.push({
        invariant: 'I16',
        message: `${client.name} still says ${client.engine.status.phase} (${client.engine.status.message ?? ''})`,
      });
    }
    violations.push(...checkForgotten(client, server, sharing), ...checkRights(client, sharing));
  }
  const doubled = recordsInTwoZones(server);
  if (doubled.length > 0)
    violations.push({ invariant: 'I7', message: `on the server: ${doubled.slice(0, 3).join('; ')}` });
  violations.push(...(await checkAgreement(world)));
  violations.push(...(await checkReplay(world)));
  const { bytes, operations } = network.largestRequest;
  if (bytes > 2 * 1024 * 1024 || operations > 200) {
    violations.push({ invariant: 'I14', message: `a request had ${operations} operations or ${bytes} bytes` });
  }
  return violations;
}

/**
 * Nothing of a share is left on a computer whose person has no access any more (I21). Only where the server does not know
 * how it ended (it was put back to before) is the share kept, closed, until the person has said what to do.
 */
function checkForgotten(client: Client, server: SimulatedServer, sharing: Sharing): Violation[] {
  const isKnown = ({ owner, name }: { owner: string; name: string }) =>
    server.rows(
      `SELECT 1 FROM views AS v JOIN zones AS z ON z.zone_id = v.zone_id
       WHERE v.user_name = ? AND z.owner = ? AND z.name = ? AND v.gone_reason IS NOT NULL`,
      client.me,
      owner,
      name,
    ).length > 0;
  const zones = client.store.connection
    .statement<[], { id: string; owner: string; name: string; state: string }>(
      `SELECT id, owner, name, state FROM zone WHERE store = 'shared' ORDER BY id`,
    )
    .all();
  return zones
    .filter((zone) => !sharing.mayRead(client, zone) && (zone.state !== 'ended' || isKnown(zone)))
    .map(({ id, state }) => ({
      invariant: 'I21',
      message: `${client.name} still holds ${id} (${state}) and may not read it`,
    }));
}

/** What a person may do in a share, as their computer has it, is what the server allows (I22). */
function checkRights(client: Client, sharing: Sharing): Violation[] {
  const zones = client.store.connection
    .statement<[], { id: string; owner: string; name: string; rights: number }>(
      `SELECT id, owner, name, rights FROM zone WHERE store = 'shared' AND state = 'active' ORDER BY id`,
    )
    .all();
  return zones.flatMap((zone) => {
    const allowed = sharing.rightsOf(client.me, zone);
    if (allowed === undefined || rightsToBits(allowed) === zone.rights) return [];
    const held = bitsToRights(zone.rights).join() || 'nothing';
    return [
      {
        invariant: 'I22',
        message: `${client.name} may do ${held} in ${zone.id} and was given ${allowed.join() || 'nothing'}`,
      },
    ];
  });
}

/** All devices of a person hold the same, as does one that starts from nothing; a share looks the same to all in it (I6). */
async function checkAgreement(world: QuietWorld): Promise<Violation[]> {
  const { clients, sharing, freshClient } = world;
  const found: Violation[] = [];
  const people = [...new Set(clients.map(({ person }) => person))];
  const fresh: Client[] = [];
  for (const person of people) fresh.push(await freshClient(person));
  await deliverAll(world);
  // Read once, and compared per person and per share.
  const held = new Map([...clients, ...fresh].map((client) => [client, canonicalRows(client)]));
  const dump = (client: Client, visible: (zone: { owner: string; name: string }) => boolean) =>
    dumpOf(held.get(client) ?? [], visible);
  for (const person of people) {
    const [first, ...rest] = [...clients, ...fresh].filter((client) => client.person === person);
    if (first === undefined) continue;
    const visible = (zone: { owner: string; name: string }) => zone.owner === first.me || sharing.mayRead(first, zone);
    const expected = dump(first, visible);
    for (const other of rest) {
      const text = dump(other, visible);
      if (text === expected) continue;
      found.push({
        invariant: 'I6',
        message: `${first.name} and ${other.name} differ:\n    ${firstDifference(expected, text)}`,
      });
    }
  }
  for (const zone of sharing.zones()) {
    const isIt = (one: { owner: string; name: string }) => one.owner === zone.owner && one.name === zone.name;
    const [first, ...rest] = clients
      .filter((client) => sharing.mayRead(client, zone))
      .map((client) => ({ client, dump: dump(client, isIt) }));
    for (const other of rest) {
      if (first === undefined || other.dump === first.dump) continue;
      found.push({
        invariant: 'I6',
        message: `${first.client.name} and ${other.client.name} see ${zone.name} differently:\n    ${firstDifference(first.dump, other.dump)}`,
      });
    }
  }
  for (const client of fresh) {
    found.push(...checkAlways(client));
    client.dispose();
  }
  return found;
}

/**
 * What was read and done already, read and done again, changes nothing (I5): every zone from its beginning, and
 * de-duplication from the first transaction. On one device; the others went through the same.
 */
async function checkReplay(world: QuietWorld): Promise<Violation[]> {
  const client = world.clients[world.clients.length - 1];
  if (client === undefined) return [];
  const { store } = client;
  const before = canonicalDump(client);
  const { fingerprint } = world.server;
  const server = fingerprint();
  store.transaction('maintenance', ({ raw }) => {
    raw.exec(`UPDATE sync_zone SET token = NULL; UPDATE sync_scope SET token = NULL;
      UPDATE history_reader SET token = 0 WHERE name = 'tagDeduplication'`);
  });
  client.crash();
  await deliverAll(world);
  deduplicate(store, client.now);
  client.engine.kick({ import: true, export: true });
  await deliverAll(world);
  const found: Violation[] = [];
  const after = canonicalDump(client);
  if (after !== before) {
    found.push({
      invariant: 'I5',
      message: `${client.name} changed by reading everything again:\n    ${firstDifference(before, after)}`,
    });
  }
  if (fingerprint() !== server) {
    found.push({ invariant: 'I5', message: `${client.name} changed the server by reading everything again` });
  }
  return found;
}
