import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { picturePath } from '../../electron/core/media/thumbnailCache.ts';
import { filesHolding, originalPath } from '../../electron/core/store/queries/heldBytes.ts';
import { createThumbnailOffers } from '../../electron/core/workers/thumbnailOffers.ts';
import { age, drawPhoto } from '../helpers/photos.ts';
import { openTestLibrary, type TestLibrary } from '../helpers/testLibrary.ts';
import { startTestServer, type TestServer } from '../helpers/testServer.ts';

/* A program of the person's own changes files of a watched folder: their record is accepted before their bytes are sent. */

const person = { email: 'ana@example.org', password: 'a long enough password', name: 'Ana' };
let server: TestServer;
let a: TestLibrary;
let pictures: string;
const others: TestLibrary[] = [];

beforeEach(async () => {
  server = await startTestServer();
  a = await openTestLibrary();
  pictures = mkdtempSync(join(tmpdir(), 'shoebox-changed-'));
  await a.client.account.signUp({ server: server.origin, ...person });
});
afterEach(async () => {
  for (const one of [a, ...others.splice(0)]) await one.dispose();
  await server.stop();
  rmSync(pictures, { recursive: true });
});

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const sidecar = (rating: number, more = ''): string =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
     <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="${rating}"/></rdf:RDF></x:xmpmeta>${more}`;
/** Writes a file as another program does, long enough ago to be taken for finished. */
function write(name: string, bytes: string | Uint8Array, ago = 86_400_000): void {
  writeFileSync(join(pictures, name), bytes);
  age(join(pictures, name), Date.now() - ago);
}
async function anotherComputer(): Promise<TestLibrary> {
  const library = await openTestLibrary();
  others.push(library);
  await library.client.account.signIn({ server: server.origin, email: person.email, password: person.password });
  return library;
}
/** The hashes of what a library has of this kind, and holds. */
const here = (library: TestLibrary, kind: string) =>
  library.app.store.connection.raw
    .prepare(`SELECT sha256 FROM resource WHERE kind = ? AND local_state = 'here' ORDER BY sha256`)
    .pluck()
    .all(kind);
const photoID = (library: TestLibrary): string =>
  String(library.app.store.connection.raw.prepare('SELECT id FROM photo').pluck().get());

test('a photo and its sidecar changed in their folder arrive on the other computer, with the picture for its grid', async () => {
  const [before, after] = [
    await drawPhoto({ seed: 1, width: 64, height: 48 }),
    await drawPhoto({ seed: 2, width: 64, height: 48 }),
  ];
  write('one.jpg', before);
  write('one.xmp', sidecar(4));
  await a.client.library.addFolder({ path: pictures });
  const b = await anotherComputer();
  await expect.poll(() => here(b, 'original')).toEqual([sha256(before)]);
  await expect.poll(() => here(b, 'sidecar')).toEqual([sha256(Buffer.from(sidecar(4)))]);
  const [picture] = await expect
    .poll(() => here(b, 'thumbnail'))
    .toHaveLength(1)
    .then(() => here(b, 'thumbnail'));

  write('one.jpg', after, 3_600_000);
  write('one.xmp', sidecar(2), 3_600_000);
  await a.client.library.rescan({});
  await expect.poll(() => here(b, 'original')).toEqual([sha256(after)]);
  await expect.poll(() => here(b, 'sidecar')).toEqual([sha256(Buffer.from(sidecar(2)))]);
  expect(sha256(readFileSync(originalPath(b.app.store.connection, photoID(b))))).toBe(sha256(after));
  await expect.poll(() => existsSync(picturePath(join(b.directory, 'cache'), sha256(after), 'thumb'))).toBe(true);
  await expect.poll(() => here(b, 'thumbnail')).not.toEqual([picture]);

  // The server holds what its records speak of: a computer that comes later has all of it as well.
  const c = await anotherComputer();
  await expect.poll(() => here(c, 'original')).toEqual([sha256(after)]);
  await expect.poll(() => here(c, 'sidecar')).toEqual([sha256(Buffer.from(sidecar(2)))]);
});

test('sidecars that grew keep no original from a computer that comes later', async () => {
  for (let seed = 0; seed < 6; seed += 1) {
    write(`${seed}.jpg`, await drawPhoto({ seed, width: 64, height: 48 }));
    write(`${seed}.xmp`, sidecar(seed % 3));
  }
  await a.client.library.addFolder({ path: pictures });
  const sent = () =>
    a.app.store.connection.raw
      .prepare(`SELECT count(*) FROM sync_asset WHERE state = 'done' AND rank >= 2`)
      .pluck()
      .get();
  await expect.poll(sent).toBe(12);
  for (let seed = 0; seed < 6; seed += 1) write(`${seed}.xmp`, sidecar(4, `<!-- ${seed} more -->`), 3_600_000);
  await a.client.library.rescan({});
  const c = await anotherComputer();
  await expect.poll(() => here(c, 'original')).toHaveLength(6);
  const grown = Array.from({ length: 6 }, (_, seed) => sha256(Buffer.from(sidecar(4, `<!-- ${seed} more -->`))));
  await expect.poll(() => here(c, 'sidecar')).toEqual(grown.toSorted());
});

test('while only older bytes of a photo are here, no picture is made of them, and none is offered as that of the new ones', async () => {
  const [before, after] = [
    await drawPhoto({ seed: 3, width: 64, height: 48 }),
    await drawPhoto({ seed: 4, width: 64, height: 48 }),
  ];
  write('one.jpg', before);
  await a.client.library.addFolder({ path: pictures });
  await expect.poll(() => here(a, 'thumbnail')).toHaveLength(1);
  const [offered] = here(a, 'thumbnail');
  const { connection } = a.app.store;
  const resource = {
    id: String(connection.raw.prepare(`SELECT id FROM resource WHERE kind = 'original'`).pluck().get()),
  };
  // As an import does that brings the record of another computer, before its bytes.
  a.app.store.transaction('sync', ({ raw }) => {
    raw.prepare('UPDATE photo SET sha256 = ?').run(sha256(after));
    raw.prepare(`UPDATE resource SET sha256 = ?, local_state = 'remote' WHERE id = ?`).run(sha256(after), resource.id);
  });
  expect(filesHolding(connection, { ...resource, sha256: sha256(after) })).toMatchObject([
    { reachable: 1, current: 0 },
  ]);
  // The picture of before may already lie where that of the new bytes belongs.
  const cache = join(a.directory, 'cache');
  const [old, fresh] = [picturePath(cache, sha256(before), 'thumb'), picturePath(cache, sha256(after), 'thumb')];
  mkdirSync(dirname(fresh), { recursive: true });
  copyFileSync(old, fresh);
  expect(createThumbnailOffers(a.app.store, Date.now)()).toBe(0);
  expect(here(a, 'thumbnail')).toEqual([offered]);
});
