import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backupLibrary, restoreLibrary } from '../../electron/core/maintenance/backup.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';

let root: string;
let store: Store;
let nextID = 0;
const newId = (): string => `id-${(nextID += 1).toString().padStart(6, '0')}`;
const open = (directory: string): Store => openStore({ directory, now: () => 1_700_000_000_000, newId });
const quiet = { progress: () => undefined, signal: new AbortController().signal };
const month = 'originals/2024/05';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'shoebox-stopped-'));
  store = open(join(root, 'library'));
});
afterEach(() => {
  store.dispose();
  rmSync(root, { recursive: true, force: true });
});

const original = (name: string) => join(root, 'library', month, name);

/** A photo with a copy in the library's originals, as an import would leave it. */
function addPhoto(name: string, text: string): void {
  mkdirSync(join(root, 'library', month), { recursive: true });
  writeFileSync(original(name), text);
  store.transaction('ingest', ({ raw }) => {
    raw
      .prepare("INSERT OR IGNORE INTO folder (id, kind, path, added_at) VALUES ('originals', 'originals', ?, 0)")
      .run(join(root, 'library/originals'));
    const id = newId();
    raw
      .prepare(
        `INSERT INTO photo (id, zone_id, kind, media_type, file_name, caption, sort_at, created_at, modified_at)
         VALUES (?, 'library', 'photo', 'image', ?, ?, 0, 0, 0)`,
      )
      .run(id, name, text);
    raw
      .prepare(
        `INSERT INTO file (id, folder_id, path, photo_id, byte_size, modified_ns, changed_ns, inode, device, state)
         VALUES (?, 'originals', ?, ?, ?, '0', '0', '0', '0', 'present')`,
      )
      .run(newId(), `2024/05/${name}`, id, text.length);
  });
}

/** Deleted for good, as the trash does it: the rows first. */
function deletePhoto(name: string): void {
  store.transaction('app', ({ raw }) => {
    raw.prepare('DELETE FROM file WHERE path = ?').run(`2024/05/${name}`);
    raw.prepare('DELETE FROM photo WHERE file_name = ?').run(name);
  });
  rmSync(original(name));
}

/** What a backup gives back: the settings, and each photo's caption (its text when it was taken in) beside its bytes. */
async function givenBack(backup: string): Promise<string[]> {
  const to = join(root, `restored-${newId()}`);
  await restoreLibrary(backup, to, quiet);
  const restored = open(to);
  try {
    const photos = restored.connection
      .statement<[], { file_name: string; caption: string }>('SELECT file_name, caption FROM photo ORDER BY file_name')
      .all();
    return [
      readFileSync(join(to, 'settings.json'), 'utf8'),
      ...photos.map(({ file_name, caption }) => `${caption} = ${readFileSync(join(to, month, file_name), 'utf8')}`),
    ];
  } finally {
    restored.dispose();
  }
}

