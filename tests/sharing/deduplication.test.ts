import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTagDeduplication, type TagDeduplication } from '../../electron/core/sharing/deduplication.ts';
import { createMoves } from '../../electron/core/sharing/moves.ts';
import type { Connection } from '../../electron/core/store/connection.ts';
import { formatStamp } from '../../shared/cloud/hybridClock.ts';
import { tagNameKey } from '../../shared/tagName.ts';
import { openSharingStore, type SharingStore } from '../helpers/sharingStore.ts';
import { idA, idB, idC, openTagFixture } from '../helpers/tagFixture.ts';

const day = 86_400_000;

let fixture: SharingStore;
let tags: TagDeduplication;

beforeEach(() => {
  ({ fixture, tags } = openTagFixture());
});
afterEach(() => fixture.dispose());

/** A photo carried B, which became one with A; then somebody who did not know of that deleted A, after doing `first`. */
const loseWinner = (first?: (connection: Connection) => void): string => {
  const photo = fixture.photo();
  fixture.tag('Crete', { id: idA, author: 'sync' });
  fixture.tag('Crete', { id: idB });
  fixture.pair(photo, idB);
  tags.run('private');
  fixture.goneElsewhere(idA, first);
  return photo;
};

describe('tag de-duplication', () => {
  it('a tag that arrives from another device under the same name merges into the one with the lowest id', () => {
    const photo = fixture.photo();
    fixture.tag('Crete', { id: idB });
    fixture.pair(photo, idB);
    fixture.tag('crete', { id: idA, author: 'sync' });
    expect(tags.run('private').merged).toBe(1);
    expect(fixture.mergedInto(idB)).toBe(idA);
    expect(fixture.rows('SELECT tag_id FROM photo_tag WHERE photo_id = ?', photo)).toEqual([{ tag_id: idA }]);
  });

  it('a tag taken off a photo stays off when the merged tag it had come from is cleared away', () => {
    const photo = fixture.photo();
    fixture.tag('Crete', { id: idB });
    fixture.tag('Crete', { id: idC });
    fixture.pair(photo, idB);
    fixture.pair(photo, idC);
    tags.run('private');
    expect(fixture.mergedInto(idC)).toBe(idB);
    fixture.tag('Crete', { id: idA, author: 'sync' });
    tags.run('private');
    expect(fixture.tagsOf(photo)).toEqual(['Crete']);
    fixture.store.transaction('app', (connection) =>
      connection.statement<[string]>('DELETE FROM photo_tag WHERE photo_id = ?').run(photo),
    );
    tags.run('private');
    // As another computer tells it that has waited long enough.
    fixture.store.transaction('sync', (connection) => {
      connection.statement<[string, string]>('UPDATE tag SET merged_into = ? WHERE id = ?').run(idA, idC);
      connection.statement<[string]>('DELETE FROM tag WHERE id = ?').run(idB);
    });
    tags.run('private');
    expect(fixture.mergedInto(idC)).toBe(idA);
    expect(fixture.tagsOf(photo)).toEqual([]);
  });

  it.each([
    ['whose merging arrived with it', true],
    ['of whose merging this computer never heard', false],
  ])('a photo keeps its tag when a double is cleared away elsewhere %s', (_what, heard) => {
    const photo = fixture.photo();
    const other = fixture.photo();
    for (const id of [idA, idB]) fixture.tag('Crete', { id, author: 'sync' });
    // Away for longer than doubles are kept, and not come to merging what it had read.
    fixture.pair(photo, idB);
    fixture.pair(other, idA);
    fixture.pair(other, idB);
    fixture.goneElsewhere(idB, (connection) => {
      if (heard) connection.statement<[string, string]>('UPDATE tag SET merged_into = ? WHERE id = ?').run(idA, idB);
    });
    tags.run('private');
    expect(fixture.rows('SELECT photo_id, tag_id FROM photo_tag ORDER BY photo_id')).toEqual(
      [photo, other].toSorted().map((photo_id) => ({ photo_id, tag_id: idA })),
    );
  });

  it('a photo loses a tag that a person deleted elsewhere', () => {
    const photo = fixture.photo();
    fixture.tag('Crete', { id: idB, author: 'sync' });
    fixture.pair(photo, idB);
    tags.run('private');
    fixture.goneElsewhere(idB);
    tags.run('private');
    expect(fixture.tagsOf(photo)).toEqual([]);
  });

  it.each([
    ['a moment before', [], 1_000],
    ['a week before', [], 7 * day],
    ['long before', ['Crete'], 40 * day],
  ])('a tag that went elsewhere, whose name another had %s, leaves its photos with %j', (_what, expected, earlier) => {
    const photo = fixture.photo();
    fixture.tag('Boat', { id: idA, author: 'sync' });
    fixture.tag('Crete', { id: idB, author: 'sync' });
    fixture.pair(photo, idB);
    tags.run('private');
    const at = (ms: number) => formatStamp({ ms, counter: 0, node: 'other' });
    const stamps = { '*': at(fixture.clock - 100 * day), name: at(fixture.clock - earlier) };
    fixture.goneElsewhere(idB, (connection) => {
      connection
        .statement<[string, string, string]>('UPDATE tag SET name = ?, name_key = ? WHERE id = ?')
        .run('Crete', tagNameKey('Crete'), idA);
      connection
        .statement<[string, string]>(
          `INSERT INTO sync_record (entity, row_id, zone_id, change_tag, stamps) VALUES ('Tag', ?, 'library', 't', ?)`,
        )
        .run(idA, JSON.stringify(stamps));
    });
    tags.run('private');
    expect(fixture.tagsOf(photo)).toEqual(expected);
  });

  it.each([
    ['was spelt in capitals', 'crete', ['CRETE']],
    ['took the name and was spelt in capitals', 'Boat', []],
  ])(
    'a double goes a moment after its winner %s, and leaves its late photos as it should',
    (_what, before, expected) => {
      const photo = fixture.photo();
      fixture.tag(before, { id: idA, author: 'sync' });
      fixture.tag('Crete', { id: idB, author: 'sync' });
      fixture.pair(photo, idB);
      fixture.clock += 40 * day;
      const rename = (name: string): void =>
        fixture.store.transaction('sync', (connection) => {
          connection
            .statement<[string, string, string]>('UPDATE tag SET name = ?, name_key = ? WHERE id = ?')
            .run(name, tagNameKey(name), idA);
        });
      if (before === 'Boat') rename('Crete');
      rename('CRETE');
      fixture.goneElsewhere(idB);
      tags.run('private');
      expect(fixture.tagsOf(photo)).toEqual(expected);
    },
  );

  it('a photo does not get a tag that took the name here of one that was then deleted elsewhere', () => {
    const photo = fixture.photo();
    fixture.tag('Crete', { id: idB, author: 'sync' });
    fixture.pair(photo, idB);
    fixture.tag('Crete', { id: idA });
    fixture.goneElsewhere(idB);
    tags.run('private');
    expect(fixture.tagsOf(photo)).toEqual([]);
  });

  it('a photo keeps its tag when that was merged into a third while its first winner was deleted', () => {
    const photo = fixture.photo();
    fixture.tag('Crete', { id: idA, author: 'sync' });
    fixture.tag('Crete', { id: idC });
    fixture.pair(photo, idC);
    fixture.pair(photo, idA, { author: 'sync' });
    tags.run('private');
    expect(fixture.mergedInto(idC)).toBe(idA);
    fixture.tag('Crete', { id: idB, author: 'sync' });
    fixture.store.transaction('sync', (connection) => {
      connection.statement<[string, string]>('UPDATE tag SET merged_into = ? WHERE id = ?').run(idB, idC);
    });
    fixture.goneElsewhere(idA);
    tags.run('private');
    expect(fixture.rows('SELECT tag_id FROM photo_tag WHERE photo_id = ?', photo)).toEqual([{ tag_id: idB }]);
  });

  it('three devices that each saw other tags first reserve the same one', () => {
    for (const order of [
      [idA, idB, idC],
      [idC, idB, idA],
      [idB, idC, idA],
    ]) {
      const device = openSharingStore();
      const engine = createTagDeduplication({ store: device.store, now: () => device.clock });
      for (const id of order) {
        device.tag('Beach', { id, author: 'sync' });
        engine.run('private');
      }
      expect(device.rows('SELECT id FROM tag WHERE merged_into IS NULL')).toEqual([{ id: idA }]);
      device.dispose();
    }
  });

  it('a rename to an existing name merges too, though nothing was inserted', () => {
    fixture.tag('Crete', { id: idA });
    fixture.tag('Kreta', { id: idB });
    tags.run('private');
    expect(fixture.mergedInto(idB)).toBeNull();
    fixture.store.transaction('sync', (connection) => {
      connection
        .statement<[string, string, string]>('UPDATE tag SET name = ?, name_key = ? WHERE id = ?')
        .run('CRETE', tagNameKey('CRETE'), idB);
    });
    tags.run('private');
    expect(fixture.mergedInto(idB)).toBe(idA);
  });

  it('the same name in two zones is two tags', () => {
    fixture.zone('share.one');
    fixture.tag('Crete', { id: idA });
    fixture.tag('Crete', { id: idB, zone: 'share.one' });
    expect(tags.run('private').merged).toBe(0);
  });

  it('a photo-tag pair that arrives after the merge is repointed', () => {
    const photo = fixture.photo();
    fixture.tag('Crete', { id: idA });
    fixture.tag('Crete', { id: idB, author: 'sync' });
    tags.run('private');
    fixture.pair(photo, idB, { author: 'sync' });
    expect(tags.run('private').repointed).toBe(1);
    expect(fixture.tagsOf(photo)).toEqual(['Crete']);
  });

  it('a photo that carries both tags ends with one pair', () => {
    const photo = fixture.photo();
    fixture.tag('Crete', { id: idA });
    fixture.tag('Crete', { id: idB });
    fixture.pair(photo, idA);
    fixture.pair(photo, idB);
    tags.run('private');
    expect(fixture.rows('SELECT tag_id FROM photo_tag')).toEqual([{ tag_id: idA }]);
    expect(fixture.rows('SELECT photo_count FROM tag WHERE id = ?', idA)).toEqual([{ photo_count: 1 }]);
  });

  it('a merge of merges ends at the lowest id of all', () => {
    const photo = fixture.photo();
    fixture.tag('Crete', { id: idC });
    fixture.pair(photo, idC);
    fixture.tag('Crete', { id: idB, author: 'sync' });
    tags.run('private');
    fixture.tag('Crete', { id: idA, author: 'sync' });
    tags.run('private');
    expect(fixture.rows('SELECT tag_id FROM photo_tag')).toEqual([{ tag_id: idA }]);
    expect(fixture.rows('SELECT id FROM tag WHERE merged_into IS NULL')).toEqual([{ id: idA }]);
  });

  it('the token is not ahead of its effect: work that fails half way is done again', () => {
    const photos = Array.from({ length: 450 }, () => fixture.photo());
    fixture.tag('Crete', { id: idA });
    fixture.tag('Crete', { id: idB });
    for (const photo of photos) fixture.pair(photo, idB);
    const { transaction } = fixture.store;
    let calls = 0;
    const breaking = createTagDeduplication({
      store: {
        ...fixture.store,
        transaction: (author, fn, info) => {
          calls += 1;
          if (calls === 2) throw new Error('the process was killed');
          return transaction(author, fn, info);
        },
      },
      now: () => fixture.clock,
    });
    expect(() => breaking.run('private')).toThrow('killed');
    expect(fixture.store.history.readerToken('tagDeduplication', 'private')).toBe(0);
    expect(fixture.rows('SELECT 1 FROM photo_tag WHERE tag_id = ?', idB).length).toBeGreaterThan(0);
    tags.run('private');
    expect(fixture.rows('SELECT 1 FROM photo_tag WHERE tag_id = ?', idA)).toHaveLength(450);
    expect(fixture.store.history.readerToken('tagDeduplication', 'private')).toBeGreaterThan(0);
  });

  it('no transaction of a big merge touches more than 200 rows, and a second run finds nothing', () => {
    const photos = Array.from({ length: 450 }, () => fixture.photo());
    fixture.tag('Crete', { id: idA });
    fixture.tag('Crete', { id: idB });
    for (const photo of photos) fixture.pair(photo, idB);
    const before = fixture.rows<{ id: number }>('SELECT max(id) AS id FROM history_transaction')[0]?.id ?? 0;
    tags.run('private');
    const sizes = fixture.rows<{ n: number }>(
      'SELECT count(*) AS n FROM history_change WHERE transaction_id > ? GROUP BY transaction_id',
      before,
    );
    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.max(...sizes.map(({ n }) => n))).toBeLessThanOrEqual(200);
    expect(tags.run('private')).toEqual({ merged: 0, repointed: 0, revived: 0, removed: 0 });
  });

  it('deleting the surviving tag here deletes its merged losers', () => {
    fixture.tag('Crete', { id: idA });
    fixture.tag('Crete', { id: idB, author: 'sync' });
    tags.run('private');
    fixture.store.transaction('app', (connection) => {
      connection.statement<[string]>('DELETE FROM tag WHERE id = ?').run(idA);
    });
    tags.run('private');
    expect(fixture.rows('SELECT id FROM tag')).toEqual([]);
  });

  it('a winner deleted elsewhere by somebody who did not know of the merge gives its double back, with its photos', () => {
    const photo = loseWinner();
    expect(fixture.tagsOf(photo)).toEqual([]);
    expect(tags.run('private').revived).toBe(1);
    expect(fixture.tagsOf(photo)).toEqual(['Crete']);
    expect(fixture.mergedInto(idB)).toBeNull();
  });

  it('a photo that came from another zone gets its tag back with the double as well', async () => {
    const { store, newId } = fixture;
    fixture.zone('share.x');
    const photo = fixture.photo();
    fixture.pair(photo, fixture.tag('Crete'));
    const moves = createMoves({ store, now: () => fixture.clock, newId, pause: () => Promise.resolve() });
    await moves.photos([photo], 'share.x');
    fixture.tag('Crete', { id: idA, zone: 'share.x', author: 'sync' });
    tags.run('private');
    expect(fixture.rows('SELECT tag_id FROM photo_tag')).toEqual([{ tag_id: idA }]);
    fixture.goneElsewhere(idA);
    expect(tags.run('private').revived).toBe(1);
    expect(fixture.tagsOf(photo)).toEqual(['Crete']);
  });

  it('a photo that came from another zone onto a tag somebody had deleted loses it, double or not', async () => {
    const { store, newId } = fixture;
    fixture.zone('share.x');
    const photo = fixture.photo();
    fixture.pair(photo, fixture.tag('Crete'));
    fixture.tag('Crete', { id: idA, zone: 'share.x', author: 'sync' });
    fixture.tag('Crete', { id: idB, zone: 'share.x', author: 'sync' });
    tags.run('private');
    const moves = createMoves({ store, now: () => fixture.clock, newId, pause: () => Promise.resolve() });
    await moves.photos([photo], 'share.x');
    expect(fixture.rows('SELECT tag_id FROM photo_tag')).toEqual([{ tag_id: idA }]);
    fixture.goneElsewhere(idA);
    expect(tags.run('private').revived).toBe(1);
    expect(fixture.tagsOf(photo)).toEqual([]);
  });

  it.each([
    ['when that was deleted as well, by somebody who did not know of it', ['crete']],
    ['unless it was taken off that', []],
  ])(
    'a double that was on the photo twice over comes back to it, with another that had come back %s',
    (_what, left) => {
      const photo = fixture.photo();
      for (const id of [idA, idB]) fixture.tag('Crete', { id, author: 'sync' });
      const pair = fixture.pair(photo, idB);
      tags.run('private');
      fixture.tag('crete', { id: idC });
      fixture.pair(photo, idC);
      tags.run('private');
      expect(fixture.rows('SELECT id, tag_id FROM photo_tag')).toEqual([{ id: pair, tag_id: idA }]);
      // A was deleted by somebody who knew of B and not of the photo; another brought B back with it.
      fixture.goneElsewhere(idA, (connection) => {
        connection.statement<[string]>('UPDATE tag SET merged_into = NULL WHERE id = ?').run(idB);
        connection.statement<[string, string]>('UPDATE photo_tag SET tag_id = ? WHERE id = ?').run(idB, pair);
      });
      if (left.length > 0) fixture.goneElsewhere(idB);
      else {
        fixture.store.transaction('sync', (connection) => {
          connection.statement<[string]>('DELETE FROM photo_tag WHERE id = ?').run(pair);
        });
      }
      tags.run('private');
      expect(fixture.tagsOf(photo)).toEqual(left);
    },
  );

  it('a tag taken off a photo after it had come back with a double stays off', () => {
    const photo = loseWinner();
    tags.run('private');
    expect(fixture.tagsOf(photo)).toEqual(['Crete']);
    fixture.store.transaction('app', (connection) => {
      connection.statement<[]>('DELETE FROM photo_tag').run();
    });
    // Read once more from the beginning: merged, and brought back.
    for (const winner of [idA, null]) {
      fixture.store.transaction('sync', (connection) => {
        connection.statement<[string | null, string]>('UPDATE tag SET merged_into = ? WHERE id = ?').run(winner, idB);
      });
    }
    tags.run('private');
    expect(fixture.tagsOf(photo)).toEqual([]);
  });

  it.each(['the same process', 'another process'])(
    'a run that fails between bringing a double back and merging it with another is made good by %s',
    (next) => {
      fixture.tag('Crete', { id: idA, author: 'sync' });
      fixture.tag('Crete', { id: idC });
      const { transaction } = fixture.store;
      let left = Number.POSITIVE_INFINITY;
      const breaking = createTagDeduplication({
        store: {
          ...fixture.store,
          transaction: (author, fn, info) => {
            left -= 1;
            if (left < 0) throw new Error('the disk is full');
            return transaction(author, fn, info);
          },
        },
        now: () => fixture.clock,
      });
      breaking.run('private');
      fixture.tag('Crete', { id: idB, author: 'sync' });
      breaking.run('private');
      expect([fixture.mergedInto(idB), fixture.mergedInto(idC)]).toEqual([idA, idA]);
      fixture.store.transaction('sync', (connection) => {
        connection.statement<[string]>('DELETE FROM tag WHERE id = ?').run(idA);
      });
      // What history tells, and each of the two that come back.
      left = 3;
      expect(() => breaking.run('private')).toThrow('full');
      left = Number.POSITIVE_INFINITY;
      (next === 'the same process' ? breaking : tags).run('private');
      expect([fixture.mergedInto(idB), fixture.mergedInto(idC)]).toEqual([null, idB]);
    },
  );

  it('a tag merged by somebody who did not know that this person had deleted the other comes back, with its photos', () => {
    const photo = fixture.photo();
    fixture.tag('Crete', { id: idA });
    fixture.tag('Chania', { id: idB, author: 'sync' });
    fixture.pair(photo, idB);
    fixture.store.transaction('app', (connection) => {
      connection.statement<[string]>('DELETE FROM tag WHERE id = ?').run(idA);
    });
    fixture.store.transaction('sync', (connection) => {
      connection.statement<[string, string]>('UPDATE tag SET merged_into = ? WHERE id = ?').run(idA, idB);
    });
    expect(tags.run('private')).toMatchObject({ revived: 1, removed: 0 });
    expect(fixture.mergedInto(idB)).toBeNull();
    expect(fixture.tagsOf(photo)).toEqual(['Chania']);
  });

  it('a double another device brought back gets the pairs back that went with the winner here', () => {
    const photo = loseWinner((connection) => {
      connection.statement<[string]>('UPDATE tag SET merged_into = NULL WHERE id = ?').run(idB);
    });
    expect(fixture.tagsOf(photo)).toEqual([]);
    tags.run('private');
    expect(fixture.tagsOf(photo)).toEqual(['Crete']);
  });

  it('a double whose own deletion has been read as well is not brought back', () => {
    fixture.tag('Crete', { id: idA, author: 'sync' });
    fixture.tag('Crete', { id: idB });
    tags.run('private');
    fixture.store.transaction('sync', (connection) => {
      connection.statement<[string]>('DELETE FROM tag WHERE id = ?').run(idA);
      connection
        .statement<[string]>(
          `INSERT INTO sync_tombstone (entity, row_id, zone_id, round) VALUES ('Tag', ?, 'library', 1)`,
        )
        .run(idB);
    });
    expect(tags.run('private').revived).toBe(0);
    expect(fixture.mergedInto(idB)).toBe(idA);
  });

  it('a merged tag is removed only when an import and an export are both later by the grace time', () => {
    fixture.tag('Crete', { id: idA });
    fixture.tag('Crete', { id: idB, author: 'sync' });
    tags.run('private');
    fixture.clock += 31 * day;
    fixture.synced('import');
    expect(tags.run('private').removed).toBe(0);
    fixture.synced('export');
    expect(tags.run('private').removed).toBe(1);
    expect(fixture.rows('SELECT id FROM tag')).toEqual([{ id: idA }]);
  });

  it('29 days are not enough', () => {
    fixture.tag('Crete', { id: idA });
    fixture.tag('Crete', { id: idB, author: 'sync' });
    tags.run('private');
    fixture.clock += 29 * day;
    fixture.synced('import');
    fixture.synced('export');
    expect(tags.run('private').removed).toBe(0);
  });

  it('every tag has an id: the sample made tags without one, so no winner was defined', () => {
    const insert = () =>
      fixture.store.transaction('app', (connection) => {
        connection
          .statement<[]>(
            `INSERT INTO tag (id, zone_id, name, name_key, created_at, modified_at) VALUES (NULL, 'library', 'x', 'X', 0, 0)`,
          )
          .run();
      });
    expect(insert).toThrow(/NOT NULL/);
  });
});
