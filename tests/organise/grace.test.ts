import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createUnownedFiles } from '../../electron/core/library/unownedFiles.ts';
import { createUpkeep, type Upkeep } from '../../electron/core/library/upkeep.ts';
import { openOrganiser, type Organiser } from '../helpers/organiser.ts';

const day = 86_400_000;
let library: Organiser;
let upkeep: Upkeep;
beforeEach(() => {
  library = openOrganiser();
  upkeep = createUpkeep({
    store: library.store,
    trash: library.core.trash,
    now: () => library.clock,
    reportError: (error) => {
      throw error;
    },
  });
});
afterEach(async () => {
  upkeep.dispose();
  await library.dispose();
});

/** The library is open once on each of so many days, today included; the clock stays on the last. */
async function use(days: number): Promise<void> {
  for (let count = 0; count < days; count += 1) {
    if (count > 0) library.clock += day;
    await upkeep.run();
  }
}
const left = () => library.rows<{ id: string }>('SELECT id FROM photo ORDER BY id').map(({ id }) => id);

describe('a photo in the trash', () => {
  test('goes after 30 days and two days of use, not before', async () => {
    const [old, young] = library.photos({}, {});
    await library.core.trash.trash([old ?? '']);
    await use(10);
    await library.core.trash.trash([young ?? '']);
    await use(23);
    expect(left()).toHaveLength(2);
    await use(3);
    expect(left()).toEqual([young]);
  });

  test('stays when the clock jumps a year ahead and back again', async () => {
    const [photo] = library.photos({});
    await library.core.trash.trash([photo ?? '']);
    await use(20);
    const right = library.clock;
    library.clock += 365 * day;
    await upkeep.run();
    await upkeep.run();
    library.clock = right + day;
    await use(8);
    expect(left()).toEqual([photo]);
    // The days of the future are forgotten, and those that were really lived count on.
    await use(7);
    expect(left()).toEqual([]);
  });

  test('stays when it was put there by a computer whose clock stood in 1970', async () => {
    const [photo] = library.photos({});
    library.remote('UPDATE photo SET trashed_at = 1000 WHERE id = ?', photo ?? '');
    await use(29);
    expect(left()).toEqual([photo]);
    await use(6);
    expect(left()).toEqual([]);
  });

  test('goes in its time also when its date lies in the future', async () => {
    const [photo] = library.photos({});
    library.remote('UPDATE photo SET trashed_at = ? WHERE id = ?', library.clock + 3_000 * day, photo ?? '');
    await use(34);
    expect(left()).toEqual([]);
  });

  test('put back and thrown away again, has its whole time again', async () => {
    const [photo] = library.photos({});
    await library.core.trash.trash([photo ?? '']);
    await use(25);
    await library.core.trash.restore([photo ?? '']);
    await upkeep.run();
    await library.core.trash.trash([photo ?? '']);
    await use(20);
    expect(left()).toEqual([photo]);
  });
});

