import { describe, expect, it } from 'vitest';
import { createPosters, lacksPoster, mayLackPicture, posterTime } from '../../renderer/data/posters.ts';
import type { PhotoDetail, PhotoTile } from '../../shared/model/photo.ts';

const video = (id: string, change: Partial<PhotoTile> = {}): PhotoTile =>
  ({ id, mediaType: 'video', state: 'ready', thumbhash: null, missing: false, ...change }) as PhotoTile;

/** Everything the window would do, written down; videos called `bad…` cannot be opened, `far…` lie on the server. */
function setUp(seconds: number | null = 30) {
  const log: string[] = [];
  let open = 0;
  const posters = createPosters({
    detail: (id) =>
      Promise.resolve({
        resources: [{ kind: 'original', localState: id.startsWith('far') ? 'remote' : 'here' }],
      } as PhotoDetail),
    open: async (tile) => {
      if (tile.id.startsWith('bad')) throw new Error('no decoder');
      open += 1;
      log.push(`open ${tile.id} (${open})`);
      return {
        seconds,
        grab: (at) => Promise.resolve(new Blob([String(at)])),
        dispose: () => {
          open -= 1;
        },
      };
    },
    save: async (id, picture) => void log.push(`save ${id} at ${await picture.text()}`),
    wantedFrame: (id) => {
      log.push(`asks about ${id}`);
      return Promise.resolve(id.startsWith('known') ? null : { picture: `frame of ${id}`, seconds: 7 });
    },
    saveFrame: async (id, picture, frame) =>
      void log.push(`save ${frame.picture} for ${id} at ${await picture.text()}`),
  });
  return { posters, log };
}

describe('posters that a window makes', () => {
  it('are made for videos without a picture whose file can be reached, and for nothing else', () => {
    expect(lacksPoster(video('a'))).toBe(true);
    expect(lacksPoster(video('a', { thumbhash: 'x' }))).toBe(false);
    expect(lacksPoster(video('a', { mediaType: 'image' }))).toBe(false);
    expect(lacksPoster(video('a', { state: 'header' }))).toBe(false);
    expect(lacksPoster(video('a', { missing: true }))).toBe(false);
  });

  it('are taken a second in, of a short video earlier, of one that names no length at its start', () => {
    expect(posterTime(30)).toBe(1);
    expect(posterTime(4)).toBe(0.4);
    expect(posterTime(null)).toBe(0);
  });

  it('come one after the other, each asked for once, and one that fails stops none', async () => {
    const { posters, log } = setUp();
    for (const id of ['a', 'bad', 'far', 'b', 'a']) posters.want(video(id));
    await posters.finished();
    expect(log).toEqual(['open a (1)', 'save a at 1', 'open b (1)', 'save b at 1']);
    posters.want(video('bad'));
    posters.want(video('c'));
    await posters.finished();
    expect(log.slice(4)).toEqual(['open c (1)', 'save c at 1']);
  });

  it('are made of a chosen frame whose picture is neither here nor on its way, once for each edit', async () => {
    const { posters, log } = setUp();
    const edited = (id: string, version: string): PhotoTile => video(id, { thumbhash: 'x', edited: true, version });
    expect(mayLackPicture(edited('a', '1'))).toBe(true);
    expect(mayLackPicture(video('a', { thumbhash: 'x', edited: false }))).toBe(false);
    for (const tile of [edited('a', '1'), edited('a', '1'), edited('known', '1')]) posters.want(tile);
    await posters.finished();
    expect(log).toEqual(['asks about a', 'open a (1)', 'save frame of a for a at 7', 'asks about known']);
    posters.want(edited('a', '2'));
    await posters.finished();
    expect(log.slice(4)).toEqual(['asks about a', 'open a (1)', 'save frame of a for a at 7']);
    posters.want(video('b', { edited: true, version: '1' }));
    await posters.finished();
    expect(log.slice(7)).toEqual(['asks about b', 'open b (1)', 'save b at 1', 'save frame of b for b at 7']);
  });

  it('are not begun any more once the window is gone', async () => {
    const { posters, log } = setUp();
    for (const id of ['a', 'b', 'c']) posters.want(video(id));
    posters.dispose();
    await posters.finished();
    expect(log.filter((line) => line.startsWith('open'))).toHaveLength(1);
  });
});
