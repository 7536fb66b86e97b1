import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TagDeduplication } from '../../electron/core/sharing/deduplication.ts';
import { tagNameKey } from '../../shared/tagName.ts';
import type { SharingStore } from '../helpers/sharingStore.ts';
import { idA, idB, openTagFixture } from '../helpers/tagFixture.ts';

let fixture: SharingStore;
let tags: TagDeduplication;

beforeEach(() => {
  ({ fixture, tags } = openTagFixture());
});
afterEach(() => fixture.dispose());

const share = 'share.trip';
const pairs = () =>
  fixture.rows(
    `SELECT p.zone_id AS zone, t.name, t.zone_id AS ofZone FROM photo_tag AS p JOIN tag AS t ON t.id = p.tag_id ORDER BY 1, 2`,
  );

/** A photo with a double here; the tag it became one with is deleted elsewhere, and then another computer moves the photo. */
function loseTagAndMove(): string {
  const photo = fixture.photo();
  fixture.tag('Crete', { id: idA, author: 'sync' });
  if (fixture.rows('SELECT 1 FROM tag WHERE id = ?', idB).length === 0) fixture.tag('Crete', { id: idB });
  fixture.pair(photo, idB);
  tags.run('private');
  fixture.goneElsewhere(idA);
  fixture.store.transaction('sync', (connection) => {
    connection.statement<[string, string]>('UPDATE photo SET zone_id = ? WHERE id = ?').run(share, photo);
  });
  expect(fixture.tagsOf(photo)).toEqual([]);
  return photo;
}

describe('a tag that comes back to a photo which another computer has moved meanwhile', () => {
  it('is made in the share the photo lies in now', () => {
    fixture.zone(share);
    loseTagAndMove();
    tags.run('private');
    expect(pairs()).toEqual([{ zone: share, name: 'Crete', ofZone: share }]);
  });

  it('is the one of its name that the share has', () => {
    fixture.zone(share);
    fixture.tag('crete', { zone: share });
    loseTagAndMove();
    tags.run('private');
    expect(pairs()).toEqual([{ zone: share, name: 'crete', ofZone: share }]);
  });

  it('is not put into a share where I may only look', () => {
    fixture.zone(share, { mine: false, rights: 0 });
    loseTagAndMove();
    tags.run('private');
    expect(pairs()).toEqual([]);
    expect(fixture.rows('SELECT name FROM tag WHERE zone_id = ?', share)).toEqual([]);
  });

  it('is put on it once where it has got it there already', () => {
    fixture.zone(share);
    const tag = fixture.tag('Crete', { zone: share });
    fixture.pair(loseTagAndMove(), tag, { zone: share });
    tags.run('private');
    expect(pairs()).toEqual([{ zone: share, name: 'Crete', ofZone: share }]);
  });

  it('is the one it got there the first time, whatever name that bears by now', () => {
    fixture.zone(share);
    const first = loseTagAndMove();
    tags.run('private');
    fixture.store.transaction('app', (connection) => {
      connection
        .statement<[string, string, string]>('UPDATE tag SET name = ?, name_key = ? WHERE zone_id = ?')
        .run('Kreta', tagNameKey('Kreta'), share);
    });
    const second = loseTagAndMove();
    tags.run('private');
    expect([first, second].map((photo) => fixture.tagsOf(photo))).toEqual([['Kreta'], ['Kreta']]);
  });

  it('is the same in the share on two computers that bring it back by themselves', () => {
    const tagMade = (): unknown => {
      fixture.zone(share);
      loseTagAndMove();
      tags.run('private');
      return fixture.rows('SELECT id FROM tag WHERE zone_id = ?', share)[0];
    };
    const mine = tagMade();
    fixture.dispose();
    ({ fixture, tags } = openTagFixture());
    // Its ids are others than the first computer's.
    fixture.photo();
    expect(mine).toBeDefined();
    expect(tagMade()).toEqual(mine);
  });
});
