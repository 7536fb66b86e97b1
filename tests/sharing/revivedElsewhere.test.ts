import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TagDeduplication } from '../../electron/core/sharing/deduplication.ts';
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
  fixture.tag('Crete', { id: idB });
  fixture.pair(photo, idB);
  tags.run('private');
  fixture.goneElsewhere(idA);
  fixture.store.transaction('sync', (connection) => {
    connection.statement<[string, string]>('UPDATE photo SET zone_id = ? WHERE id = ?').run(share, photo);
  });
  expect(pairs()).toEqual([]);
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

  it('is the same in the share on two computers that bring it back by themselves', () => {
    fixture.dispose();
    const made = [openTagFixture(), openTagFixture()].map((computer) => {
      ({ fixture, tags } = computer);
      fixture.zone(share);
      loseTagAndMove();
      tags.run('private');
      const [tag] = fixture.rows('SELECT id FROM tag WHERE zone_id = ?', share);
      computer.fixture.dispose();
      return tag;
    });
    ({ fixture, tags } = openTagFixture());
    expect(made[0]).toBeDefined();
    expect(made[0]).toEqual(made[1]);
  });
});
