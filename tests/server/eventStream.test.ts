import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { findSession } from '../../server/accounts/sessions.ts';
import { eventStream } from '../../server/cloud/events.ts';
import type { WakeHub } from '../../server/cloud/wakeHub.ts';
import type { ContainerServer } from '../../server/containerServer.ts';
import { openPostgresDatabase } from '../../server/database/postgres/postgresDatabase.ts';
import { openSqliteDatabase } from '../../server/database/sqlite/sqliteDatabase.ts';
import { startTestPostgres } from '../helpers/embeddedPostgres.ts';
import type { TestPostgres } from '../helpers/embeddedPostgres.ts';
import { createTestContainer, makePerson, startTestServer, testContainer } from '../helpers/testServer.ts';
import type { TestPerson } from '../helpers/testServer.ts';
import { createWireClient, sendInto } from '../helpers/wireClient.ts';
import type { WireClient } from '../helpers/wireClient.ts';

/** What an event stream says where it cannot say everything, and when its server stops. */

let postgres: TestPostgres;
let container: ContainerServer | undefined;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterEach(async () => {
  await container?.dispose();
  container = undefined;
});
afterAll(() => postgres?.stop());

const dialects = ['SQLite', 'PostgreSQL'] as const;
const zoneID = { zoneName: 'z' };

interface Devices {
  /** The device the stream is of. */
  readonly listener: TestPerson;
  /** That device again, and another one of the same person. */
  readonly own: WireClient;
  readonly other: WireClient;
}

async function startDevices(dialect: (typeof dialects)[number]): Promise<Devices> {
  const database =
    dialect === 'SQLite'
      ? openSqliteDatabase({ path: ':memory:' })
      : await openPostgresDatabase({ url: await postgres.newDatabase(), poolSize: 4 });
  container = await createTestContainer({ database });
  const listener = await makePerson(container, 'Ana');
  const own = createWireClient(sendInto(container), listener.token);
  const other = createWireClient(sendInto(container), (await makePerson(container, 'Ana')).token);
  await own.call('private', 'zones/modify', { operations: [{ operationType: 'create', zone: { zoneID } }] });
  return { listener, own, other };
}

let named = 0;
/** Adds photos in one request. */
async function add(device: WireClient, count: number): Promise<void> {
  const operations = Array.from({ length: count }, () => ({
    operationType: 'create',
    record: { recordName: `p${(named += 1)}`, recordType: 'Photo', fields: {} },
  }));
  expect((await device.call('private', 'records/modify', { zoneID, operations })).status).toBe(200);
}

/** A long poll that hears of each new photo by itself: as many hints as photos, beside the stream's one. */
async function listenByPoll(device: WireClient, token: string): Promise<void> {
  await device.send({
    method: 'POST',
    path: `/device/1/${testContainer}/development/tokens/create`,
    headers: { authorization: `Bearer ${token}` },
    body: '{"apnsEnvironment":"development"}',
  });
  const subscription = {
    subscriptionID: 's',
    subscriptionType: 'query',
    query: { recordType: 'Photo' },
    firesOn: ['create'],
  };
  const operations = [{ operationType: 'create', subscription }];
  expect((await device.call('private', 'subscriptions/modify', { operations })).status).toBe(200);
}

/** What a stream says when these things happen one after the other, each while it waits; then its server stops. */
async function said(listener: TestPerson, happenings: readonly (() => Promise<void>)[]): Promise<string[]> {
  if (container === undefined) throw new Error('no server');
  const { services } = container;
  const signedIn = await findSession(services.database, listener.token, services.clock());
  if (signedIn === undefined) throw new Error('no session');
  const left = [...happenings];
  let stopped = false;
  const hub: WakeHub = {
    waiting: 0,
    get stopped() {
      return stopped;
    },
    listen: () => ({
      async wait() {
        if (stopped) throw new Error('the stream goes on');
        const next = left.shift();
        if (next === undefined) stopped = true;
        await next?.();
        return true;
      },
      dispose: () => undefined,
    }),
    dispose: () => undefined,
  };
  const realm = { container: testContainer, environment: 'development', key: `${testContainer}/development` } as const;
  const { caller, epoch } = signedIn;
  const context = { services, database: services.database, realm, caller, epoch, now: services.clock() };
  const events: string[] = [];
  for await (const text of eventStream(context, hub, undefined)) {
    const event = /event: (\w+)/.exec(text)?.[1];
    if (event !== undefined) events.push(event);
  }
  return events;
}

test.each(dialects)('a stream hears of a change that means more hints than are kept (%s)', async (dialect) => {
  const { listener, own, other } = await startDevices(dialect);
  await listenByPoll(own, listener.token);
  expect(await said(listener, [() => add(other, 200)])).toEqual(['push']);
});

test.each(dialects)(
  'a stream whose hints were dropped before it looked is told to look for itself, once (%s)',
  async (dialect) => {
    const { listener, own, other } = await startDevices(dialect);
    await listenByPoll(own, listener.token);
    const muchAtOnce = async (): Promise<void> => {
      for (let round = 0; round < 3; round += 1) await add(other, 150);
    };
    expect(await said(listener, [muchAtOnce, () => add(other, 1)])).toEqual(['resync', 'push']);
  },
);

test.each(dialects)(
  'what a device changes itself, however much, is no reason to have it look for itself (%s)',
  async (dialect) => {
    const { listener, own, other } = await startDevices(dialect);
    await listenByPoll(own, listener.token);
    const happenings = [() => add(own, 150), () => add(own, 150), () => add(own, 150), () => add(other, 1)];
    expect(await said(listener, happenings)).toEqual(['push']);
  },
);

test('a server that stops ends its event streams at once', async () => {
  const server = await startTestServer();
  const ana = await server.person('Ana');
  const streams = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const response = await fetch(`${server.origin}/shoebox/1/${testContainer}/development/events`, {
        headers: { authorization: `Bearer ${ana.token}` },
      });
      const reader = response.body?.getReader();
      await reader?.read();
      return reader;
    }),
  );
  await expect.poll(() => server.container.hub.waiting).toBe(streams.length);
  const { database } = server.container.services;
  const read = database.read.bind(database);
  const reads = vi.spyOn(database, 'read').mockImplementation((work) => {
    // One that never ends would keep the test from failing, too.
    if (reads.mock.calls.length > 50 * streams.length) throw new Error('the streams go on');
    return read(work);
  });
  const ends = streams.map(async (reader) => {
    try {
      return (await reader?.read())?.done;
    } catch {
      return true;
    }
  });
  await server.stop();
  expect(reads.mock.calls.length).toBeLessThanOrEqual(streams.length);
  expect(await Promise.all(ends)).toEqual(streams.map(() => true));
});
