import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMoves } from '../../electron/core/sharing/moves.ts';
import { findInconsistencies } from '../../electron/core/store/integrity.ts';
import { libraryZone, type PhotoID } from '../../shared/ids.ts';
import { openOrganiser, type Organiser } from '../helpers/organiser.ts';

/* Sharing is no step: what was removed before it is taken back after it, in the place where things lie now. */

let library: Organiser;
let photo: PhotoID;
const share = 'share.1';

beforeEach(() => {
  library = openOrganiser();
  library.share(share);
  photo = library.photos({})[0] ?? ('' as PhotoID);
});
afterEach(async () => {
  expect(findInconsistencies(library.store.connection)).toEqual([]);
  await library.dispose();
});

const moves = () =>
  createMoves({
    store: library.store,
    now: () => library.clock,
    newId: library.newId,
    pause: () => Promise.resolve(),
  });
const pairs = () =>
  library.rows(
    `SELECT t.name, t.zone_id AS tag, pt.zone_id AS pair FROM photo_tag AS pt JOIN tag AS t ON t.id = pt.tag_id`,
  );

describe('undo after a photo was shared', () => {
  test('a removed tag comes back as the tag of that name in the share, and can be removed again', async () => {
    await library.core.tags.apply([photo], ['Crete'], []);
    await library.core.tags.apply([photo], [], ['Crete']);
    await moves().photos([photo], share);
    expect(await library.core.undo.undo()).toMatchObject({ skipped: 0 });
    expect(pairs()).toEqual([{ name: 'Crete', tag: share, pair: share }]);
    expect(await library.core.undo.redo()).toMatchObject({ skipped: 0 });
    expect(pairs()).toEqual([]);
    await library.core.undo.undo();
    expect(pairs()).toEqual([{ name: 'Crete', tag: share, pair: share }]);
  });

  test('a tag that the photo has got in the share meanwhile is not given twice', async () => {
    await library.core.tags.apply([photo], ['Crete'], []);
    await library.core.tags.apply([photo], [], ['Crete']);
    const [removal] = library.core.undo.list(1);
    await moves().photos([photo], share);
    await library.core.tags.apply([photo], ['crete'], []);
    expect(await library.core.undo.undo(removal?.id)).toMatchObject({ skipped: 1 });
    expect(pairs()).toHaveLength(1);
  });

  test.each([
    ['comment', libraryZone, share],
    ['comment', share, libraryZone],
    ['rating', libraryZone, share],
    ['rating', share, libraryZone],
  ] as const)('a removed %s of a photo that went from %s to %s lies with the photo again', async (table, from, to) => {
    await moves().photos([photo], from);
    if (table === 'rating') {
      await library.core.personal.setRating([photo], 4);
      await library.core.personal.setRating([photo], 0);
    } else {
      const { id } = await library.core.comments.add(photo, 'lovely', 'text');
      await library.core.comments.remove(id);
    }
    await moves().photos([photo], to);
    expect(await library.core.undo.undo()).toMatchObject({ skipped: 0 });
    expect(library.rows(`SELECT zone_id FROM ${table}`)).toEqual([{ zone_id: to }]);
  });

  test.each([
    ['comes back into the shared album when it is in the share', true],
    ['stays out of the shared album when it is not in the share', false],
  ])('a photo that was removed from the album %s', async (_what, isShared) => {
    const [other] = library.photos({});
    const album = await library.core.albums.create({
      kind: 'manual',
      title: 'Crete',
      parentID: null,
      photoIDs: [photo, other ?? ''],
    });
    await library.core.albumItems.remove(album.id, [photo]);
    await moves().photos(isShared ? [photo, other ?? ''] : [other ?? ''], share);
    moves().album(album.id, share);
    expect(await library.core.undo.undo()).toMatchObject({ skipped: isShared ? 0 : 1 });
    expect(library.rows('SELECT zone_id FROM album_item WHERE photo_id = ?', photo)).toEqual(
      isShared ? [{ zone_id: share }] : [],
    );
  });
});
