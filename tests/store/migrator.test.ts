import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrations } from '../../electron/core/store/migrations/all.ts';
import { migrate, schemaVersion, type Migration } from '../../electron/core/store/migrator.ts';
import { openStore } from '../../electron/core/store/store.ts';
import { temporaryFolder, type TemporaryFolder } from '../helpers/temporaryFolder.ts';

let folder: TemporaryFolder;
let database: BetterSqlite3.Database;
beforeEach(() => {
  folder = temporaryFolder('migrator');
  database = new BetterSqlite3(join(folder.path, 'library.sqlite'));
});
afterEach(() => {
  database.close();
  folder.dispose();
});

const open = (upTo: number) => migrate(database, migrations, { upTo });
const count = (sql: string): number => Number(database.prepare(sql).pluck().get());

/** A library as the first version left it: two zones, photos, an album, a tag, a rating, a favourite, history. */
function seed(): void {
  database.exec(`
    INSERT INTO store VALUES ('private', 's1'), ('shared', 's2');
    INSERT INTO zone (id, store, name, kind, created_at) VALUES ('library', 'private', 'library', 'library', 1),
      ('share.1', 'shared', 'share.1', 'share', 1);
    INSERT INTO history_transaction (id, author, at, stamp) VALUES (1, 'ingest', 1, 'a');
    INSERT INTO history_open VALUES (1, 1, 'maintenance');
    INSERT INTO photo (id, zone_id, kind, media_type, file_name, taken_at, make, model, country, created_at, modified_at, sort_at)
    VALUES ('p1', 'library', 'photo', 'image', 'a.jpg', '2024-07-01T10:00:00', 'Canon', 'R5', 'Greece', 1, 1, 1719828000000),
           ('p2', 'library', 'video', 'video', 'b.mp4', NULL, NULL, NULL, NULL, 1, 1, -1),
           ('p3', 'share.1', 'photo', 'image', 'c.jpg', NULL, 'Canon', 'R5', NULL, 1, 1, 1719828000000),
           ('p4', 'library', 'photo', 'image', 'd.jpg', NULL, NULL, NULL, NULL, 1, 1, 1719828000000);
    UPDATE photo SET trashed_at = 5 WHERE id = 'p4';
    INSERT INTO album (id, zone_id, kind, title, position, created_at, modified_at) VALUES ('a1', 'library', 'manual', 'A', 'V', 1, 1);
    INSERT INTO album_item (id, zone_id, album_id, photo_id, position, created_at, modified_at)
    VALUES ('i1', 'library', 'a1', 'p1', 'V', 1, 1), ('i2', 'library', 'a1', 'p4', 'W', 1, 1);
    INSERT INTO tag (id, zone_id, name, name_key, created_at, modified_at) VALUES ('t1', 'library', 'Crete', 'CRETE', 1, 1);
    INSERT INTO photo_tag (id, zone_id, photo_id, tag_id, created_at, modified_at)
    VALUES ('pt1', 'library', 'p1', 't1', 1, 1), ('pt2', 'library', 'p4', 't1', 1, 1);
    INSERT INTO rating (id, zone_id, photo_id, value, created_at, modified_at) VALUES ('r1', 'library', 'p1', 4, 1, 1);
    INSERT INTO personal (id, zone_id, photo_id, favourite, hidden, created_at, modified_at) VALUES ('l1', 'library', 'p2', 1, 1, 1, 1);
    INSERT INTO share (zone_id, title, created_at) VALUES ('share.1', 'Trip', 1);
    INSERT INTO invitation (short_guid, server, title, rights, received_at) VALUES ('g1', 'https://a', 'Trip', 1, 1);
    DELETE FROM history_open;`);
}

