import { createORPCClient } from '@orpc/client';
import { createTanstackQueryUtils } from '@orpc/tanstack-query';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Core, Dialog } from '../../renderer/data/core.ts';
import { createTranslate } from '../../renderer/data/messages.ts';
import { createToasts } from '../../renderer/data/toasts.ts';
import { CoreContext } from '../../renderer/data/useCore.ts';
import { newAlbum } from '../../renderer/features/albums/albumSteps.ts';
import { SeveralPhotos } from '../../renderer/features/inspector/SeveralPhotos.tsx';
import { changeTags } from '../../renderer/features/inspector/tagStates.ts';
import { libraryFeature } from '../../renderer/features/library/libraryFeature.ts';
import { setPlace } from '../../renderer/features/organise/setPlace.ts';
import { addToShare, createShare } from '../../renderer/features/sharing/sharingSteps.ts';
import type { PhotoID, TagID } from '../../shared/ids.ts';
import type { Share } from '../../shared/model/share.ts';

/* A step takes 100,000 photos, and a library holds more: the core refuses a longer list with words about its field. */

const most = 100_000;
const many = Array.from({ length: most + 1 }, (_, index) => String(index)) as PhotoID[];
const told = 'Only 100,000 of 100,001 photos can be changed at once; the others were left as they are';

/** What steps get back: enough of every answer for what is said of it. */
const answer = {
  id: 'made',
  shareID: 'made',
  title: 'Crete',
  changed: most,
  refused: 0,
  filesLeft: null,
  moved: most,
  copied: 0,
  already: 0,
  link: null,
};

/** A window whose core takes every step; keeps how many photos each was about. */
function windowWith() {
  const asked: Record<string, number> = {};
  const toasts = createToasts();
  const client = createORPCClient<Core['client']>({
    call: (path, input) => {
      const { ids, photoIDs, what } = input as Record<'ids' | 'photoIDs', unknown[] | undefined> & {
        readonly what?: { readonly photoIDs: unknown[] };
      };
      const about = ids ?? photoIDs ?? what?.photoIDs;
      if (about !== undefined) asked[path.join('.')] = about.length;
      const call = path.join('.');
      if (call === 'photos.allIDs' || call === 'undo.list') return Promise.resolve([]);
      return Promise.resolve(path[0] === 'sharing' ? { ...answer, refused: [] } : answer);
    },
  });
  let dialog: Dialog = { kind: 'none' };
  const core = {
    t: createTranslate(['en']),
    toasts,
    client,
    queries: createTanstackQueryUtils(client),
    queryClient: new QueryClient(),
    info: { capabilities: { systemTrash: false } },
    navigation: { getState: () => ({ photo: null }) },
    tiles: { get: () => undefined },
    window: {
      setState: (state: { readonly dialog: Dialog }) => {
        ({ dialog } = state);
      },
    },
  } as unknown as Core;
  return {
    core,
    asked,
    /** Says yes to the dialog that is open. */
    confirm: async () => {
      if (dialog.kind === 'confirm') await dialog.done(false);
      else if (dialog.kind === 'name') await dialog.done('Crete');
      else throw new Error('No dialog is open');
    },
    said: () => toasts.getState().toasts.map(({ text }) => text),
  };
}
type Opened = ReturnType<typeof windowWith>;

describe('of more photos than one step takes the first ones are taken, and it is said', () => {
  it.each<[string, string, (opened: Opened) => Promise<void>]>([
    ['Set Place', 'photos.setPlace', ({ core }) => setPlace(core, many, { latitude: 35, longitude: 25 })],
    ['a tag', 'tags.apply', ({ core }) => changeTags(core, many, { add: ['Coast'] })],
    [
      'Delete from the trash',
      'photos.deleteForever',
      async ({ core, confirm }) => {
        await libraryFeature.commands?.['photo.deleteForever']?.run(core, { photoIDs: many, album: null });
        await confirm();
      },
    ],
    [
      'New Album',
      'albums.create',
      async ({ core, confirm }) => {
        newAlbum(core, 'manual', many);
        await confirm();
      },
    ],
    [
      'New Share',
      'sharing.create',
      ({ core }) => createShare(core, { title: 'Crete', photoIDs: many, albumID: null, people: [] }),
    ],
    ['Add to Share', 'sharing.addTo', ({ core }) => addToShare(core, { id: 'share', title: 'Crete' } as Share, many)],
  ])('by %s', async (_what, call, step) => {
    const opened = windowWith();
    await step(opened);
    expect(opened.asked[call]).toBe(most);
    const [first, ...others] = opened.said();
    expect(first).toBe(told);
    // What was done is counted as it was done.
    expect(others.join()).not.toContain('100,001');
  });
});

// There is no window here to press in: what the inspector hands its parts is all there is to see.
const handed = vi.hoisted(() => ({ tags: [] as unknown[], photos: [] as number[] }));
vi.mock('../../renderer/features/inspector/TagField.tsx', () => ({
  TagField: (props: { readonly photoIDs: readonly unknown[]; readonly tags: unknown[] }) => {
    handed.photos.push(props.photoIDs.length);
    handed.tags = props.tags;
    return null;
  },
}));
vi.mock('../../renderer/features/inspector/RatingStars.tsx', () => ({
  RatingStars: (props: { readonly ids: readonly unknown[] }) => {
    handed.photos.push(props.ids.length);
    return null;
  },
}));
afterEach(() => {
  handed.tags = [];
  handed.photos = [];
});

it('the inspector of more photos than one step takes shows the tags of the first ones, and acts on all', () => {
  const { core } = windowWith();
  core.queryClient.setQueryData(core.queries.tags.stateOf.queryKey({ input: { photoIDs: many.slice(0, most) } }), [
    { id: 'coast' as TagID, name: 'Coast', color: null, count: most },
    { id: 'shore' as TagID, name: 'Shore', color: null, count: 1 },
  ]);
  renderToStaticMarkup(
    createElement(
      QueryClientProvider,
      { client: core.queryClient },
      createElement(CoreContext, { value: core }, createElement(SeveralPhotos, { ids: new Set(many) })),
    ),
  );
  expect(handed.photos).toEqual([many.length, many.length]);
  expect(handed.tags).toMatchObject([
    { name: 'Coast', partial: false },
    { name: 'Shore', partial: true },
  ]);
});
