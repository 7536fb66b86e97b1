import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkIntegrity, repairCounts } from '../../electron/core/store/integrity.ts';
import { openOrganiser, type Organiser } from '../helpers/organiser.ts';

let library: Organiser;
beforeEach(async () => {
  library = openOrganiser();
  const ids = library.photos(
    { make: 'Canon', country: 'Greece', takenAt: '2020-01-01T00:00:00' },
    { lens: '50mm' },
    {},
  );
  await library.core.tags.apply(ids, ['Crete'], []);
  await library.core.albums.create({ kind: 'manual', title: 'A', parentID: null, photoIDs: ids });
  await library.core.personal.setFavourite(ids.slice(0, 1), true);
  await library.core.personal.setRating(ids.slice(1), 4);
});
afterEach(() => library.dispose());

const problems = () => checkIntegrity(library.store.connection).map((problem) => `${problem.kind}: ${problem.message}`);
const damage = (sql: string) => library.store.connection.raw.exec(sql);

test('a library in use has no problems', async () => {
  const [first] = await library.ids({});
  await library.core.trash.trash([first ?? '']);
  await library.core.undo.undo();
  expect(problems()).toEqual([]);
});

test.each([
  ['an album’s count', `UPDATE album SET photo_count = 9`, 'albums count other photos than they show'],
  ['a tag’s count', `UPDATE tag SET photo_count = 9`, 'tags count other photos than they show'],
  [
    'a favourite',
    `UPDATE photo SET favourite = 1 - favourite`,
    'photos show another favourite, hidden or rating than was set',
  ],
  ['my rating', `UPDATE photo SET rating = 1`, 'photos show another favourite, hidden or rating than was set'],
  ['a day', `UPDATE photo_day_count SET count = count + 1`, 'days of the timeline are counted wrongly'],
  ['a day that is missing', `DELETE FROM photo_day_count`, 'days of the timeline are counted wrongly'],
  [
    'a camera',
    `INSERT INTO photo_facet_count VALUES ('camera', 'none', 3)`,
    'cameras, lenses or places are counted wrongly',
  ],
])('%s that was damaged is found, and derived anew', (_, sql, message) => {
  damage(sql);
  expect(problems().filter((problem) => problem.includes(message))).toHaveLength(1);
  repairCounts(library.store);
  expect(problems()).toEqual([]);
});

test('repair writes no history: nothing a person did was changed', () => {
  damage('UPDATE album SET photo_count = 9');
  const token = library.store.history.newestToken('private');
  repairCounts(library.store);
  expect(library.store.history.newestToken('private')).toBe(token);
});

test.each([
  [
    'a tag of another share',
    `UPDATE photo_tag SET zone_id = 'share.1' WHERE id = (SELECT min(id) FROM photo_tag)`,
    'carry a tag of another share',
  ],
  [
    'a comment away from its photo',
    `INSERT INTO comment (id, zone_id, photo_id, text, created_at, modified_at) SELECT 'c', 'share.1', min(id), 'x', 1, 1 FROM photo`,
    'comment lie in another share',
  ],
  [
    'a shared album’s photo outside',
    `UPDATE album SET zone_id = 'share.1'; UPDATE album_item SET zone_id = 'share.1'`,
    'photos of a shared album lie outside',
  ],
  ['a favourite in a share', `UPDATE personal SET zone_id = 'share.1'`, 'personal rows lie in a share'],
])('a relation that crosses zones is found: %s', (_, sql, message) => {
  library.share('share.1');
  library.store.transaction('maintenance', ({ raw }) => raw.exec(sql));
  expect(problems().join('\n')).toContain(message);
});

test('a row that names nothing is found', () => {
  library.store.connection.raw.pragma('foreign_keys = OFF');
  library.store.transaction('maintenance', ({ raw }) => raw.exec('DELETE FROM tag'));
  library.store.connection.raw.pragma('foreign_keys = ON');
  expect(problems()).toContain('reference: 3 rows of photo_tag name a tag that does not exist.');
});

test('rows that arrive in any order within one batch of sync leave every count right', () => {
  const rows = [
    `INSERT INTO photo (id, zone_id, kind, media_type, file_name, make, created_at, modified_at, sort_at)
     VALUES ('n1', 'library', 'photo', 'image', 'n.jpg', 'Leica', 1, 1, 1), ('n2', 'library', 'photo', 'image', 'm.jpg', NULL, 1, 1, 1)`,
    `INSERT INTO tag (id, zone_id, name, name_key, created_at, modified_at) VALUES ('nt', 'library', 'New', 'NEW', 1, 1)`,
    `INSERT INTO photo_tag (id, zone_id, photo_id, tag_id, created_at, modified_at) VALUES ('npt', 'library', 'n1', 'nt', 1, 1), ('npu', 'library', 'n2', 'nt', 1, 1)`,
    `INSERT INTO album (id, zone_id, kind, title, position, created_at, modified_at) VALUES ('na', 'library', 'manual', 'New', 'V', 1, 1)`,
    `INSERT INTO album_item (id, zone_id, album_id, photo_id, position, created_at, modified_at) VALUES ('ni', 'library', 'na', 'n1', 'V', 1, 1), ('nj', 'library', 'na', 'n2', 'W', 1, 1)`,
    `INSERT INTO personal (id, zone_id, photo_id, favourite, hidden, created_at, modified_at) VALUES ('np', 'library', 'n2', 1, 1, 1, 1)`,
    `INSERT INTO rating (id, zone_id, photo_id, value, created_at, modified_at) VALUES ('nr', 'library', 'n1', 5, 1, 1)`,
  ];
  const counts = () =>
    library.rows(
      `SELECT (SELECT photo_count FROM album WHERE id = 'na') AS album, (SELECT photo_count FROM tag WHERE id = 'nt') AS tag`,
    );
  const remove = ['album_item', 'photo_tag', 'rating', 'personal', 'album', 'tag', 'photo'].map(
    (table) => `DELETE FROM ${table} WHERE id LIKE 'n%'`,
  );
  for (let shift = 0; shift < rows.length; shift += 1) {
    for (const order of [rows, rows.toReversed()]) {
      const turned = [...order.slice(shift), ...order.slice(0, shift)];
      library.store.transaction('sync', ({ raw }) => {
        for (const sql of turned) raw.exec(sql);
      });
      expect(problems(), turned.join('\n')).toEqual([]);
      expect(counts()).toEqual([{ album: 1, tag: 1 }]);
      library.store.transaction('sync', ({ raw }) => {
        for (const sql of shift % 2 === 0 ? remove : remove.toReversed()) raw.exec(sql);
      });
      expect(problems()).toEqual([]);
    }
  }
});
