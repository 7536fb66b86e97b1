import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPhotoRows } from '../../electron/core/library/photoRows.ts';
import { noFacts } from '../../electron/core/media/facts.ts';
import { keepSetByHandInZone, setByHand } from '../../electron/core/store/queries/setByHand.ts';
import { libraryZone } from '../../shared/ids.ts';
import { openOrganiser, type Organiser } from '../helpers/organiser.ts';

let library: Organiser;
beforeEach(() => {
  library = openOrganiser();
});
afterEach(() => library.dispose());

/** A photo as it comes whole: from another computer, or as a copy. */
function insertWhole(author: 'app' | 'sync' | 'ingest', id: string): void {
  library.store.transaction(author, ({ statement }) =>
    statement<[string, string]>(
      `INSERT INTO photo (id, zone_id, kind, media_type, file_name, title, created_at, modified_at, sort_at, ratio)
       VALUES (?, ?, 'photo', 'image', 'a.jpg', 'Crete', 1, 1, 1, 1)`,
    ).run(id, libraryZone),
  );
}

/** Reads the photo's file again, in which somebody has written. */
function readAgain(id: string): unknown {
  const rows = createPhotoRows(library.store.connection, () => 'a-new-id');
  library.store.transaction('ingest', () =>
    rows.setFacts(id, { ...noFacts, title: 'of the newer file', caption: 'new' }, 3, 0, library.clock),
  );
  return library.rows('SELECT title, caption FROM photo WHERE id = ?', id)[0];
}

test.each(['app', 'sync'] as const)(
  'what a photo brought that came whole (%s) stays when a file of it is read, and its gaps are filled',
  (author) => {
    insertWhole(author, 'a-photo');
    expect(readAgain('a-photo')).toEqual({ title: 'Crete', caption: 'new' });
  },
);

test('what a photo has of a file here follows the file', () => {
  insertWhole('ingest', 'a-photo');
  expect(readAgain('a-photo')).toEqual({ title: 'of the newer file', caption: 'new' });
});

test('what was written in a zone stays known when the history of that zone goes', async () => {
  const [one = ''] = library.photos({ title: 'of the file' });
  await library.core.facts.setText([one], { caption: 'Crete' });
  library.store.transaction('maintenance', (connection) => {
    keepSetByHandInZone(connection, 'another-zone');
    expect([...setByHand(connection, one)]).toEqual(['caption']);
    keepSetByHandInZone(connection, libraryZone);
    connection.statement('DELETE FROM history_change').run();
    expect([...setByHand(connection, one)]).toEqual(['caption']);
  });
  expect(readAgain(one)).toEqual({ title: 'of the newer file', caption: 'Crete' });
});
