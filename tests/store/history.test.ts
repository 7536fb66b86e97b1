import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openConnection } from '../../electron/core/store/connection.ts';
import { entities } from '../../electron/core/store/entities.ts';
import { openTestStore, type TestStore } from '../helpers/testStore.ts';

let library: TestStore;
beforeEach(() => {
  library = openTestStore();
});
afterEach(() => library.dispose());

const all = (store: 'private' | 'shared' = 'private') => library.store.history.changesAfter(store, 0);
const moveAll = (store: 'private' | 'shared', token: number) => {
  library.store.transaction('maintenance', () => {
    for (const reader of ['export', 'tagDeduplication', 'search'] as const) {
      library.store.history.moveReader(reader, store, token);
    }
  });
};

describe('what is written', () => {
  test('an insert, an update and a delete are each one change with what was there before', () => {
    library.photo('p1', { title: 'old' });
    library.write('app', `UPDATE photo SET title = 'new', caption = 'words' WHERE id = 'p1'`);
    library.write('sync', `DELETE FROM photo WHERE id = 'p1'`);
    const [insert, update, removal] = all();
    expect(insert).toMatchObject({ kind: 'insert', entity: 'Photo', rowId: 'p1', author: 'ingest', values: null });
    expect(update).toMatchObject({ kind: 'update', author: 'app', values: { title: 'old', caption: null } });
    expect(removal).toMatchObject({ kind: 'delete', author: 'sync', zoneId: 'library' });
    expect(removal?.values).toMatchObject({ title: 'new', caption: 'words', file_name: 'p1.jpg', zone_id: 'library' });
  });

  test('every synced column of every entity is tracked, and no local one', () => {
    for (const { table, synced, local } of entities) {
      const columns = library
        .rows<{ name: string }>(`SELECT name FROM pragma_table_xinfo('${table}')`)
        .map((row) => row.name);
      const trigger =
        library.rows<{ sql: string }>(`SELECT sql FROM sqlite_schema WHERE name = 'history_${table}_update'`)[0]?.sql ??
        '';
      for (const column of synced) {
        expect(columns, `${table}.${column}`).toContain(column);
        expect(trigger).toContain(`OLD."${column}" IS NOT NEW."${column}"`);
      }
      for (const column of local) expect(trigger).not.toContain(`"${column}"`);
      const untracked = columns.filter(
        (name) => !synced.includes(name) && !local.includes(name) && name !== 'id' && name !== 'zone_id',
      );
      expect(untracked).toEqual([]);
    }
  });

  test('an update that changes nothing, or only local columns, makes no history', () => {
    library.photo('p1', { title: 'same' });
    const token = library.store.history.newestToken('private');
    library.write('app', `UPDATE photo SET title = 'same', rating = 3, thumbhash = NULL WHERE id = 'p1'`);
    expect(library.store.history.newestToken('private')).toBe(token);
    expect(library.rows('SELECT * FROM history_transaction WHERE id > ?', token)).toEqual([]);
  });

  test('a row’s zone says which store its history belongs to', () => {
    library.zone('share.1', 15);
    library.photo('mine');
    library.photo('theirs', { zone: 'share.1', author: 'sync', by: 'ana' });
    expect(all('private').map((change) => change.rowId)).toEqual(['mine']);
    expect(all('shared').map((change) => [change.rowId, change.zoneId])).toEqual([['theirs', 'share.1']]);
    expect(library.store.history.newestToken('shared')).toBeGreaterThan(library.store.history.newestToken('private'));
  });

  test('a move between zones is an update that remembers the zone it came from', () => {
    library.zone('share.1', 15, 'private');
    library.photo('p1');
    library.write('app', `UPDATE photo SET zone_id = 'share.1' WHERE id = 'p1'`);
    expect(all().at(-1)).toMatchObject({ zoneId: 'share.1', values: { zone_id: 'library' } });
  });

  test('all changes of a transaction share its stamp, and stamps grow', () => {
    library.store.transaction('app', ({ raw }) => {
      raw.exec(
        `INSERT INTO tag (id, zone_id, name, name_key, created_at, modified_at) VALUES ('t1', 'library', 'a', 'A', 1, 1), ('t2', 'library', 'b', 'B', 1, 1)`,
      );
    });
    library.photo('p1');
    const [one, two, three] = all();
    expect(one?.stamp).toBe(two?.stamp);
    expect((three?.stamp ?? '') > (two?.stamp ?? '')).toBe(true);
  });
});

