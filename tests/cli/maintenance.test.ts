import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adoptOriginals, backupLibrary, restoreLibrary } from '../../electron/core/maintenance/backup.ts';
import { examineLibrary } from '../../electron/core/maintenance/doctor.ts';
import { openStore } from '../../electron/core/store/store.ts';
import type { Store } from '../../electron/core/store/store.ts';

let root: string;
let store: Store;
let nextID = 0;
const newId = (): string => `id-${(nextID += 1).toString().padStart(6, '0')}`;
const open = (directory: string): Store => openStore({ directory, now: () => 1_700_000_000_000, newId });
const quiet = { progress: () => undefined, signal: new AbortController().signal };
const library = (): string => join(root, 'library');

/** A photo with a copy in the library's originals, as an import would leave it. */
function addPhoto(name: string, text: string): string {
  const path = `2024/05/${name}`;
  const full = join(library(), 'originals', path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, text);
  const id = newId();
  store.transaction('ingest', ({ raw }) => {
    raw
      .prepare("INSERT OR IGNORE INTO folder (id, kind, path, added_at) VALUES ('originals', 'originals', ?, 0)")
      .run(join(library(), 'originals'));
    raw
      .prepare(
        "INSERT INTO photo (id, zone_id, kind, media_type, file_name, sort_at, created_at, modified_at) VALUES (?, 'library', 'photo', 'image', ?, 0, 0, 0)",
      )
      .run(id, name);
    raw
      .prepare(
        "INSERT INTO file (id, folder_id, path, photo_id, byte_size, modified_ns, changed_ns, inode, device, state) VALUES (?, 'originals', ?, ?, ?, '0', '0', '0', '0', 'present')",
      )
      .run(newId(), path, id, text.length);
  });
  return full;
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'shoebox-maintenance-'));
  store = open(library());
});
afterEach(() => {
  store.dispose();
  rmSync(root, { recursive: true, force: true });
});

describe('doctor', () => {
  const examine = (repair = false) => examineLibrary(store, { repair, ...quiet });

  it('finds nothing wrong with a healthy library', async () => {
    addPhoto('a.jpg', 'bytes');
    expect(await examine()).toEqual([]);
  });

  it('names an original that is gone and one that was cut short', async () => {
    rmSync(addPhoto('gone.jpg', 'bytes'));
    truncateSync(addPhoto('short.jpg', 'bytes'), 2);
    const findings = await examine(true);
    expect(findings.map(({ check, severity, repaired }) => ({ check, severity, repaired }))).toEqual([
      { check: 'originals', severity: 'error', repaired: false },
      { check: 'originals', severity: 'error', repaired: false },
    ]);
    expect(findings.map(({ message }) => message).join()).toMatch(/gone\.jpg.*short\.jpg was 5 bytes and is 2 now/u);
  });

  it('names a photo that has no file anywhere', async () => {
    addPhoto('a.jpg', 'bytes');
    store.transaction('maintenance', ({ raw }) => raw.exec('DELETE FROM file'));
    expect(await examine()).toMatchObject([
      { check: 'photos', severity: 'warning', message: 'a.jpg has no file on this computer and none on a server.' },
    ]);
  });

  it('makes a damaged search index anew when asked to, and only then', async () => {
    addPhoto('a.jpg', 'bytes');
    const { raw } = store.connection;
    raw.exec("INSERT INTO search_text (rowid, name) VALUES (1, 'harbour')");
    raw.unsafeMode(true);
    raw.exec("UPDATE search_text_data SET block = x'0000000000' WHERE id > 10");
    raw.unsafeMode(false);
    expect(await examine()).toMatchObject([{ check: 'search', severity: 'warning', repaired: false }]);
    expect(await examine(true)).toMatchObject([{ check: 'search', repaired: true }]);
    expect(await examine()).toEqual([]);
    expect(raw.prepare('SELECT count(*) AS waiting FROM search_pending').get()).toEqual({ waiting: 1 });
  });

  it('counts instead of naming when there is too much to name', async () => {
    for (let n = 0; n < 130; n += 1) rmSync(addPhoto(`p${n}.jpg`, 'x'));
    const findings = await examine();
    expect(findings).toHaveLength(101);
    expect(findings.at(-1)?.message).toContain('30 more');
  });
});

