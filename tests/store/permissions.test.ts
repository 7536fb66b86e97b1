import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Author } from '../../electron/core/store/history.ts';
import { mayAdd, mayDelete, mayEdit, readZones } from '../../electron/core/store/zoneRights.ts';
import { openTestStore, type TestStore } from '../helpers/testStore.ts';

let library: TestStore;
beforeEach(() => {
  library = openTestStore();
});
afterEach(() => library.dispose());

const names = ['ADD', 'EDIT', 'DELETE', 'MANAGE'];
const allRights = Array.from({ length: 16 }, (_, bits) => bits);
const described = (bits: number): string => names.filter((_, index) => (bits & (1 << index)) !== 0).join('+') || 'none';

/** Every table of synced rows that can lie in a share, with a row by a given person. */
const tables: Readonly<Record<string, (id: string, by: string | null) => string>> = {
  photo: (id, by) =>
    `INSERT INTO photo (id, zone_id, kind, media_type, file_name, created_by, created_at, modified_at, sort_at)
     VALUES ('${id}', 'share.1', 'photo', 'image', 'a.jpg', ${quote(by)}, 1, 1, 1)`,
  tag: (id, by) =>
    `INSERT INTO tag (id, zone_id, name, name_key, created_by, created_at, modified_at) VALUES ('${id}', 'share.1', 't', 'T', ${quote(by)}, 1, 1)`,
  album: (id, by) =>
    `INSERT INTO album (id, zone_id, kind, title, position, created_by, created_at, modified_at)
     VALUES ('${id}', 'share.1', 'manual', 'a', 'V', ${quote(by)}, 1, 1)`,
  comment: (id, by) =>
    `INSERT INTO comment (id, zone_id, photo_id, text, created_by, created_at, modified_at)
     VALUES ('${id}', 'share.1', 'base', 'words', ${quote(by)}, 1, 1)`,
  rating: (id, by) =>
    `INSERT INTO rating (id, zone_id, photo_id, value, created_by, created_at, modified_at)
     VALUES ('${id}', 'share.1', 'base', 3, ${quote(by)}, 1, 1)`,
};
const quote = (text: string | null): string => (text === null ? 'NULL' : `'${text}'`);

function outcome(author: Author, sql: string): string {
  try {
    library.store.transaction(author, ({ raw }) => raw.exec(sql));
    return 'done';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'permissionFailure') {
      return `refused ${String((error as { data?: { neededRight?: string } }).data?.neededRight)}`;
    }
    throw error;
  }
}

describe.each(Object.keys(tables))('rows of %s in somebody else’s share', (table) => {
  test('are written exactly as far as my rights go, for every set of rights and whoever made the row', () => {
    library.zone('share.1', 15);
    library.photo('base', { zone: 'share.1', author: 'sync', by: 'ana' });
    let made = 0;
    for (const bits of allRights) {
      library.store.connection.raw.exec(`UPDATE zone SET rights = ${bits} WHERE id = 'share.1'`);
      const [add, edit, remove] = [(bits & 1) !== 0, (bits & 2) !== 0, (bits & 4) !== 0];
      const where = `${described(bits)} on ${table}`;
      const insert = tables[table];
      if (insert === undefined) throw new Error(table);
      made += 1;
      expect(outcome('app', insert(`new${made}`, null)), where).toBe(add ? 'done' : 'refused ADD');
      for (const by of [null, 'ana']) {
        const mine = by === null && add;
        const id = `row${made}${by ?? ''}`;
        expect(outcome('sync', insert(id, by))).toBe('done');
        expect(outcome('app', `UPDATE ${table} SET modified_at = modified_at + 1 WHERE id = '${id}'`), where).toBe(
          edit || mine ? 'done' : 'refused EDIT',
        );
        expect(outcome('app', `DELETE FROM ${table} WHERE id = '${id}'`), where).toBe(
          remove || mine ? 'done' : 'refused DELETE',
        );
        // The same answers in words, before anything is tried.
        const zone = readZones(library.store.connection).get('share.1');
        expect([mayAdd(zone), mayEdit(zone, by), mayDelete(zone, by)], where).toEqual([
          add,
          edit || mine,
          remove || mine,
        ]);
      }
    }
  });
});

test('moving a photo to the trash needs the right to delete, whoever may edit it', () => {
  library.zone('share.1', 2);
  library.photo('theirs', { zone: 'share.1', author: 'sync', by: 'ana' });
  expect(outcome('app', `UPDATE photo SET trashed_at = 1 WHERE id = 'theirs'`)).toBe('refused DELETE');
  library.store.connection.raw.exec(`UPDATE zone SET rights = 4 WHERE id = 'share.1'`);
  expect(outcome('app', `UPDATE photo SET caption = 'x' WHERE id = 'theirs'`)).toBe('refused EDIT');
});

test('in my own zones everything is allowed, whoever made the row', () => {
  library.zone('share.2', 0, 'private');
  library.photo('theirs', { zone: 'share.2', author: 'sync', by: 'ana' });
  expect(outcome('app', `UPDATE photo SET trashed_at = 1 WHERE id = 'theirs'`)).toBe('done');
  expect(outcome('app', `DELETE FROM photo WHERE id = 'theirs'`)).toBe('done');
});

test('sync and maintenance apply what the server has accepted, whatever my rights are; ingest is me', () => {
  library.zone('share.1', 0);
  for (const author of ['sync', 'maintenance'] as const) {
    library.photo(author, { zone: 'share.1', author, by: 'ana' });
    expect(outcome(author, `UPDATE photo SET title = 'x' WHERE id = '${author}'`)).toBe('done');
    expect(outcome(author, `DELETE FROM photo WHERE id = '${author}'`)).toBe('done');
  }
  expect(() => library.photo('own', { zone: 'share.1' })).toThrow(
    expect.objectContaining({ code: 'permissionFailure' }),
  );
});