describe('a second backup into the same folder', () => {
  const backup = (): string => join(root, 'backup');
  const before = ['one', 'old a = old a', 'b = b'];
  const after = ['two', 'another a = another a', 'b = b', 'c = c'];
  beforeEach(async () => {
    addPhoto('a.jpg', 'old a');
    addPhoto('b.jpg', 'b');
    writeFileSync(join(root, 'library/settings.json'), 'one');
    await backupLibrary(store, backup(), quiet);
    expect(await givenBack(backup())).toEqual(before);
    // The name of a deleted photo is that of another one by now.
    deletePhoto('a.jpg');
    addPhoto('a.jpg', 'another a');
    addPhoto('c.jpg', 'c');
    writeFileSync(join(root, 'library/settings.json'), 'two');
  });

  it('stopped at any step leaves the earlier backup or the new one whole, and the next run ends it', async () => {
    const ends: string[] = [];
    for (let stopAt = 1; ; stopAt += 1) {
      const folder = join(root, `backup-${stopAt}`);
      cpSync(backup(), folder, { recursive: true, preserveTimestamps: true });
      let step = 0;
      let text = 'the end';
      const progress = (said: string): void => {
        step += 1;
        if (step < stopAt) return;
        text = said;
        throw new Error('The disk was pulled out.');
      };
      await backupLibrary(store, folder, { ...quiet, progress }).catch((error: unknown) => {
        expect(String(error)).toContain('pulled out');
      });
      const found = await givenBack(folder);
      ends.push(`${text}: ${found[0]}`);
      expect(found).toEqual(found[0] === 'one' ? before : after);
      expect(await backupLibrary(store, folder, quiet)).toMatchObject({ photos: 3, originals: 3 });
      expect(await givenBack(folder)).toEqual(after);
      expect(readdirSync(folder).toSorted()).toEqual(['backup.json', 'library.sqlite', 'originals', 'settings.json']);
      expect(readdirSync(join(folder, month))).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
      if (text === 'the end') break;
    }
    expect(ends).toEqual([
      'Copying the database: one',
      'Copying originals: 1 of 3: one',
      'Copying originals: 2 of 3: one',
      'Copying originals: 3 of 3: one',
      'Finishing the backup: one',
      'Finishing the backup: 1 of 3: two',
      'Finishing the backup: 2 of 3: two',
      'Finishing the backup: 3 of 3: two',
      'the end: two',
    ]);
  });

  it('stopped twice while it put the new files in place is ended by the run after', async () => {
    const stop = async (at: string) => {
      const progress = (text: string): void => {
        if (text === at) throw new Error('The disk was pulled out.');
      };
      await expect(backupLibrary(store, backup(), { ...quiet, progress })).rejects.toThrow('pulled out');
      expect(await givenBack(backup())).toEqual(after);
    };
    await stop('Finishing the backup: 2 of 3');
    await stop('Finishing the backup: 2 of 2');
    // Still whole while the next run is stopped before it counts.
    await stop('Copying originals: 2 of 3');
    await backupLibrary(store, backup(), quiet);
    expect(await givenBack(backup())).toEqual(after);
  });

  it('goes on without an original that is deleted for good meanwhile', async () => {
    const progress = (text: string): void => {
      if (text === 'Copying originals: 3 of 3') deletePhoto('c.jpg');
    };
    expect(await backupLibrary(store, backup(), { ...quiet, progress })).toMatchObject({ originals: 2, copied: 1 });
    expect(existsSync(join(backup(), month, 'c.jpg'))).toBe(false);
  });

  it('names an original that a photo has lost, and leaves the earlier backup as it is', async () => {
    const progress = (text: string): void => {
      if (text === 'Copying originals: 1 of 3') renameSync(original('a.jpg'), join(root, 'elsewhere.jpg'));
    };
    await expect(backupLibrary(store, backup(), { ...quiet, progress })).rejects.toMatchObject({
      code: 'notFound',
      message: expect.stringContaining(original('a.jpg')),
    });
    expect(await givenBack(backup())).toEqual(before);
    // What is there has been copied all the same.
    expect(existsSync(join(backup(), month, 'c.jpg'))).toBe(true);
  });

  it('is none when the originals cannot be listed, instead of one without any', async () => {
    renameSync(join(root, 'library/originals'), join(root, 'aside'));
    writeFileSync(join(root, 'library/originals'), 'no folder');
    await expect(backupLibrary(store, backup(), quiet)).rejects.toMatchObject({ code: 'notFound' });
    expect(await givenBack(backup())).toEqual(before);
  });
});

it('a copy on a disk that keeps coarse times is known by its bytes, and one of other bytes is made anew', async () => {
  addPhoto('a.jpg', 'the bytes of a');
  addPhoto('b.jpg', 'the bytes of b');
  const backup = join(root, 'backup');
  writeFileSync(join(root, 'library/settings.json'), '');
  await backupLibrary(store, backup, quiet);
  const copies = ['a.jpg', 'b.jpg'].map((name) => join(backup, month, name));
  const [first = '', second = ''] = copies;
  writeFileSync(second, 'other bytes, b');
  for (const copy of copies) {
    const { mtimeMs } = statSync(copy);
    utimesSync(copy, new Date(mtimeMs), new Date(Math.floor(mtimeMs / 2_000) * 2_000 - 2_000));
  }
  const { ino } = statSync(first);
  expect(await backupLibrary(store, backup, quiet)).toMatchObject({ copied: 1, kept: 1 });
  expect(statSync(first).ino).toBe(ino);
  expect(readFileSync(second, 'utf8')).toBe('the bytes of b');
});
