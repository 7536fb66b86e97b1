import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TagDeduplication } from '../../electron/core/sharing/deduplication.ts';
import type { SharingStore } from '../helpers/sharingStore.ts';
import { breakingAfter, idA, idB, openTagFixture } from '../helpers/tagFixture.ts';

/* A double that was cleared away elsewhere gives back what hung on it here, once, unless somebody has decided otherwise. */

let fixture: SharingStore;
let tags: TagDeduplication;

beforeEach(() => {
  ({ fixture, tags } = openTagFixture());
});
afterEach(() => fixture.dispose());

test.each([
  ['here after it had come back with what that stood for', true, 'app'],
  ['elsewhere after it had come back with what that stood for', true, 'sync'],
  ['here after that, and what that stood for went on to another', 'merged', 'app'],
  ['here before that was known', false, 'app'],
  ['elsewhere before that was known', false, 'sync'],
] as const)('a tag stays off a photo when its double went and it was taken off %s', (_what, again, author) => {
  const photo = fixture.photo();
  for (const id of [idA, idB]) fixture.tag('Crete', { id, author: 'sync' });
  fixture.pair(photo, idB);
  if (again === false) fixture.pair(photo, idA);
  fixture.goneElsewhere(idB, (connection) => {
    connection.statement<[string, string]>('UPDATE tag SET merged_into = ? WHERE id = ?').run(idA, idB);
  });
  if (again !== false) {
    const breaking = breakingAfter(fixture, 1);
    // After the pair has come back, and before it is written down how far history was read.
    expect(() => breaking.run('private')).toThrow('full');
  }
  expect(fixture.tagsOf(photo)).toEqual(['Crete']);
  fixture.store.transaction(author, (connection) => {
    connection.statement<[string, string]>('DELETE FROM photo_tag WHERE photo_id = ? AND tag_id = ?').run(photo, idA);
  });
  if (again === 'merged') {
    const first = fixture.tag('Crete', { id: '01000000-0000-7000-8000-000000000001', author: 'sync' });
    fixture.store.transaction('sync', (connection) => {
      connection.statement<[string, string]>('UPDATE tag SET merged_into = ? WHERE id = ?').run(first, idA);
    });
  }
  tags.run('private');
  expect(fixture.tagsOf(photo)).toEqual([]);
});
