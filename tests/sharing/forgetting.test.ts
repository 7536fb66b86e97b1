import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { libraryZone } from '../../shared/ids.ts';
import { joinedShare } from '../helpers/joinedShare.ts';
import { createSharingWorld, type Person, type SharingWorld } from '../helpers/sharingWorld.ts';

let world: SharingWorld;
let ana: Person;
let ben: Person;

beforeEach(async () => {
  world = await createSharingWorld();
  ana = await world.person('Ana');
  ben = await world.person('Ben');
});
afterEach(async () => world.dispose());

/** Text planted in every field a share has; each must be found before and nowhere after. */
const markers = {
  title: 'Zwetschgenknoedel',
  caption: 'Quittengelee',
  tag: 'Holundersirup',
  comment: 'Sauerampfersuppe',
  album: 'Kaiserschmarrn',
  camera: 'Brombeerkamera',
  share: 'Marillenfleck',
} as const;

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
/** Which markers lie in any file of the library, as any bytes: rows, free pages, the write-ahead log, the index. */
function found(person: Person): string[] {
  const everything = Buffer.concat(filesUnder(person.directory).map((file) => readFileSync(file)))
    .toString('latin1')
    .toLowerCase();
  return Object.entries(markers).flatMap(([name, marker]) => (everything.includes(marker.toLowerCase()) ? [name] : []));
}

async function plant(): Promise<{ anas: string; bens: string; photo: string }> {
  const photo = ana.photo(markers.title, { tags: [markers.tag] });
  ana.store.transaction('app', (connection) => {
    connection
      .statement<[string, string, string]>('UPDATE photo SET caption = ?, make = ? WHERE id = ?')
      .run(markers.caption, markers.camera, photo);
    connection
      .statement<[string, string]>(
        `INSERT INTO comment (id, zone_id, photo_id, text, created_at, modified_at) VALUES ('c1', 'library', ?, ?, 1, 1)`,
      )
      .run(photo, markers.comment);
  });
  const album = ana.album(markers.album, [photo]);
  const { anas, bens } = await joinedShare(ana, ben, {
    title: markers.share,
    photoIDs: [],
    albumID: album,
    preset: 'editor',
  });
  // What the search index makes of it, what the person did there, and the files made from it.
  ben.store.transaction(
    'app',
    (connection) => {
      connection.statement<[string]>(`INSERT INTO search_document (number, photo_id) VALUES (1, ?)`).run(photo);
      connection.raw
        .prepare('INSERT INTO search_text (rowid, name, words, tags, comments) VALUES (1, ?, ?, ?, ?)')
        .run(markers.title, markers.caption, markers.tag, markers.comment);
      connection.statement<[string]>(`UPDATE photo SET caption = caption || ' indeed' WHERE id = ?`).run(photo);
    },
    { label: `Changed the caption of ${markers.title}` },
  );
  const originals = join(ben.directory, 'originals');
  mkdirSync(originals, { recursive: true });
  writeFileSync(join(originals, 'one.jpg'), `bytes of ${markers.title}`);
  ben.store.connection.raw
    .prepare(`INSERT INTO folder (id, kind, path, added_at) VALUES ('f1', 'originals', ?, 0)`)
    .run(originals);
  const resource = ben.rows<{ id: string; sha256: string }>(
    'SELECT id, sha256 FROM resource WHERE photo_id = ?',
    photo,
  )[0];
  ben.store.connection.raw
    .prepare(
      `INSERT INTO file (id, folder_id, path, resource_id, photo_id, byte_size, modified_ns, changed_ns, inode, device, sha256, state)
       VALUES ('file1', 'f1', 'one.jpg', ?, ?, 10, '0', '0', '1', '1', ?, 'present')`,
    )
    .run(resource?.id, photo, resource?.sha256);
  await ben.sync();
  return { anas, bens, photo };
}