describe('the runner', () => {
  const steps: readonly Migration[] = [
    { number: 1, name: 'one', sql: 'CREATE TABLE one (a TEXT)' },
    {
      number: 2,
      name: 'two',
      sql: `ALTER TABLE one ADD COLUMN b TEXT; INSERT INTO one VALUES ('x', 'y'); SELECT broken`,
    },
  ];

  test('a migration that fails half way leaves nothing of itself, and the library at the version before', () => {
    expect(() => migrate(database, steps)).toThrow(/format 2 \(two\)/);
    expect(schemaVersion(database)).toBe(1);
    expect(database.prepare('SELECT count(*) FROM pragma_table_info(?)').pluck().get('one')).toBe(1);
    expect(count('SELECT count(*) FROM one')).toBe(0);
  });

  test('numbers must follow each other without a gap', () => {
    expect(() => migrate(database, [{ number: 2, name: 'two', sql: '' }])).toThrow(/must have number 1/);
  });

  test('a library of a later version is refused and stays as it was', () => {
    open(migrations.length);
    database.pragma(`user_version = ${migrations.length + 1}`);
    expect(() => open(migrations.length)).toThrow(expect.objectContaining({ code: 'libraryNewer' }));
    expect(schemaVersion(database)).toBe(migrations.length + 1);
  });

  test('a new library takes no copy, an older one takes one before anything changes', () => {
    const copies: number[] = [];
    migrate(database, migrations, { upTo: 1, beforeFirst: (from) => copies.push(from) });
    expect(copies).toEqual([]);
    migrate(database, migrations, { beforeFirst: (from) => copies.push(from) });
    expect(copies).toEqual([1]);
  });

  test('opening an older library keeps a copy of it beside', () => {
    open(1);
    seed();
    database.close();
    const store = openStore({ directory: folder.path, now: () => 77, newId: () => crypto.randomUUID() });
    store.dispose();
    expect(readdirSync(folder.path)).toContain('library.before-1-77.sqlite');
    const copy = new BetterSqlite3(join(folder.path, 'library.before-1-77.sqlite'), { readonly: true });
    expect(schemaVersion(copy)).toBe(1);
    expect(copy.prepare('SELECT count(*) FROM photo').pluck().get()).toBe(4);
    copy.close();
    database = new BetterSqlite3(join(folder.path, 'library.sqlite'));
  });
});

