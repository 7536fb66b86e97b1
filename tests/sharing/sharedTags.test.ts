import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TagDeduplication } from '../../electron/core/sharing/deduplication.ts';
import type { SharingStore } from '../helpers/sharingStore.ts';
import { idA, idB, openTagFixture } from '../helpers/tagFixture.ts';

/* Tags of one name in a share: whoever may not do all of it leaves it to somebody who may. */

let fixture: SharingStore;
let tags: TagDeduplication;

beforeEach(() => {
  ({ fixture, tags } = openTagFixture());
});
afterEach(() => fixture.dispose());

test('in a share where I may not edit nothing is merged; when I may, the sweep merges what was passed over', () => {
  fixture.zone('_ana:share.x', { mine: false, rights: 1 });
  fixture.tag('Crete', { id: idA, zone: '_ana:share.x', by: '_ana', author: 'sync' });
  fixture.tag('Crete', { id: idB, zone: '_ana:share.x', by: '_cem', author: 'sync' });
  tags.run('shared');
  expect(fixture.mergedInto(idB)).toBeNull();
  fixture.store.connection.statement<[]>(`UPDATE zone SET rights = 3 WHERE id = '_ana:share.x'`).run();
  expect(tags.sweep('_ana:share.x').merged).toBe(1);
  expect(fixture.mergedInto(idB)).toBe(idA);
});

test('an editor without the right to delete leaves a double pair to somebody who has it', () => {
  fixture.zone('_ana:share.x', { mine: false, rights: 3 });
  const photo = fixture.photo({ zone: '_ana:share.x', by: '_ana', author: 'sync' });
  fixture.tag('Crete', { id: idA, zone: '_ana:share.x', by: '_ana', author: 'sync' });
  fixture.tag('Crete', { id: idB, zone: '_ana:share.x', by: '_cem', author: 'sync' });
  fixture.pair(photo, idA, { by: '_ana', author: 'sync' });
  fixture.pair(photo, idB, { by: '_cem', author: 'sync' });
  tags.run('shared');
  expect(fixture.mergedInto(idB)).toBe(idA);
  expect(fixture.rows('SELECT id FROM photo_tag')).toHaveLength(2);
});
