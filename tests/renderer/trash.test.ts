import { describe, expect, it } from 'vitest';
import type { Core } from '../../renderer/data/core.ts';
import { trash } from '../../renderer/data/actions.ts';
import { createTranslate } from '../../renderer/data/messages.ts';
import { createToasts } from '../../renderer/data/toasts.ts';
import type { PhotoID } from '../../shared/ids.ts';

/** Photos by id, each with the zone it lies in; the library's own is `library`. */
type Zones = Readonly<Record<string, string>>;

/** Moves them to the trash in a window that knows their tiles; answers what it says and asks of the core. */
async function trashed(zones: Zones, refused: readonly string[] = []) {
  const asked: string[] = [];
  const undone: unknown[] = [];
  const gone = new Set<string>();
  const toasts = createToasts();
  const core = {
    t: createTranslate(['en']),
    toasts,
    navigation: { getState: () => ({ photo: null }) },
    tiles: { get: (id: string) => ({ shared: zones[id] === 'library' ? 'none' : 'byMe' }) },
    client: {
      photos: {
        trash: ({ ids }: { ids: readonly string[] }) => {
          for (const id of ids) if (!refused.includes(id)) gone.add(id);
          return Promise.resolve({ changed: gone.size, refused: ids.length - gone.size });
        },
        allIDs: () => {
          asked.push('allIDs');
          return Promise.resolve([...gone].filter((id) => zones[id] !== 'library'));
        },
        get: ({ id }: { id: string }) => {
          asked.push(`get ${id}`);
          return Promise.resolve({ zoneID: zones[id] });
        },
      },
      sharing: { list: () => Promise.resolve([{ id: 'crete', title: 'Crete' }]) },
      undo: {
        // A later step would be the newest by the time others have been asked about.
        list: () => Promise.resolve([{ id: asked.length === 0 ? 'this step' : 'a later one' }]),
        undo: (which: unknown) => {
          undone.push(which);
          return Promise.resolve({ step: { label: 'Moved photos to the trash' }, skipped: 0 });
        },
      },
    },
  } as unknown as Core;
  await trash(core, Object.keys(zones) as PhotoID[]);
  const said = toasts.getState().toasts;
  return { said: said.map((toast) => toast.text), undo: said[0]?.action?.run, undone, asked };
}

describe('what is said of photos that go to the trash', () => {
  it('photos of the library’s own need no word about others, and no question to the core', async () => {
    expect(await trashed({ a: 'library', b: 'library' })).toMatchObject({
      said: ['Moved 2 photos to the trash'],
      asked: [],
    });
  });

  it('a photo in a share is named with its share: it is in the trash for everyone there', async () => {
    expect((await trashed({ a: 'crete' })).said).toEqual([
      'Moved 1 photo to the trash. In “Crete” it goes to the trash for everyone.',
    ]);
    expect((await trashed({ a: 'crete', b: 'library', c: 'crete' })).said).toEqual([
      'Moved 3 photos to the trash. In “Crete” 2 of them go to the trash for everyone.',
    ]);
  });

  it('its way back is that of this step, whatever was done before it is pressed', async () => {
    const { undo, undone } = await trashed({ a: 'crete' });
    undo?.();
    await expect.poll(() => undone).toEqual([{ step: 'this step' }]);
  });

  it('photos of several shares are counted, and of very many none is looked up', async () => {
    expect((await trashed({ a: 'crete', b: 'wedding' })).said).toEqual([
      'Moved 2 photos to the trash. They are in shares, where they go to the trash for everyone.',
    ]);
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`p${index}`, 'crete']));
    const { said, asked } = await trashed({ ...many, mine: 'library' });
    expect(said).toEqual([
      'Moved 52 photos to the trash. 51 of them are in shares, where they go to the trash for everyone.',
    ]);
    expect(asked).toEqual(['allIDs']);
  });

  it('what may not be changed is no loss for others', async () => {
    const left = '1 photo was left alone: you may not change it';
    expect((await trashed({ a: 'crete', b: 'library' }, ['a'])).said).toEqual(['Moved 1 photo to the trash', left]);
    expect((await trashed({ a: 'crete', b: 'wedding' }, ['b'])).said).toEqual([
      'Moved 1 photo to the trash. In “Crete” it goes to the trash for everyone.',
      left,
    ]);
  });
});
