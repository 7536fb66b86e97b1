import { afterEach, beforeEach, expect, test } from 'vitest';
import { entityOf } from '../../electron/core/store/entities.ts';
import { dropHistoryTriggers, historyTriggers } from '../../electron/core/store/historyTriggers.ts';
import { openTestStore, type TestStore } from '../helpers/testStore.ts';

let library: TestStore;
beforeEach(() => {
  library = openTestStore();
});
afterEach(() => library.dispose());

test('a migration that adds a synced column makes the triggers anew, and the column is in history from then on', () => {
  const tag = entityOf('Tag');
  library.store.connection.raw.exec(`
    ALTER TABLE tag ADD COLUMN symbol TEXT;
    ${dropHistoryTriggers(tag)}
    ${historyTriggers({ ...tag, synced: [...tag.synced, 'symbol'] })}`);
  library.write(
    'app',
    `INSERT INTO tag (id, zone_id, name, name_key, created_at, modified_at) VALUES ('t', 'library', 'a', 'A', 1, 1)`,
  );
  library.write('app', `UPDATE tag SET symbol = 'star'`);
  library.write('app', `DELETE FROM tag`);
  expect(
    library.store.history.changesAfter('private', 0).map(({ kind, values }) => [kind, values?.['symbol']]),
  ).toEqual([
    ['insert', undefined],
    ['update', null],
    ['delete', 'star'],
  ]);
  expect(() =>
    library.store.connection.raw.exec(
      `INSERT INTO tag (id, zone_id, name, name_key, created_at, modified_at) VALUES ('x', 'library', 'a', 'A', 1, 1)`,
    ),
  ).toThrow(/outside store.transaction/);
});

test('a name that is no entity is a mistake of the program', () => {
  expect(() => entityOf('Folder')).toThrow('No entity is called Folder');
  expect(entityOf('album_item').entity).toBe('AlbumItem');
});
