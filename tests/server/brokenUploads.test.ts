import { createHash } from 'node:crypto';
import { request } from 'node:http';
import type { ClientRequest } from 'node:http';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startServer } from '../../server/startServer.ts';
import type { RunningServer } from '../../server/startServer.ts';
import { makePerson, quickPasswords } from '../helpers/testServer.ts';
import type { TestPerson } from '../helpers/testServer.ts';
import { createWireClient, sendOver } from '../helpers/wireClient.ts';

/* Connections that end in the middle of an upload are everyday: a lid closes, a server is updated. */

const bytes = Buffer.alloc(3_000_000, 'a photo');
const errors: unknown[] = [];
let folder: string;
let server: RunningServer;
let ana: TestPerson;
let uploadURL: string;

const sha256 = createHash('sha256').update(bytes).digest('base64');
const zoneID = { zoneName: 'z' };

const start = () =>
  startServer(
    { dataFolder: folder, port: 0 },
    {
      passwords: quickPasswords,
      mail: { send: async () => undefined },
      log: { info: () => undefined, warn: () => undefined, error: (facts) => void errors.push(facts) },
    },
  );

beforeEach(async () => {
  errors.length = 0;
  folder = await mkdtemp(join(tmpdir(), 'shoebox-broken-'));
  server = await start();
  ana = await makePerson(server.container, 'Ana');
  const { call } = createWireClient(sendOver(server.origin), ana.token);
  await call('private', 'zones/modify', { operations: [{ operationType: 'create', zone: { zoneID } }] });
  uploadURL = await askForUpload({ size: bytes.length, sha256, resumable: true });
});
afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** @returns the address to send to */
async function askForUpload(about: {
  readonly size?: number;
  readonly sha256?: string;
  readonly resumable?: boolean;
}): Promise<string> {
  const { call } = createWireClient(sendOver(server.origin), ana.token);
  const token = { recordType: 'Photo', recordName: 'a', fieldName: 'data', ...about };
  const { body } = await call('private', 'assets/upload', { zoneID, tokens: [token] });
  return body['tokens'][0].url as string;
}

/** Sends the first half of the only chunk, and waits until some of it lies on the server. */
async function sendHalf(): Promise<{ readonly sending: ClientRequest; readonly ended: Promise<unknown> }> {
  const sending = request(uploadURL, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${ana.token}`,
      'content-range': `bytes 0-${bytes.length - 1}/${bytes.length}`,
      'content-length': bytes.length,
    },
  });
  const ended = new Promise((resolve) => {
    sending.on('error', resolve);
    sending.on('response', (response) => resolve(response.statusCode));
  });
  sending.write(bytes.subarray(0, bytes.length / 2));
  const uploads = join(folder, 'assets', 'uploads');
  await expect
    .poll(async () =>
      Promise.all((await readdir(uploads)).map(async (one) => (await stat(join(uploads, one))).size > 0)),
    )
    .toEqual([true]);
  return { sending, ended };
}

test('a client that goes away in the middle of an upload is no fault of the server', async () => {
  const { sending, ended } = await sendHalf();
  sending.destroy();
  await ended;
  await server.stop();
  expect(errors).toEqual([]);
});

test('a server that is stopped in the middle of an upload lets go of it first, and then of its database', async () => {
  const { ended } = await sendHalf();
  await server.stop();
  // Half a chunk never counts: it is taken off again, and by now it was.
  const uploads = join(folder, 'assets', 'uploads');
  const [half = ''] = await readdir(uploads);
  expect((await stat(join(uploads, half))).size).toBe(0);
  await ended;
  expect(errors).toEqual([]);
});

/** Sends all of it in one piece. @returns the status of the answer */
async function sendWhole(url = uploadURL, isChunk = true): Promise<number> {
  const { status } = await fetch(url.replace(/^http:..[^/]*/, server.origin), {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${ana.token}`,
      ...(isChunk ? { 'content-range': `bytes 0-${bytes.length - 1}/${bytes.length}` } : {}),
    },
    body: bytes,
  });
  return status;
}

/** Undoes what the database was told last about the upload, and was not on the disk when the power failed. */
async function failPower(also: string): Promise<void> {
  await server.stop();
  const database = new BetterSqlite3(join(folder, 'container.sqlite'));
  database.exec(`UPDATE uploads SET state = 'open'; DELETE FROM blobs; ${also}`);
  database.close();
  server = await start();
}

async function stored(): Promise<number> {
  let count = 0;
  for await (const _ of server.container.services.assets.list()) count += 1;
  return count;
}

test('bytes that had arrived when the power failed, and that nobody sends again, do not stay for ever', async () => {
  expect(await sendWhole()).toBe(200);
  await failPower('UPDATE uploads SET expires_at = 1');
  expect(await stored()).toBe(1);
  await server.container.maintain();
  expect(await stored()).toBe(0);
});

test('bytes that had arrived when the power failed are there for whoever sends them again until the upload is over', async () => {
  expect(await sendWhole()).toBe(200);
  await failPower('');
  await server.container.maintain();
  expect(await stored()).toBe(1);
  expect(await sendWhole()).toBe(200);
  await server.container.maintain();
  expect(await stored()).toBe(1);
});

test.each([
  ['because another request for it was refused', () => 0],
  ['because its sender may not send it any more', () => Date.now()],
])('an upload that was ended while its bytes got their place, %s, has no receipt', async (_why, endedAt) => {
  const { assets, database } = server.container.services;
  const finish = assets.finish.bind(assets);
  vi.spyOn(assets, 'finish').mockImplementationOnce(async (uploadID, digest) => {
    await finish(uploadID, digest);
    await database.write((sql) =>
      sql.run('UPDATE uploads SET expires_at = ? WHERE upload_id = ?', [endedAt(), uploadID]),
    );
  });
  expect(await sendWhole()).toBe(404);
  uploadURL = await askForUpload({ size: bytes.length, sha256, resumable: true });
  expect(await sendWhole()).toBe(200);
});

test.each([
  ['announced with its hash and its size', { size: bytes.length, sha256, resumable: true }, 'untilPowerFails'],
  ['of which no size was said', { sha256 }, 'onDisk'],
  ['of which no hash was said', { size: bytes.length }, 'onDisk'],
] as const)('of an upload %s, what says that its bytes are there is kept %3$s', async (_which, about, kept) => {
  const url = await askForUpload(about);
  const write = vi.spyOn(server.container.services.database, 'write');
  expect(await sendWhole(url, 'resumable' in about)).toBe(200);
  // The second says that they have their place.
  expect(write.mock.calls.map(([, options]) => options?.kept)).toEqual([kept, 'untilPowerFails']);
});
