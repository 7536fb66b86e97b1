import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TagDeduplication } from '../../electron/core/sharing/deduplication.ts';
import type { SharingStore } from '../helpers/sharingStore.ts';
import { idA, idB, idC, openTagFixture } from '../helpers/tagFixture.ts';

let fixture: SharingStore;
let tags: TagDeduplication;

beforeEach(() => {
  ({ fixture, tags } = openTagFixture());
});
afterEach(() => fixture.dispose());

/** Two computers that took away different ones would leave none. */
describe('a photo that carries one tag twice over keeps the same pair on every computer', () => {
  it.each([
    ['on the tags they were made for', idA, idB],
    ['both on the later tag, as after a way through a share', idB, idB],
    ['each on the tag of the other', idB, idA],
  ])('of two pairs the one made for the first tag stays, %s', (_what, first, second) => {
    // So many that whatever else decides is seen: ids of pairs are as good as drawn by lot.
    const photos = Array.from({ length: 8 }, () => fixture.photo());
    fixture.tag('Crete', { id: idA });
    fixture.tag('Crete', { id: idB });
    const made = photos.map((photo) => [fixture.pair(photo, idA), fixture.pair(photo, idB)] as const);
    fixture.store.transaction('sync', (connection) => {
      const set = connection.statement<[string, string]>('UPDATE photo_tag SET tag_id = ? WHERE id = ?');
      for (const [one, other] of made) {
        set.run(first, one);
        set.run(second, other);
      }
    });
    tags.run('private');
    expect(fixture.rows('SELECT id, tag_id FROM photo_tag ORDER BY id')).toEqual(
      made
        .map(([id]) => id)
        .toSorted()
        .map((id) => ({ id, tag_id: idA })),
    );
  });

  it('of the pairs of two merged tags the earlier one stays, also where the later one was on the winner first', () => {
    const photo = fixture.photo();
    fixture.tag('Crete', { id: idA, author: 'sync' });
    fixture.tag('Crete', { id: idC });
    fixture.pair(photo, idC);
    tags.run('private');
    expect(fixture.rows('SELECT tag_id FROM photo_tag')).toEqual([{ tag_id: idA }]);
    fixture.tag('Crete', { id: idB, author: 'sync' });
    const earlier = fixture.pair(photo, idB, { author: 'sync' });
    tags.run('private');
    expect(fixture.rows('SELECT id, tag_id FROM photo_tag')).toEqual([{ id: earlier, tag_id: idA }]);
  });

  it.each([
    ['somebody who may only add and edit leaves the pair of another', 3, 2],
    ['somebody who may delete leaves one', 7, 1],
  ])('of two pairs in a share, %s', (_what, rights, left) => {
    const zone = fixture.zone('_ana:share.one', { mine: false, rights });
    const photo = fixture.photo({ zone, by: '_ana' });
    fixture.tag('Crete', { id: idA, zone, by: '_ana', author: 'sync' });
    fixture.tag('Crete', { id: idC, zone, by: '_ana', author: 'sync' });
    fixture.pair(photo, idC, { by: '_ana', author: 'sync' });
    tags.run('shared');
    fixture.tag('Crete', { id: idB, zone });
    fixture.pair(photo, idB);
    tags.run('shared');
    expect(fixture.rows('SELECT tag_id FROM photo_tag')).toEqual(Array.from({ length: left }, () => ({ tag_id: idA })));
  });
});