describe('backup and restore', () => {
  const target = (): string => join(root, 'backup');
  const restored = (): string => join(root, 'restored');

  it('bring back every photo and every byte, also into another place', async () => {
    const original = addPhoto('a.jpg', 'the bytes of a');
    utimesSync(original, new Date(1e12), new Date(1e12));
    addPhoto('b.jpg', 'the bytes of b');
    expect(await backupLibrary(store, target(), quiet)).toMatchObject({ photos: 2, originals: 2, copied: 2, kept: 0 });
    await restoreLibrary(target(), restored(), quiet);
    const other = open(restored());
    adoptOriginals(other);
    try {
      expect(readFileSync(join(restored(), 'originals/2024/05/a.jpg'), 'utf8')).toBe('the bytes of a');
      expect(statSync(join(restored(), 'originals/2024/05/a.jpg')).mtimeMs).toBe(1e12);
      expect(await examineLibrary(other, { repair: false, ...quiet })).toEqual([]);
    } finally {
      other.dispose();
    }
  });

  it('a second backup copies only what is new', async () => {
    addPhoto('a.jpg', 'a');
    await backupLibrary(store, target(), quiet);
    addPhoto('b.jpg', 'b');
    expect(await backupLibrary(store, target(), quiet)).toMatchObject({ photos: 2, originals: 2, copied: 1, kept: 1 });
  });

  it('a backup that was stopped is no backup, and the next one goes on', async () => {
    addPhoto('a.jpg', 'a');
    addPhoto('b.jpg', 'b');
    const stopping = new AbortController();
    const progress = (text: string): void => {
      if (text.includes('2 of 3')) stopping.abort();
    };
    addPhoto('c.jpg', 'c');
    await expect(backupLibrary(store, target(), { progress, signal: stopping.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    await expect(restoreLibrary(target(), restored(), quiet)).rejects.toMatchObject({ code: 'notFound' });
    expect(existsSync(restored())).toBe(false);
    expect((await backupLibrary(store, target(), quiet)).kept).toBeGreaterThan(0);
  });

  it('refuses a folder inside the library, one that holds the library, and one that holds other things', async () => {
    mkdirSync(target());
    writeFileSync(join(target(), 'letter.txt'), '');
    for (const to of [library(), join(library(), 'backup'), root, target()]) {
      await expect(backupLibrary(store, to, quiet)).rejects.toMatchObject({ code: 'invalidInput' });
    }
    expect(existsSync(join(target(), 'letter.txt'))).toBe(true);
  });

  it('a backup beside the library with a name that starts like it is fine', async () => {
    expect(await backupLibrary(store, `${library()}-backup`, quiet)).toMatchObject({ originals: 0 });
  });

  it('never restores over anything', async () => {
    await backupLibrary(store, target(), quiet);
    mkdirSync(restored());
    writeFileSync(join(restored(), 'letter.txt'), 'dear');
    await expect(restoreLibrary(target(), restored(), quiet)).rejects.toMatchObject({ code: 'alreadyExists' });
    expect(readFileSync(join(restored(), 'letter.txt'), 'utf8')).toBe('dear');
  });

  it('an empty folder, or one without a finished backup, is said to hold none', async () => {
    await expect(restoreLibrary(join(root, 'nowhere'), restored(), quiet)).rejects.toMatchObject({ code: 'notFound' });
    mkdirSync(target());
    writeFileSync(join(target(), 'backup.json'), '{"format":2}');
    await expect(restoreLibrary(target(), restored(), quiet)).rejects.toMatchObject({ code: 'notFound' });
  });
});
