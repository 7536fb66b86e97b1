import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TagDeduplication } from '../../electron/core/sharing/deduplication.ts';
import type { Connection } from '../../electron/core/store/connection.ts';
import type { SharingStore } from '../helpers/sharingStore.ts';
import { breakingAfter, idA, idB, idC, openTagFixture } from '../helpers/tagFixture.ts';

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

/** A photo carries the first tag twice over, by pairs made for two later ones, of which the earlier one's stays. */
function carriedTwice(): { photo: string; kept: string; gaveWay: string } {
  const photo = fixture.photo();
  fixture.tag('Crete', { id: idA, author: 'sync' });
  fixture.tag('Crete', { id: idC });
  const gaveWay = fixture.pair(photo, idC);
  fixture.tag('Crete', { id: idB, author: 'sync' });
  const kept = fixture.pair(photo, idB, { author: 'sync' });
  tags.run('private');
  expect(fixture.rows('SELECT id, tag_id FROM photo_tag')).toEqual([{ id: kept, tag_id: idA }]);
  return { photo, kept, gaveWay };
}

/** Another computer deletes the tag of the pair that stayed, and with it that pair: read in one transaction or in two. */
const goesWithItsTag = (pair: string, apart = false) => {
  const remove = (connection: Connection) => {
    connection.statement<[string]>('DELETE FROM photo_tag WHERE id = ?').run(pair);
  };
  if (apart) fixture.store.transaction('sync', remove);
  fixture.goneElsewhere(idB, remove);
};

describe('a pair that gave way to that of a tag which somebody deletes who does not know that both are one', () => {
  it.each([
    ['in one go', false],
    ['one after the other, as with a tag on many photos', true],
  ])('comes back when pair and tag go %s', (_what, apart) => {
    const { kept, gaveWay } = carriedTwice();
    fixture.clock += 600_000;
    goesWithItsTag(kept, apart);
    tags.run('private');
    expect(fixture.rows('SELECT id, tag_id FROM photo_tag')).toEqual([{ id: gaveWay, tag_id: idA }]);
  });

  it('stays off when the merged tag may have been cleared away: then somebody had taken it off', () => {
    const { photo, kept } = carriedTwice();
    fixture.clock += 31 * 86_400_000;
    goesWithItsTag(kept);
    tags.run('private');
    expect(fixture.tagsOf(photo)).toEqual([]);
  });

  it('stays off when the pair that stayed was taken off before', () => {
    const { photo, kept } = carriedTwice();
    fixture.store.transaction('sync', (connection) => {
      connection.statement<[string]>('DELETE FROM photo_tag WHERE id = ?').run(kept);
    });
    tags.run('private');
    fixture.goneElsewhere(idB);
    tags.run('private');
    expect(fixture.tagsOf(photo)).toEqual([]);
  });

  it('stays off when it hung on that tag as well, as after a way through a share', () => {
    // So many that with some of them it is the first to go on to the winner: that is decided by the ids of pairs.
    const photos = Array.from({ length: 8 }, () => fixture.photo());
    for (const id of [idA, idB, idC]) fixture.tag('Crete', { id });
    const pairs = photos.map((photo) => [fixture.pair(photo, idB), fixture.pair(photo, idC)] as const);
    fixture.store.transaction('sync', (connection) => {
      connection.statement<[string, string]>('UPDATE photo_tag SET tag_id = ? WHERE tag_id = ?').run(idB, idC);
    });
    tags.run('private');
    for (const [kept] of pairs) expect(fixture.rows('SELECT tag_id FROM photo_tag WHERE id = ?', kept)).toHaveLength(1);
    fixture.goneElsewhere(idB, (connection) => {
      for (const [kept] of pairs) connection.statement<[string]>('DELETE FROM photo_tag WHERE id = ?').run(kept);
    });
    tags.run('private');
    expect(fixture.rows('SELECT id FROM photo_tag')).toEqual([]);
  });

  it('comes back once: taken off afterwards, it stays off, also when a run fails in between', () => {
    const { photo, kept } = carriedTwice();
    goesWithItsTag(kept);
    const breaking = breakingAfter(fixture, 1);
    expect(() => breaking.run('private')).toThrow('full');
    expect(fixture.tagsOf(photo)).toEqual(['Crete']);
    fixture.store.transaction('app', (connection) => {
      connection.statement<[string, string]>('DELETE FROM photo_tag WHERE photo_id = ? AND tag_id = ?').run(photo, idA);
    });
    tags.run('private');
    expect(fixture.tagsOf(photo)).toEqual([]);
  });
});
