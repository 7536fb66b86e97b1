import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createLocalPool, openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { age, clear, createPhotoMaker, drawPhoto } from '../helpers/photos.ts';

interface Row {
  id: string;
  file_name: string;
  sha256: string;
  thumbhash: string;
}

const maker = createPhotoMaker();
const pool = createLocalPool();
afterAll(async () => {
  await maker.dispose();
  await pool.dispose();
});

describe.each([{ app: 'closed' }, { app: 'open' }] as const)(
  'a change in a watched folder while the app is $app',
  ({ app }) => {
    let base: string;
    let one: string;
    let two: string;
    let library: IngestLibrary;

    beforeEach(async () => {
      base = mkdtempSync(join(tmpdir(), 'shoebox-watched-'));
      one = join(base, 'one');
      two = join(base, 'two');
      await maker.folder(one, 4);
      await maker.folder(two, 2, { seed: 50 });
      library = await openIngestLibrary({
        watch: app === 'open',
        settleMs: 100,
        unfinishedMs: 1_000,
        returnMs: 300,
        pool,
      });
      await library.ingest.folders.add(one);
      await library.ingest.folders.add(two);
      await library.ingest.idle();
      expect(photos()).toHaveLength(6);
      tagAndFile(firstPhoto().id);
    });
    afterEach(async () => {
      expect(library.errors).toEqual([]);
      expect(library.store.connection.raw.pragma('integrity_check', { simple: true })).toBe('ok');
      expect(library.store.connection.raw.pragma('foreign_key_check')).toEqual([]);
      await library.dispose();
      clear(base);
    });

    const photos = () => rows<Row>(library, 'SELECT id, file_name, sha256, thumbhash FROM photo ORDER BY id');
    const firstPhoto = (): Row => {
      const [photo] = rows<Row>(
        library,
        `SELECT photo.* FROM photo JOIN file ON file.photo_id = photo.id JOIN folder ON folder.id = file.folder_id
       WHERE file.path = 'IMG_0001.jpg' AND folder.path = ?`,
        one,
      );
      if (photo === undefined) throw new Error('IMG_0001.jpg is no photo');
      return photo;
    };
    const places = (id: string) =>
      rows<{ path: string; state: string }>(
        library,
        `SELECT folder.path || '/' || file.path AS path, file.state AS state FROM file
       JOIN folder ON folder.id = file.folder_id WHERE photo_id = ? ORDER BY 1`,
        id,
      );
    const localState = (id: string) =>
      rows<{ local_state: string }>(library, 'SELECT local_state FROM resource WHERE photo_id = ?', id)[0]?.local_state;

    /** Gives the photo an album and a tag: what a lost identity would cost. */
    function tagAndFile(id: string): void {
      library.store.transaction('app', ({ raw }) => {
        raw.exec(`INSERT INTO album (id, zone_id, kind, title, position, created_at, modified_at)
                  VALUES ('album', 'library', 'manual', 'Kept', 'a', 1, 1);
                INSERT INTO tag (id, zone_id, name, name_key, created_at, modified_at)
                  VALUES ('tag', 'library', 'Kept', 'kept', 1, 1);`);
        raw
          .prepare(
            `INSERT INTO album_item (id, zone_id, album_id, photo_id, position, created_at, modified_at)
           VALUES ('item', 'library', 'album', ?, 'a', 1, 1)`,
          )
          .run(id);
        raw
          .prepare(
            `INSERT INTO photo_tag (id, zone_id, photo_id, tag_id, created_at, modified_at)
           VALUES ('pair', 'library', ?, 'tag', 1, 1)`,
          )
          .run(id);
      });
    }
    const keepsAlbumAndTag = (id: string) => {
      expect(rows(library, 'SELECT photo_id FROM album_item')).toEqual([{ photo_id: id }]);
      expect(rows(library, `SELECT photo_id FROM photo_tag WHERE id = 'pair'`)).toEqual([{ photo_id: id }]);
    };

    /** Makes a change on disk; the app is restarted around it, or left to notice by itself. Then `check` must hold. */
    async function change(make: () => void | Promise<void>, check: () => void): Promise<void> {
      if (app === 'closed') {
        await library.close();
        await make();
        library = await library.reopen();
        await library.ingest.start();
        await library.ingest.idle();
        check();
        return;
      }
      await make();
      await vi.waitFor(check, { timeout: 60_000, interval: 100 });
    }

    it('a sidecar that is written again is known by its new bytes, once', async () => {
      const xmp = (rating: number) => `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
        xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
        xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="${rating}"/></rdf:RDF></x:xmpmeta>`;
      const path = join(one, 'IMG_0001.xmp');
      const known = () =>
        rows<{ sha256: string; byte_size: number }>(
          library,
          `SELECT sha256, byte_size FROM resource WHERE kind = 'sidecar'`,
        );
      const said = (text: string) => [
        { sha256: createHash('sha256').update(text).digest('hex'), byte_size: Buffer.byteLength(text) },
      ];
      for (const text of [xmp(3), `${xmp(5)}\n`]) {
        await change(
          () => {
            writeFileSync(path, text);
            age(path);
          },
          () => expect(known()).toEqual(said(text)),
        );
      }
    });

    it('a library inside a watched folder is left alone, whichever library is open', async () => {
      const other = join(one, 'Shoebox');
      await change(
        async () => {
          await maker.folder(join(other, 'originals', '2024'), 2, { seed: 70 });
          writeFileSync(join(other, 'library.sqlite'), '');
          await maker.folder(join(one, 'new'), 1, { seed: 80 });
        },
        () => expect(photos()).toHaveLength(7),
      );
      expect(rows<{ path: string }>(library, `SELECT path FROM file WHERE path LIKE 'Shoebox/%'`)).toEqual([]);
    });

    it('a renamed photo keeps its albums and tags', async () => {
      const photo = firstPhoto();
      await change(
        () => renameSync(join(one, 'IMG_0001.jpg'), join(one, 'Beach.jpg')),
        () => {
          expect(places(photo.id)).toEqual([{ path: join(one, 'Beach.jpg'), state: 'present' }]);
          expect(photos()).toHaveLength(6);
          keepsAlbumAndTag(photo.id);
        },
      );
    });

    it('a photo moved to another watched folder keeps its albums and tags', async () => {
      const photo = firstPhoto();
      await change(
        () => renameSync(join(one, 'IMG_0001.jpg'), join(two, 'Moved.jpg')),
        () => {
          expect(places(photo.id)).toEqual([{ path: join(two, 'Moved.jpg'), state: 'present' }]);
          expect(photos()).toHaveLength(6);
          keepsAlbumAndTag(photo.id);
        },
      );
    });

    it('a photo copied elsewhere and then deleted (a move between disks) keeps its albums and tags', async () => {
      const photo = firstPhoto();
      await change(
        () => {
          copyFileSync(join(one, 'IMG_0001.jpg'), join(two, 'OtherDisk.jpg'));
          age(join(two, 'OtherDisk.jpg'));
          rmSync(join(one, 'IMG_0001.jpg'));
        },
        () => {
          expect(places(photo.id).filter((place) => place.state === 'present')).toEqual([
            { path: join(two, 'OtherDisk.jpg'), state: 'present' },
          ]);
          expect(localState(photo.id)).toBe('here');
          expect(photos()).toHaveLength(6);
          keepsAlbumAndTag(photo.id);
        },
      );
    });

    it('two photos that swap their names keep what is theirs', async () => {
      const photo = firstPhoto();
      await change(
        () => {
          renameSync(join(one, 'IMG_0001.jpg'), join(one, 'x'));
          renameSync(join(one, 'IMG_0002.jpg'), join(one, 'IMG_0001.jpg'));
          renameSync(join(one, 'x'), join(one, 'IMG_0002.jpg'));
        },
        () => {
          expect(places(photo.id)).toEqual([{ path: join(one, 'IMG_0002.jpg'), state: 'present' }]);
          expect(rows(library, `SELECT id FROM file WHERE state <> 'present'`)).toEqual([]);
          keepsAlbumAndTag(photo.id);
        },
      );
    });

    it('a photo edited in place stays the same photo, with new pixels and facts', async () => {
      const photo = firstPhoto();
      const bytes = await drawPhoto({ seed: 99, width: 300, height: 400 });
      await change(
        () => writeFileSync(join(one, 'IMG_0001.jpg'), bytes),
        () => {
          const [now] = rows<Row & { width: number; facts_level: number }>(
            library,
            'SELECT * FROM photo WHERE id = ?',
            photo.id,
          );
          expect(now?.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
          expect(now).toMatchObject({ width: 300, height: 400, facts_level: 3 });
          expect(now?.thumbhash).not.toBe(photo.thumbhash);
          expect(photos()).toHaveLength(6);
          keepsAlbumAndTag(photo.id);
        },
      );
    });

    it('a photo saved anew by temporary file and rename stays the same photo', async () => {
      const photo = firstPhoto();
      const bytes = await drawPhoto({ seed: 98 });
      await change(
        () => {
          writeFileSync(join(one, '.IMG_0001.jpg.tmp'), bytes);
          renameSync(join(one, '.IMG_0001.jpg.tmp'), join(one, 'IMG_0001.jpg'));
        },
        () => {
          expect(rows<Row>(library, 'SELECT sha256 FROM photo WHERE id = ?', photo.id)[0]?.sha256).toBe(
            createHash('sha256').update(bytes).digest('hex'),
          );
          expect(photos()).toHaveLength(6);
          keepsAlbumAndTag(photo.id);
        },
      );
    });

    it('a deleted photo is missing, not gone, and is itself again when it comes back', async () => {
      const photo = firstPhoto();
      const bytes = readFileSync(join(one, 'IMG_0001.jpg'));
      await change(
        () => rmSync(join(one, 'IMG_0001.jpg')),
        () => {
          expect(localState(photo.id)).toBe('missing');
          expect(photos()).toHaveLength(6);
          keepsAlbumAndTag(photo.id);
        },
      );
      await change(
        () => {
          mkdirSync(join(one, 'back'));
          writeFileSync(join(one, 'back/again.jpg'), bytes);
          age(join(one, 'back/again.jpg'));
        },
        () => {
          expect(localState(photo.id)).toBe('here');
          expect(photos()).toHaveLength(6);
          keepsAlbumAndTag(photo.id);
        },
      );
    });

    it('new photos and a copy of a known one come in as what they are', async () => {
      const photo = firstPhoto();
      await change(
        async () => {
          await maker.write(join(one, 'new/IMG_0100.jpg'), { seed: 100 });
          copyFileSync(join(one, 'IMG_0001.jpg'), join(one, 'new/copy.jpg'));
        },
        () => {
          expect(photos()).toHaveLength(7);
          expect(places(photo.id)).toHaveLength(2);
          expect(rows(library, `SELECT id FROM photo WHERE state <> 'ready' OR facts_level < 3`)).toEqual([]);
        },
      );
    });

    it('one of two copies edited becomes a photo of its own; the other keeps everything', async () => {
      const photo = firstPhoto();
      await change(
        () => copyFileSync(join(one, 'IMG_0001.jpg'), join(two, 'copy.jpg')),
        () => expect(places(photo.id)).toHaveLength(2),
      );
      const bytes = await drawPhoto({ seed: 97 });
      await change(
        () => writeFileSync(join(two, 'copy.jpg'), bytes),
        () => {
          expect(photos()).toHaveLength(7);
          expect(places(photo.id)).toEqual([{ path: join(one, 'IMG_0001.jpg'), state: 'present' }]);
          keepsAlbumAndTag(photo.id);
        },
      );
    });

    it('a folder whose root is gone is unavailable, loses nothing, and returns with its disk', async () => {
      const photo = firstPhoto();
      await change(
        () => renameSync(one, join(base, 'unplugged')),
        () => {
          const folder = library.ingest.folders.list().find((each) => each.path === one);
          expect(folder).toMatchObject({ state: 'unavailable' });
          expect(folder?.reason).toMatch(/not there/);
          expect(rows(library, `SELECT id FROM file WHERE state <> 'present'`)).toEqual([]);
          expect(localState(photo.id)).toBe('missing');
          expect(photos()).toHaveLength(6);
        },
      );
      // Nobody asks for a scan: the folder is found again by itself.
      renameSync(join(base, 'unplugged'), one);
      await vi.waitFor(
        () => {
          const folder = library.ingest.folders.list().find((each) => each.path === one);
          expect(folder).toMatchObject({ state: 'available', reason: null });
        },
        { timeout: 60_000, interval: 50 },
      );
      expect(localState(photo.id)).toBe('here');
      keepsAlbumAndTag(photo.id);
    });

    it('an empty mount point in place of the folder loses nothing', async () => {
      await change(
        () => {
          renameSync(one, join(base, 'unmounted'));
          mkdirSync(one);
        },
        () => {
          const folder = library.ingest.folders.list().find((each) => each.path === one);
          expect(folder).toMatchObject({ state: 'unavailable' });
          expect(folder?.reason).toMatch(/Another folder/);
          expect(rows(library, `SELECT id FROM file WHERE state = 'missing'`)).toEqual([]);
        },
      );
    });
  },
);
