import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CloudDatabase } from '../../electron/core/sync/cloudDatabase.ts';
import { age, drawPhoto } from '../helpers/photos.ts';
import { openTestLibrary, type TestLibrary } from '../helpers/testLibrary.ts';
import { startTestServer, type TestServer } from '../helpers/testServer.ts';
import { createFleet, rows } from './fleet.ts';

const library = { zoneName: 'library' };
const person = { email: 'ana@example.org', password: 'a long enough password', name: 'Ana' };
let server: TestServer;
let a: TestLibrary;
let pictures: string;

beforeEach(async () => {
  server = await startTestServer();
  a = await openTestLibrary();
  pictures = mkdtempSync(join(tmpdir(), 'shoebox-unsent-'));
});
afterEach(async () => {
  await a.dispose();
  await server.stop();
  rmSync(pictures, { recursive: true });
});

const originals = () =>
  a.app.store.connection.raw.prepare(`SELECT id FROM resource WHERE kind = 'original'`).pluck().all() as string[];
const states = () =>
  a.app.store.connection.raw
    .prepare(`SELECT state FROM sync_asset WHERE resource_id IN (SELECT id FROM resource WHERE kind = 'original')`)
    .pluck()
    .all();

/** Which of these records have bytes on the server. */
async function held(cloud: CloudDatabase, ids: readonly string[]): Promise<readonly boolean[]> {
  const records = await cloud.lookupRecords('private', library, ids);
  return records.map((record) => record.fields?.['data']?.value != null);
}

test('bytes that nobody sent are found and sent by a computer that has them', async () => {
  await a.client.account.signUp({ server: server.origin, ...person });
  for (const seed of [1, 2]) {
    const path = join(pictures, `${seed}.jpg`);
    writeFileSync(path, await drawPhoto({ seed, width: 64, height: 48 }));
    age(path);
  }
  await a.client.library.import({ paths: [pictures] });
  await expect.poll(() => states(), { timeout: 60_000 }).toEqual(['done', 'done']);
  const cloud = a.app.sync.cloud();
  if (cloud === undefined) throw new Error('The library is signed in');
  const ids = originals();

  // As if the computer that made the records had gone before it sent the bytes of the first.
  const [record] = await cloud.lookupRecords('private', library, ids.slice(0, 1));
  await cloud.modifyRecords('private', library, [
    {
      operationType: 'update',
      record: {
        recordName: record?.recordName ?? '',
        recordType: 'Resource',
        recordChangeTag: record?.recordChangeTag ?? '',
        fields: { data: { value: null, type: 'ASSETID' } },
      },
    },
  ]);
  expect(await held(cloud, ids)).toEqual([false, true]);
  a.app.store.transaction('maintenance', ({ raw }) => void raw.exec('DELETE FROM sync_asset'));

  await a.client.sync.now({});
  expect(await held(cloud, ids)).toEqual([true, true]);
  expect(states()).toEqual(['done', 'done']);
});

test('after a server was put back, what it held of bytes is asked for again', async () => {
  const fleet = await createFleet();
  const device = await fleet.device('ana');
  device.store.transaction('sync', ({ raw }) => {
    raw.exec(`INSERT INTO sync_asset (resource_id, zone_id, direction, rank, state)
      VALUES ('sent', 'library', 'upload', 3, 'done'), ('under way', 'library', 'upload', 3, 'queued')`);
  });
  await fleet.server.snapshot();
  expect(await fleet.server.restore(true)).toBe(true);
  const token = await fleet.server.signIn('_ana');
  fleet.interfere(({ url, body }) =>
    fleet.server.handle(
      new Request(url, {
        ...(body === '' ? {} : { method: 'POST', body }),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      }),
    ),
  );
  await fleet.sync(device);
  device.engine.resume();
  await device.engine.settled();
  expect(rows(device, 'SELECT resource_id FROM sync_asset')).toEqual([{ resource_id: 'under way' }]);
  await fleet.dispose();
});
