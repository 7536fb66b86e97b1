import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PhotoID } from '../../shared/ids.ts';
import { age, drawPhoto } from '../helpers/photos.ts';
import { openTestLibrary, type TestLibrary } from '../helpers/testLibrary.ts';
import { startTestServer, type TestServer } from '../helpers/testServer.ts';

const ana = { email: 'ana@example.org', password: 'a long enough password', name: 'Ana' };
let server: TestServer;
let library: TestLibrary;
let pictures: string;

beforeEach(async () => {
  server = await startTestServer();
  library = await openTestLibrary();
  pictures = mkdtempSync(join(tmpdir(), 'shoebox-takeover-'));
});
afterEach(async () => {
  await library.dispose();
  await server.stop();
  rmSync(pictures, { recursive: true });
});

const column = (sql: string) => library.app.store.connection.raw.prepare(sql).pluck().all();

test('a library taken over by another account brings its photos, and nothing of the shares of the old one', async () => {
  await library.client.account.signUp({ server: server.origin, ...ana });
  await server.person('Ben');
  for (const seed of [1, 2]) {
    const path = join(pictures, `${seed}.jpg`);
    writeFileSync(path, await drawPhoto({ seed, width: 64, height: 48 }));
    age(path);
  }
  await library.client.library.import({ paths: [pictures] });
  await expect.poll(() => column('SELECT id FROM photo'), { timeout: 60_000 }).toHaveLength(2);
  const [shared] = column('SELECT id FROM photo ORDER BY id') as PhotoID[];
  if (shared === undefined) throw new Error('There are two photos');
  const { shareID } = await library.client.sharing.create({
    title: 'Crete',
    what: { photoIDs: [shared], albumID: null },
    people: [{ email: 'ben@example.org', preset: 'editor' }],
  });
  await library.client.sharing.createLink({ id: shareID, preset: 'viewer' });
  await library.client.tags.apply({ photoIDs: [shared], add: ['Evening'] });
  expect(column(`SELECT count(*) FROM participant`)).not.toEqual([0]);
  await library.client.sync.now({});
  await library.client.account.signOut({ unsent: 'keep' });

  const cleo = await server.person('Cleo');
  await library.client.account.signIn({
    server: server.origin,
    email: cleo.email,
    password: cleo.password,
    otherAccount: 'merge',
  });
  expect(await library.client.sharing.list({})).toEqual([]);
  expect(column('SELECT id FROM zone')).toEqual(['library']);
  for (const table of [
    'share',
    'participant',
    'share_link',
    'access_request',
    'invitation',
    'activity',
    'share_task',
  ]) {
    expect(column(`SELECT count(*) FROM ${table}`), table).toEqual([0]);
  }
  expect(column('SELECT DISTINCT zone_id FROM photo')).toEqual(['library']);
  expect(column('SELECT DISTINCT zone_id FROM photo_tag')).toEqual(['library']);
  expect((await library.client.photos.get({ id: shared })).tags.map(({ name }) => name)).toEqual(['Evening']);

  await library.client.sync.now({});
  const cloud = library.app.sync.cloud();
  const zones = await cloud?.listZones('private');
  expect(zones?.zones.map(({ zoneID }) => zoneID.zoneName).filter((name) => name.startsWith('share.'))).toEqual([]);
  const [record] = (await cloud?.lookupRecords('private', { zoneName: 'library' }, [shared])) ?? [];
  expect(record?.serverErrorCode).toBeUndefined();
});
