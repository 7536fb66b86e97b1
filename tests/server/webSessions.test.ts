import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ContainerServer } from '../../server/containerServer.ts';
import type { Database } from '../../server/database/database.ts';
import { issueSession, webSessionLifetime } from '../../server/accounts/sessions.ts';
import { openSqliteDatabase } from '../../server/database/sqlite/sqliteDatabase.ts';
import { createTestContainer, makePerson, testContainer } from '../helpers/testServer.ts';
import { createWireClient, sendInto } from '../helpers/wireClient.ts';
import type { Answer } from '../helpers/wireClient.ts';

/* A web session past half its life, and the answers that can and cannot say what its next token is. */

const header = 'x-apple-cloudkit-web-auth-token';
const base = `/database/1/${testContainer}/development`;
const extension = `/shoebox/1/${testContainer}/development`;
const minute = 60_000;

let container: ContainerServer;
let now: number;
let token: string;
/** Fails the next writes while it is set. */
let refuseWrites: boolean;
let warnings: string[];

beforeEach(async () => {
  now = 1_800_000_000_000;
  refuseWrites = false;
  warnings = [];
  const sqlite = openSqliteDatabase({ path: ':memory:' });
  const database: Database = {
    ...sqlite,
    write: (work, options) =>
      refuseWrites ? Promise.reject(new Error('the disk is full')) : sqlite.write(work, options),
  };
  container = await createTestContainer({
    database,
    clock: () => now,
    config: { publicURL: 'http://server.test', clients: [{ id: 'A', origins: ['https://web.example'] }] },
    log: { info: () => undefined, warn: (_, text) => void warnings.push(text), error: (facts) => console.error(facts) },
  });
  const device = createWireClient(sendInto(container), (await makePerson(container, 'Ana')).token);
  await device.call('private', 'zones/modify', {
    operations: [{ operationType: 'create', zone: { zoneID: { zoneName: 'trip' } } }],
  });
  token = (
    await database.write((sql) =>
      issueSession(
        sql,
        { random: container.services.random, now },
        { userName: '_ana', kind: 'web', lifetimeMs: webSessionLifetime },
      ),
    )
  ).token;
  now += webSessionLifetime / 2 + minute;
});
afterEach(() => container.dispose());

const fewAssets = JSON.stringify({
  zoneID: { zoneName: 'trip' },
  assets: [{ recordName: 'p', fieldName: 'data' }],
});

const send = (method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<Answer> =>
  sendInto(container)({
    method,
    path: `${path}?ckAPIToken=A&ckWebAuthToken=${token}`,
    headers: { 'content-type': 'text/plain', ...headers },
    ...(body === undefined ? {} : { body }),
  });

const sessions = async (): Promise<number> =>
  container.services.database.read(async (sql) => {
    const row = await sql.get<{ n: number }>(`SELECT count(*) AS n FROM sessions WHERE kind = 'web'`);
    return row?.n ?? 0;
  });

/** Whether the token still signs in after the grace of one that was replaced. */
async function outlivesTheGrace(): Promise<boolean> {
  now += 6 * minute;
  return (await send('GET', `${base}/public/users/caller`)).status === 200;
}

test.each([
  ['a piece of a file', () => send('PUT', '/upload/some-upload-of-nobody', 'x', { 'content-range': 'bytes 0-0/1' })],
  ['where an upload is', () => send('GET', '/upload/some-upload-of-nobody')],
  ['the event stream', () => send('GET', `${extension}/events`)],
  ['its own session', () => send('GET', '/api/auth/get-session')],
  ['something that is refused as a whole', () => send('POST', `${base}/private/records/modify`, '{"operations":5}')],
  ['something that is not there', () => send('POST', `${extension}/links/list`, '{"zoneID":{"zoneName":"none"}}')],
  ['assets of a zone that is not there', () => send('POST', `${extension}/assets/fetch`, '{"nonsense":1}')],
] as const)('a web session that asks for %s is not replaced by one nobody is told of', async (_, ask) => {
  const answer = await ask();
  expect(answer.headers[header]).toBeUndefined();
  expect(await sessions()).toBe(1);
  expect(await outlivesTheGrace()).toBe(true);
});

test.each([
  ['a call', () => send('GET', `${base}/public/users/caller`)],
  ['many small assets', () => send('POST', `${extension}/assets/fetch`, fewAssets)],
] as const)('a web session that asks for %s is told its successor, and the old one has its grace', async (_, ask) => {
  const old = token;
  const answer = await ask();
  expect(answer.status).toBe(200);
  token = answer.headers[header] ?? '';
  expect([token === '', token === old]).toEqual([false, false]);
  expect(await outlivesTheGrace()).toBe(true);
  token = old;
  expect((await send('GET', `${base}/public/users/caller`)).status).toBe(401);
});

test('a web session that cannot be renewed now keeps its token, and the call its answer', async () => {
  refuseWrites = true;
  const answer = await send('GET', `${base}/public/users/caller`);
  expect(answer).toMatchObject({ status: 200, headers: { [header]: token } });
  expect(warnings).toEqual(['a web session could not be renewed']);
  refuseWrites = false;
  expect(await outlivesTheGrace()).toBe(true);
});

test('a web session that is signed out while its request is answered has no successor', async () => {
  const { database } = container.services;
  const read = database.read.bind(database);
  let reads = 0;
  Object.assign(database, {
    read: async (work: Parameters<typeof read>[0]) => {
      const result = await read(work);
      reads += 1;
      // The first one finds the session.
      if (reads === 1) await database.write((sql) => sql.run(`DELETE FROM sessions WHERE kind = 'web'`));
      return result;
    },
  });
  const answer = await send('POST', `${base}/private/zones/lookup`, '{"zones":[{"zoneName":"trip"}]}');
  expect(answer).toMatchObject({ status: 200, headers: { [header]: token } });
  expect(await sessions()).toBe(0);
});
