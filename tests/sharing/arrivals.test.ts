import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { AlbumID, ZoneID } from '../../shared/ids.ts';
import { writeScene } from '../helpers/scenes.ts';
import { openTestLibrary, type TestLibrary } from '../helpers/testLibrary.ts';
import { startTestServer, type TestServer } from '../helpers/testServer.ts';

/* Photos imported while a share is open: they are in the library at once, and in the share once they have been read. */

let server: TestServer;
let ana: TestLibrary;
let ben: TestLibrary;
let folder: string;
let shareID: ZoneID;
let albumID: AlbumID;

const limit = { timeout: 60_000 };
const namesIn = (library: TestLibrary, zone: string) =>
  library.app.store.connection.raw
    .prepare('SELECT file_name FROM photo WHERE zone_id LIKE ? ORDER BY file_name')
    .pluck()
    .all(`%${zone}`);
const scene = (name: string, seed: number): Promise<string> =>
  writeScene(folder, name, seed, { takenAt: '2024:06:12 18:30:00' }, { width: 600, height: 400 });

beforeAll(async () => {
  server = await startTestServer();
  folder = mkdtempSync(join(tmpdir(), 'shoebox-arrivals-'));
  [ana, ben] = await Promise.all([openTestLibrary(), openTestLibrary()]);
  for (const [name, library] of [['Ana', ana] as const, ['Ben', ben] as const]) {
    const { email, password } = await server.person(name);
    await library.client.account.signIn({ server: server.origin, email, password });
  }
  await ana.client.library.import({ paths: [await scene('first.jpg', 1)] });
  await vi.waitFor(() => expect(namesIn(ana, 'library')).toEqual(['first.jpg']), limit);
  const [first] = await ana.client.photos.allIDs({ view: { source: { kind: 'library' } } });
  const album = await ana.client.albums.create({ kind: 'manual', title: 'Crete', photoIDs: first ? [first] : [] });
  albumID = album.id;
  const made = await ana.client.sharing.create({
    title: 'Crete',
    what: { albumID },
    people: [{ email: 'ben@example.org', preset: 'contributor' }],
  });
  shareID = made.shareID;
  const { link } = await ana.client.sharing.get({ id: shareID });
  await ben.client.sharing.accept({ link: link ?? '' });
  await vi.waitFor(() => expect(namesIn(ben, shareID)).toEqual(['first.jpg']), limit);
}, 120_000);
afterAll(async () => {
  await ana.dispose();
  await ben.dispose();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('what the owner imports into an album of a share moves there and reaches the others', async () => {
  const { sessionID } = await ana.client.library.import({ paths: [await scene('second.jpg', 2)] });
  await ana.client.sharing.addImported({ id: shareID, sessionID, albumID });
  await expect.poll(() => namesIn(ana, shareID), limit).toEqual(['first.jpg', 'second.jpg']);
  expect(namesIn(ana, 'library')).toEqual([]);
  await expect.poll(() => namesIn(ben, shareID), limit).toEqual(['first.jpg', 'second.jpg']);
  await expect
    .poll(() => ben.client.photos.allIDs({ view: { source: { kind: 'album', id: albumID } } }), limit)
    .toHaveLength(2);
});

test('what a participant imports stays in the library, and a copy of it goes to the share', async () => {
  const zone = (await ben.client.sharing.list({}))[0]?.id ?? shareID;
  const { sessionID } = await ben.client.library.import({ paths: [await scene('third.jpg', 3)] });
  await ben.client.sharing.addImported({ id: zone, sessionID, albumID });
  await expect.poll(() => namesIn(ben, shareID), limit).toEqual(['first.jpg', 'second.jpg', 'third.jpg']);
  expect(namesIn(ben, 'library')).toEqual(['third.jpg']);
  await expect
    .poll(() => ana.client.photos.allIDs({ view: { source: { kind: 'album', id: albumID } } }), limit)
    .toHaveLength(3);
});

test('an import expected in a share that was not read when the app ended goes there after the next start', async () => {
  await ana.client.sync.pause({});
  const { sessionID } = await ana.client.library.import({ paths: [await scene('fourth.jpg', 4)] });
  await ana.client.sharing.addImported({ id: shareID, sessionID, albumID: null });
  ana = await ana.reopen();
  await expect.poll(() => namesIn(ana, shareID), limit).toContain('fourth.jpg');
});

test('somebody who may only look cannot have an import sent there', async () => {
  const { participants } = await ana.client.sharing.get({ id: shareID });
  const him = participants.find(({ person }) => person.email === 'ben@example.org');
  if (him === undefined) throw new Error('Ben takes part');
  await ana.client.sharing.setRights({ id: shareID, participantID: him.id, preset: 'viewer' });
  const zone = (await ben.client.sharing.list({}))[0]?.id ?? shareID;
  await expect.poll(async () => (await ben.client.sharing.list({}))[0]?.rights, limit).toEqual([]);
  await expect(ben.client.sharing.addImported({ id: zone, sessionID: 'any', albumID: null })).rejects.toMatchObject({
    code: 'permissionFailure',
  });
});

test('an import that had ended when the app did goes to its share after the next start, also without a server', async () => {
  const { sessionID } = await ana.client.library.import({ paths: [await scene('fifth.jpg', 5)] });
  await ana.app.ingest.finished(sessionID);
  ana.app.store.setMeta('arrivals', JSON.stringify([{ sessionID, shareID, albumID: null }]));
  await server.stop();
  ana = await ana.reopen();
  await expect.poll(() => namesIn(ana, shareID), limit).toContain('fifth.jpg');
});