describe('what is refused', () => {
  const stray = `INSERT INTO tag (id, zone_id, name, name_key, created_at, modified_at) VALUES ('x', 'library', 'x', 'X', 1, 1)`;

  test('a write outside a transaction of the store aborts, on this and on any other connection', () => {
    library.photo('p1');
    const other = openConnection(join(library.directory, 'library.sqlite'));
    for (const raw of [library.store.connection.raw, other.raw]) {
      expect(() => raw.exec(stray)).toThrow(/outside store.transaction/);
      expect(() => raw.exec(`UPDATE photo SET title = 'x'`)).toThrow(/outside store.transaction/);
      expect(() => raw.exec('DELETE FROM photo')).toThrow(/outside store.transaction/);
    }
    other.close();
    expect(all()).toHaveLength(1);
  });

  test('a transaction that throws leaves neither rows nor history, and the next one works', () => {
    expect(() =>
      library.store.transaction('app', ({ raw }) => {
        raw.exec(stray);
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(library.rows('SELECT * FROM tag')).toEqual([]);
    expect(library.rows('SELECT * FROM history_transaction')).toEqual([]);
    expect(library.rows('SELECT * FROM history_open')).toEqual([]);
    library.photo('p1');
    expect(all()).toHaveLength(1);
  });

  test('a reference to nothing is refused when the transaction ends, and nothing of it stays', () => {
    expect(() =>
      library.write(
        'app',
        `INSERT INTO photo_tag (id, zone_id, photo_id, tag_id, created_at, modified_at) VALUES ('x', 'library', 'no', 'no', 1, 1)`,
      ),
    ).toThrow(/FOREIGN KEY/);
    expect(library.store.inTransaction).toBe(false);
    expect(all()).toEqual([]);
  });

  test('an async function cannot hold a transaction open', () => {
    expect(() => library.store.transaction('app', async () => Promise.resolve())).toThrow(/must not be async/);
    expect(library.store.inTransaction).toBe(false);
  });

  test('a transaction joins one of its own author and refuses one of another', () => {
    library.store.transaction('app', () => library.store.transaction('app', ({ raw }) => raw.exec(stray)));
    expect(library.rows('SELECT * FROM history_transaction')).toHaveLength(1);
    expect(() => library.store.transaction('app', () => library.store.transaction('sync', () => undefined))).toThrow(
      /inside one of app/,
    );
  });
});

describe('bookkeeping', () => {
  const note = () => library.store.connection.statement<[]>(`INSERT INTO sync_state VALUES ('k', 'v')`).run();
  const notes = () => library.rows(`SELECT value FROM sync_state WHERE key = 'k'`).length;

  test('is told to listeners, and history knows nothing of it', () => {
    library.photo('p1');
    const transactions = library.rows('SELECT id FROM history_transaction');
    const seen: unknown[] = [];
    library.store.didChange.subscribe((change) => seen.push({ ...change, inside: library.store.inTransaction }));
    expect(library.store.bookkeeping(() => [note(), library.store.inTransaction])).toEqual([1, true]);
    expect(seen).toEqual([{ store: 'private', token: 1, local: true, inside: false }]);
    expect(notes()).toBe(1);
    expect(library.rows('SELECT id FROM history_transaction')).toEqual(transactions);
  });

  test('may not write what is synced, and goes back whole when it fails', () => {
    expect(() =>
      library.store.bookkeeping(({ raw }) => {
        note();
        raw.exec(`INSERT INTO tag (id, zone_id, name, name_key, created_at, modified_at)
          VALUES ('t', 'library', 't', 'T', 1, 1)`);
      }),
    ).toThrow('write to tag outside store.transaction');
    expect(() => library.store.bookkeeping(() => Promise.resolve(note()))).toThrow('must not be async');
    expect(notes()).toBe(0);
  });

  test('joins a transaction that is open, and no transaction joins it', () => {
    expect(() =>
      library.store.transaction('sync', () => {
        library.store.bookkeeping(note);
        throw new Error('taken back');
      }),
    ).toThrow('taken back');
    expect(notes()).toBe(0);
    expect(() => library.store.bookkeeping(() => library.store.transaction('sync', note))).toThrow(
      'A sync transaction was begun inside one of bookkeeping',
    );
  });
});

describe('reading and purging', () => {
  test('pages never split a transaction, and the first is given whole however large', () => {
    library.store.transaction('ingest', ({ raw }) => {
      for (let index = 0; index < 5; index += 1) {
        raw.exec(
          `INSERT INTO tag (id, zone_id, name, name_key, created_at, modified_at) VALUES ('t${index}', 'library', 'x', 'X', 1, 1)`,
        );
      }
    });
    library.photo('p1');
    library.photo('p2');
    const { history } = library.store;
    expect(history.changesAfter('private', 0, { limit: 3 })).toHaveLength(5);
    const first = history.changesAfter('private', 0, { limit: 6 });
    expect(first.map((change) => change.rowId)).toEqual(['t0', 't1', 't2', 't3', 't4', 'p1']);
    expect(history.changesAfter('private', first.at(-1)?.transaction ?? 0).map((change) => change.rowId)).toEqual([
      'p2',
    ]);
  });

  test('an exporter does not see what sync itself wrote', () => {
    library.photo('p1', { author: 'sync' });
    library.photo('p2', { author: 'app' });
    expect(
      library.store.history.changesAfter('private', 0, { authorNot: 'sync' }).map((change) => change.rowId),
    ).toEqual(['p2']);
  });

  test('a token moves forward only, and goes back with the transaction it was moved in', () => {
    const { history } = library.store;
    library.store.transaction('maintenance', () => history.moveReader('search', 'private', 5));
    library.store.transaction('maintenance', () => history.moveReader('search', 'private', 3));
    expect(history.readerToken('search', 'private')).toBe(5);
    expect(() =>
      library.store.transaction('maintenance', () => {
        history.moveReader('search', 'private', 9);
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(history.readerToken('search', 'private')).toBe(5);
    expect(history.readerToken('search', 'shared')).toBe(0);
  });

  test('purge drops nothing before every required reader has read', () => {
    library.photo('p1');
    library.clock += 1_000;
    const purge = () => library.store.transaction('maintenance', () => library.store.history.purge(library.clock));
    expect(purge()).toBe(0);
    library.store.transaction('maintenance', () => library.store.history.moveReader('search', 'private', 99));
    expect(purge()).toBe(0);
    expect(all()).toHaveLength(1);
  });

  test('purge stops at the slowest reader, spares what is young, and keeps the newest of each store', () => {
    for (const id of ['p1', 'p2', 'p3', 'p4']) {
      library.photo(id);
      library.clock += 1_000;
    }
    const tokens = all().map((change) => change.transaction);
    moveAll('private', tokens[3] ?? 0);
    const { history } = library.store;
    library.store.transaction('maintenance', () => history.moveReader('view', 'private', tokens[1] ?? 0));
    const purge = (before: number) => library.store.transaction('maintenance', () => history.purge(before));
    expect(purge(1_700_000_000_500)).toBe(1);
    expect(all().map((change) => change.rowId)).toEqual(['p2', 'p3', 'p4']);
    expect(purge(library.clock)).toBe(1);
    expect(all().map((change) => change.rowId)).toEqual(['p3', 'p4']);
    library.store.transaction('maintenance', () => history.moveReader('view', 'private', tokens[3] ?? 0));
    const newest = history.newestToken('private');
    purge(library.clock);
    // A token that ran backwards would look like a new change to everybody who waits for one.
    expect(history.newestToken('private')).toBe(newest);
  });

  test('readers of the private store do not hold the shared one, whose tokens are counted with them', () => {
    library.zone('share.1', 15);
    library.photo('p1');
    library.photo('s1', { zone: 'share.1', author: 'sync', by: 'ana' });
    library.clock += 1_000;
    moveAll('private', 99);
    // Nobody has read the shared store: its changes stay.
    library.store.transaction('maintenance', () => library.store.history.purge(library.clock));
    expect(all('shared')).toHaveLength(1);
  });
});

describe('observers', () => {
  test('each commit tells which store changed and its token, after it is over', () => {
    library.zone('share.1', 15);
    const seen: unknown[] = [];
    const subscription = library.store.didChange.subscribe((change) => {
      seen.push({ ...change, inTransaction: library.store.inTransaction });
    });
    library.photo('p1');
    library.photo('s1', { zone: 'share.1', author: 'sync', by: 'ana' });
    library.store.transaction('maintenance', ({ raw }) => raw.exec(`UPDATE photo SET rating = 2 WHERE id = 'p1'`));
    expect(seen).toEqual([
      { store: 'private', token: 1, local: false, inTransaction: false },
      { store: 'shared', token: 2, local: false, inTransaction: false },
      { store: 'private', token: 1, local: true, inTransaction: false },
    ]);
    subscription.dispose();
    library.photo('p2');
    expect(seen).toHaveLength(3);
  });

  test('a rolled-back transaction tells nobody', () => {
    let told = 0;
    library.store.didChange.subscribe(() => {
      told += 1;
    });
    expect(() =>
      library.store.transaction('app', () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(told).toBe(0);
  });

  test('a commit of another connection is told once it is noticed', () => {
    const seen: number[] = [];
    library.store.didChange.subscribe(({ token }) => seen.push(token));
    const other = openConnection(join(library.directory, 'library.sqlite'));
    other.raw.exec(`BEGIN IMMEDIATE;
      INSERT INTO history_transaction (author, at, stamp) VALUES ('sync', 1, 'x');
      INSERT INTO history_open VALUES (1, last_insert_rowid(), 'sync');
      INSERT INTO tag (id, zone_id, name, name_key, created_at, modified_at) VALUES ('t', 'library', 't', 'T', 1, 1);
      DELETE FROM history_open; COMMIT`);
    other.close();
    expect(seen).toEqual([]);
    library.store.noticeCommit();
    expect(seen).toEqual([1]);
  });
});