describe('each migration with rows before and after', () => {
  test('1 library: an empty file becomes a library that passes every check', () => {
    open(1);
    seed();
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(database.pragma('foreign_key_check')).toEqual([]);
    expect(count(`SELECT rating FROM photo WHERE id = 'p1'`)).toBe(4);
    expect(count(`SELECT favourite + hidden FROM photo WHERE id = 'p2'`)).toBe(2);
  });

  test('2 sync: nothing is pending and no row is touched', () => {
    open(1);
    seed();
    const before = database.prepare('SELECT * FROM photo ORDER BY id').all();
    open(2);
    expect(database.prepare('SELECT * FROM photo ORDER BY id').all()).toEqual(before);
    expect(count('SELECT count(*) FROM sync_pending') + count('SELECT count(*) FROM sync_record')).toBe(0);
  });

  test('3 sharing: shares and invitations get their new columns with sensible values', () => {
    open(2);
    seed();
    open(3);
    expect(database.prepare('SELECT notifications, deny_requests FROM share').get()).toEqual({
      notifications: 'all',
      deny_requests: 0,
    });
    expect(database.prepare('SELECT owner_name FROM invitation').get()).toEqual({ owner_name: null });
  });

  test('4 organise: counts become those of what is shown, and every photo waits to be indexed', () => {
    open(3);
    seed();
    expect(count(`SELECT photo_count FROM album WHERE id = 'a1'`)).toBe(2);
    const history = count('SELECT count(*) FROM history_change');
    open(4);
    expect(count(`SELECT photo_count FROM album WHERE id = 'a1'`)).toBe(1);
    expect(count(`SELECT photo_count FROM tag WHERE id = 't1'`)).toBe(1);
    expect(database.prepare('SELECT day, zone_id, count FROM photo_day_count ORDER BY zone_id').all()).toEqual([
      { day: 19905, zone_id: 'library', count: 1 },
      { day: 19905, zone_id: 'share.1', count: 1 },
    ]);
    expect(database.prepare('SELECT kind, count FROM photo_facet_count ORDER BY kind').all()).toEqual([
      { kind: 'camera', count: 2 },
      { kind: 'place', count: 1 },
    ]);
    expect(count('SELECT count(*) FROM search_pending')).toBe(4);
    expect(count('SELECT count(*) FROM history_change')).toBe(history);
  });

  test('5 ingest: folders watch their whole tree, photos know no zone of their place yet', () => {
    open(4);
    seed();
    database.exec(`INSERT INTO folder (id, kind, path, added_at) VALUES ('f1', 'watched', '/photos', 1)`);
    open(5);
    expect(database.prepare('SELECT scope FROM folder').get()).toEqual({ scope: 'tree' });
    expect(count('SELECT count(*) FROM photo WHERE time_zone IS NULL AND motion_bytes IS NULL')).toBe(4);
    expect(count('SELECT count(*) FROM import_session')).toBe(0);
  });

  test('6 share-feed: a share that was there counts as not read to its end, and nothing is to be forgotten', () => {
    open(5);
    seed();
    open(6);
    expect(database.prepare('SELECT caught_up FROM share').get()).toEqual({ caught_up: 0 });
    expect(count('SELECT count(*) FROM forgotten')).toBe(0);
  });

  test('7 late-owners: an album and a tag that came after their photos are counted, then and from now on', () => {
    open(6);
    seed();
    database.exec(`UPDATE album SET photo_count = 0; UPDATE tag SET photo_count = 7`);
    open(7);
    expect(count(`SELECT photo_count FROM album WHERE id = 'a1'`)).toBe(1);
    expect(count(`SELECT photo_count FROM tag WHERE id = 't1'`)).toBe(1);
    database.exec(`BEGIN; INSERT INTO history_open VALUES (1, 1, 'sync');
      INSERT INTO photo_tag (id, zone_id, photo_id, tag_id, created_at, modified_at) VALUES ('pt9', 'library', 'p1', 't9', 1, 1);
      INSERT INTO tag (id, zone_id, name, name_key, created_at, modified_at) VALUES ('t9', 'library', 'Late', 'LATE', 1, 1);
      DELETE FROM history_open; COMMIT`);
    expect(count(`SELECT photo_count FROM tag WHERE id = 't9'`)).toBe(1);
  });

  test('8 place-zone: a change of a place’s time zone is in history from then on, and no row is touched', () => {
    open(7);
    seed();
    const before = database.prepare('SELECT * FROM photo ORDER BY id').all();
    open(8);
    expect(database.prepare('SELECT * FROM photo ORDER BY id').all()).toEqual(before);
    database.exec(`INSERT INTO history_open VALUES (1, 1, 'maintenance');
      UPDATE photo SET time_zone = 'Europe/Athens' WHERE id = 'p1'; DELETE FROM history_open`);
    expect(database.prepare('SELECT row_id, "values" FROM history_change ORDER BY id DESC LIMIT 1').get()).toEqual({
      row_id: 'p1',
      values: '{"time_zone":null}',
    });
  });

  test('9 grace: what lies in the trash counts as seen there from the next look on, not before', () => {
    open(8);
    seed();
    open(9);
    for (const table of ['use_day', 'trash_seen', 'unowned_file'])
      expect(count(`SELECT count(*) FROM ${table}`)).toBe(0);
    database.exec(`INSERT INTO trash_seen VALUES ('p4', 7); INSERT INTO history_open VALUES (1, 1, 'maintenance');
      DELETE FROM album_item WHERE photo_id = 'p4'; DELETE FROM photo_tag WHERE photo_id = 'p4';
      DELETE FROM photo WHERE id = 'p4'; DELETE FROM history_open`);
    expect(count('SELECT count(*) FROM trash_seen')).toBe(0);
  });

  test('10 map-cells: the photos that are shown are counted on the map, those in the trash are not', () => {
    open(9);
    seed();
    database.exec(`INSERT INTO history_open VALUES (1, 1, 'maintenance');
      UPDATE photo SET latitude = 35.5, longitude = 24 WHERE id IN ('p1', 'p3', 'p4');
      DELETE FROM history_open`);
    open(10);
    const cells = database.prepare('SELECT level, count, latitude / count AS latitude, photo_id FROM map_cell').all();
    expect(cells).toEqual([0, 1, 2, 3, 4].map((level) => ({ level, count: 2, latitude: 35.5, photo_id: 'p1' })));
  });

  test('11 asset-owners: bytes nobody owns wait no more, then and from now on', () => {
    open(10);
    seed();
    database.exec(`INSERT INTO history_open VALUES (1, 1, 'maintenance');
      INSERT INTO resource (id, zone_id, photo_id, kind, file_name, created_at, modified_at)
        VALUES ('r1', 'library', 'p1', 'original', 'a.jpg', 1, 1); DELETE FROM history_open`);
    const queue = database.prepare(
      `INSERT INTO sync_asset (resource_id, zone_id, direction, rank, state) VALUES (?, 'library', 'upload', 3, 'queued')`,
    );
    for (const id of ['r1', 'gone']) queue.run(id);
    open(11);
    expect(database.prepare('SELECT resource_id FROM sync_asset').pluck().all()).toEqual(['r1']);
    database.exec(`INSERT INTO history_open VALUES (1, 1, 'maintenance');
      DELETE FROM resource WHERE id = 'r1'; DELETE FROM history_open`);
    expect(count('SELECT count(*) FROM sync_asset')).toBe(0);
  });

  test('12 declined: no file counts as declined that nobody declined, and a file can be', () => {
    open(11);
    seed();
    database.exec(`INSERT INTO folder (id, kind, path, added_at) VALUES ('f1', 'watched', '/photos', 1);
      INSERT INTO file (id, folder_id, path, byte_size, modified_ns, changed_ns, inode, device, state)
        VALUES ('a', 'f1', 'a.jpg', 1, '1', '1', '1', '1', 'waiting')`);
    open(12);
    expect(database.prepare('SELECT declined FROM file').pluck().all()).toEqual([0]);
    expect(() => database.exec('UPDATE file SET declined = 2')).toThrow(/CHECK/);
    database.exec('UPDATE file SET declined = 1');
    expect(count('SELECT count(*) FROM file WHERE declined = 1')).toBe(1);
  });

  test('13 attempted-at: failed readings stay counted, and the next one counts whenever it comes', () => {
    open(12);
    seed();
    database.exec(`INSERT INTO folder (id, kind, path, added_at) VALUES ('f1', 'watched', '/photos', 1);
      INSERT INTO file (id, folder_id, path, byte_size, modified_ns, changed_ns, inode, device, state, attempts)
        VALUES ('a', 'f1', 'a.jpg', 1, '1', '1', '1', '1', 'waiting', 3)`);
    open(13);
    expect(database.prepare('SELECT attempts, attempted_at FROM file').all()).toEqual([
      { attempts: 3, attempted_at: null },
    ]);
  });

  test('14 kept-apart: a pair is kept once, in one order, and goes with either photo', () => {
    open(13);
    seed();
    open(14);
    database.exec(`INSERT INTO kept_apart VALUES ('p2', 'p4'), ('p1', 'p2')`);
    expect(() => database.exec(`INSERT INTO kept_apart VALUES ('p4', 'p2')`)).toThrow(/CHECK/);
    database.exec(`INSERT INTO history_open VALUES (1, 1, 'maintenance'); DELETE FROM personal WHERE photo_id = 'p2';
      DELETE FROM photo WHERE id = 'p2'; DELETE FROM history_open`);
    expect(count('SELECT count(*) FROM kept_apart')).toBe(0);
  });

  test('15 set-by-hand: a column of a photo is noted once, and goes with the photo', () => {
    open(14);
    seed();
    open(15);
    const note = `INSERT OR IGNORE INTO set_by_hand VALUES ('p2', 'title'), ('p2', 'caption'), ('p1', 'title')`;
    database.exec(`${note}; ${note}`);
    expect(count('SELECT count(*) FROM set_by_hand')).toBe(3);
    database.exec(`INSERT INTO history_open VALUES (1, 1, 'maintenance'); DELETE FROM personal WHERE photo_id = 'p2';
      DELETE FROM photo WHERE id = 'p2'; DELETE FROM history_open`);
    expect(count('SELECT count(*) FROM set_by_hand')).toBe(1);
  });

  test('every migration has a test of its own here', () => {
    const own = readFileSync(import.meta.filename, 'utf8');
    const untested = migrations.filter(({ number, name }) => !own.includes(`test('${number} ${name}: `));
    expect(untested.map(({ name }) => name)).toEqual([]);
  });

  test('from every version the newest is reached, with all rows and every check clean', () => {
    for (let from = 1; from <= migrations.length; from += 1) {
      database.close();
      database = new BetterSqlite3(join(folder.path, `from-${from}.sqlite`));
      open(from);
      seed();
      open(migrations.length);
      expect(schemaVersion(database)).toBe(migrations.length);
      expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
      expect(database.pragma('foreign_key_check')).toEqual([]);
      expect(count('SELECT count(*) FROM photo')).toBe(4);
    }
  });
});