describe('after a share has gone', () => {
  it.each(['leave', 'removal', 'stop'] as const)(
    '%s: nothing of it can be read on that computer any more',
    async (end) => {
      const { anas, bens } = await plant();
      expect(found(ben)).toEqual(Object.keys(markers));
      expect(existsSync(join(ben.directory, 'originals', 'one.jpg'))).toBe(true);
      if (end === 'leave') await ben.sharing.shares.leave(bens, 'none');
      if (end === 'removal') {
        const participant = ana.sharing.queries.participants(anas).find(({ isOwner }) => !isOwner);
        await ana.sharing.participants.remove(anas, participant?.id ?? '', false);
      }
      if (end === 'stop') await ana.sharing.shares.stop(anas, { keep: 'everything', graceDays: 0 });
      await ben.sync();
      await ana.sync();
      expect(ben.rows('SELECT 1 FROM photo')).toEqual([]);
      expect(found(ben)).toEqual([]);
      expect(existsSync(join(ben.directory, 'originals', 'one.jpg'))).toBe(false);
      expect(ben.removedPictures).toHaveLength(1);
      expect(ana.rows(`SELECT title, caption FROM photo`)).toEqual([
        { title: markers.title, caption: `${markers.caption} indeed` },
      ]);
      expect(ben.errors.concat(ana.errors)).toEqual([]);
    },
  );

  it('what I kept a copy of stays, with its file, though the share is gone', async () => {
    const { bens } = await plant();
    await ben.sharing.shares.leave(bens, 'everything');
    await ben.sync();
    expect(ben.titles(libraryZone)).toEqual([markers.title]);
    expect(existsSync(join(ben.directory, 'originals', 'one.jpg'))).toBe(true);
    expect(
      ben.rows(
        `SELECT 1 FROM file JOIN resource ON resource.id = file.resource_id JOIN photo ON photo.id = resource.photo_id`,
      ),
    ).toHaveLength(1);
    expect(ben.removedPictures).toEqual([]);
  });

  it('the bytes of what I added and the server never took stay until I copy or discard it', async () => {
    const { anas, bens } = await plant();
    const participant = ana.sharing.queries.participants(anas).find(({ isOwner }) => !isOwner);
    await ana.sharing.participants.setRights(anas, participant?.id ?? '', 'contributor');
    const laptop = await world.deviceOf(ben, 'laptop');
    await laptop.sync();
    await ben.sync();
    world.offline = true;
    const unsent = ben.photo('unsent', { zone: bens });
    const [resource] = ben.rows<{ id: string; sha256: string }>(
      'SELECT id, sha256 FROM resource WHERE photo_id = ?',
      unsent,
    );
    writeFileSync(join(ben.directory, 'originals', 'unsent.jpg'), 'the only copy');
    ben.store.connection.raw
      .prepare(
        `INSERT INTO file (id, folder_id, path, resource_id, photo_id, byte_size, modified_ns, changed_ns, inode, device, sha256, state)
         VALUES ('file2', 'f1', 'unsent.jpg', ?, ?, 13, '0', '0', '2', '1', ?, 'present')`,
      )
      .run(resource?.id, unsent, resource?.sha256);
    world.offline = false;
    await laptop.sharing.shares.leave(bens, 'none');
    await ben.sync();
    expect(ben.rows('SELECT 1 FROM zone WHERE id = ?', bens)).toEqual([]);
    expect(existsSync(join(ben.directory, 'originals', 'one.jpg'))).toBe(false);
    const kept = ben.sharing.notAccepted.list().find(({ what }) => what === 'Added unsent.jpg');
    const copy: string = await ben.sharing.notAccepted.copy(kept?.id ?? '');
    expect(ben.titles(libraryZone)).toEqual(['unsent']);
    expect(ben.rows(`SELECT path FROM file WHERE state = 'present' AND photo_id = ?`, copy)).toEqual([
      { path: 'unsent.jpg' },
    ]);
    expect(readFileSync(join(ben.directory, 'originals', 'unsent.jpg'), 'utf8')).toBe('the only copy');
  });

  it('a copy of a photo that was deleted on another computer keeps its time in the trash, though a share ends', async () => {
    const { bens } = await plant();
    writeFileSync(join(ben.directory, 'originals', 'mine.jpg'), 'of a photo deleted elsewhere');
    ben.store.connection.raw
      .prepare(
        `INSERT INTO file (id, folder_id, path, resource_id, photo_id, byte_size, modified_ns, changed_ns, inode, device, sha256, state)
         VALUES ('file2', 'f1', 'mine.jpg', 'gone', 'gone', 28, '0', '0', '2', '1', 'ab', 'present')`,
      )
      .run();
    await ben.sharing.shares.leave(bens, 'none');
    await ben.sync();
    expect(existsSync(join(ben.directory, 'originals', 'one.jpg'))).toBe(false);
    expect(existsSync(join(ben.directory, 'originals', 'mine.jpg'))).toBe(true);
    expect(ben.rows('SELECT id FROM file')).toEqual([{ id: 'file2' }]);
  });
});