describe('a copy whose photo was deleted for good on another computer', () => {
  const bytes = 'the bytes of a photo';
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  function withCopy(photo: string, kind: 'originals' | 'watched'): string {
    const folder = join(library.directory, kind);
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'a.jpg');
    writeFileSync(path, bytes);
    library.store.transaction('ingest', ({ raw }) => {
      raw.prepare(`INSERT INTO folder (id, kind, path, added_at) VALUES (?, ?, ?, 0)`).run(kind, kind, folder);
      raw
        .prepare(
          `INSERT INTO resource (id, zone_id, photo_id, kind, file_name, sha256, created_at, modified_at)
           VALUES ('r', 'library', ?, 'original', 'a.jpg', ?, 1, 1)`,
        )
        .run(photo, sha256);
      raw
        .prepare(
          `INSERT INTO file (id, folder_id, path, resource_id, photo_id, byte_size, modified_ns, changed_ns, inode,
             device, sha256, state) VALUES ('f', ?, 'a.jpg', 'r', ?, 20, '0', '0', '1', '1', ?, 'present')`,
        )
        .run(kind, photo, sha256);
    });
    return path;
  }
  const deletedElsewhere = (photo: string) => {
    library.remote(`DELETE FROM resource WHERE photo_id = ?`, photo);
    library.remote('DELETE FROM photo WHERE id = ?', photo);
  };

  test('is kept as long as the trash would keep it, then goes', async () => {
    const [photo] = library.photos({ sha256 });
    const path = withCopy(photo ?? '', 'originals');
    await use(40);
    deletedElsewhere(photo ?? '');
    await use(32);
    expect(existsSync(path)).toBe(true);
    await use(3);
    expect([existsSync(path), library.rows('SELECT id FROM file')]).toEqual([false, []]);
  });

  test('stays as long as the server has not taken it and nobody has said what shall become of it', async () => {
    const [photo] = library.photos({ sha256 });
    const path = withCopy(photo ?? '', 'originals');
    deletedElsewhere(photo ?? '');
    library.remote(
      `INSERT INTO sync_refused (entity, row_id, zone_id, kind, "values", reason, at)
       VALUES ('Resource', 'r', 'share.1', 'save', json_object('photo_id', ?), 'accessEnded', 1)`,
      photo ?? '',
    );
    await use(70);
    expect(existsSync(path)).toBe(true);
    library.remote('DELETE FROM sync_refused WHERE row_id = ?', 'r');
    await use(32);
    expect(existsSync(path)).toBe(true);
    await use(3);
    expect(existsSync(path)).toBe(false);
  });

  test('stays for a photo of the same bytes that comes meanwhile', async () => {
    const [photo] = library.photos({ sha256 });
    const path = withCopy(photo ?? '', 'originals');
    deletedElsewhere(photo ?? '');
    await use(20);
    const [other] = library.photos({ sha256 });
    library.remote(
      `INSERT INTO resource (id, zone_id, photo_id, kind, file_name, sha256, created_at, modified_at)
       VALUES ('r2', 'library', ?, 'original', 'b.jpg', ?, 1, 1)`,
      other ?? '',
      sha256,
    );
    await use(20);
    expect(existsSync(path)).toBe(true);
    expect(library.rows('SELECT photo_id, resource_id FROM file')).toEqual([{ photo_id: other, resource_id: 'r2' }]);
    await use(40);
    expect(existsSync(path)).toBe(true);
  });

  test('stays when its photo is imported again while the library is looked through', async () => {
    const [photo] = library.photos({ sha256 });
    const path = withCopy(photo ?? '', 'originals');
    deletedElsewhere(photo ?? '');
    await use(20);
    const [again] = library.photos({ sha256 });
    const unowned = createUnownedFiles({
      store: library.store,
      now: () => library.clock,
      keptMs: 0,
      reportError: (error) => {
        throw error;
      },
      // What ingest does when it finds the copy in its place: the photo's own resource and the file's row are one.
      pause: async () => {
        library.remote(
          `INSERT INTO resource (id, zone_id, photo_id, kind, file_name, sha256, created_at, modified_at)
           VALUES ('r3', 'library', ?, 'original', 'a.jpg', ?, 1, 1)`,
          again ?? '',
          sha256,
        );
        library.remote(`UPDATE file SET photo_id = ?, resource_id = 'r3'`, again ?? '');
      },
    });
    expect(await unowned.expire(library.clock + 1)).toBe(0);
    expect(existsSync(path)).toBe(true);
    expect(library.rows('SELECT resource_id FROM file')).toEqual([{ resource_id: 'r3' }]);
  });

  test('in a watched folder is the person’s own and stays', async () => {
    const [photo] = library.photos({ sha256 });
    const path = withCopy(photo ?? '', 'watched');
    deletedElsewhere(photo ?? '');
    await use(80);
    expect(existsSync(path)).toBe(true);
  });
});
