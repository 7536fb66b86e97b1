import { createHash } from 'node:crypto';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { adoptPosterChoices } from '../../electron/core/edits/posterChoices.ts';
import { framePath, picturePath, readPicture } from '../../electron/core/media/thumbnailCache.ts';
import { readTiles } from '../../electron/core/store/queries/photoRows.ts';
import { createThumbnailOffers } from '../../electron/core/workers/thumbnailOffers.ts';
import { readStack, readStackInput, stackToJson, stepOf, withStep } from '../../shared/edits/stack.ts';
import { applyAssignments, pasteStack, syncKinds } from '../../shared/edits/stackOps.ts';
import { stackFrom } from './chart.ts';
import { openEditLibrary } from './library.ts';
import type { EditLibrary } from './library.ts';

let library: EditLibrary;
let clock = 1_700_000_000_000;
let video = '';
let sha256 = '';
beforeEach(() => {
  library = openEditLibrary(() => clock++);
  // What is in it is never looked at: no video is decoded by the core.
  const path = join(library.directory, 'clip.mp4');
  writeFileSync(path, 'a video');
  sha256 = createHash('sha256').update('a video').digest('hex');
  video = library.add(path, { mediaType: 'video', width: 640, height: 360 });
});
afterEach(() => library.dispose());

const cache = (): string => join(library.directory, 'cache');

/** What a window hands in: a picture of one colour. */
const still = (background: string): Promise<Buffer> =>
  sharp({ create: { width: 640, height: 360, channels: 3, background } })
    .png()
    .toBuffer();

async function colourOf(bytes: Uint8Array | undefined): Promise<string> {
  const { data } = await sharp(bytes ?? Buffer.alloc(0))
    .resize(1, 1)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const [red = 0, green = 0, blue = 0] = data;
  return red > 150 ? 'red' : green > 150 ? 'green' : blue > 150 ? 'blue' : 'none';
}

/** The video's own picture, as the window makes it when a list first shows it. */
async function ownPicture(background: string): Promise<void> {
  const made = await library.media.run(
    'poster',
    { bytes: await still(background), key: sha256, cacheDirectory: cache(), nonce: 'n' },
    { priority: 'now' },
  );
  if (made.kind !== 'made') throw new Error('no picture was made');
  library.store.transaction('ingest', ({ raw }) =>
    raw.prepare('UPDATE photo SET thumbhash = ? WHERE id = ?').run(made.thumbhash, video),
  );
}

const shown = async (): Promise<string> =>
  colourOf(
    ((await library.pictures.open(video, 'thumb')) ?? readPicture(picturePath(cache(), sha256, 'thumb')))?.bytes,
  );
const frames = (): { sha256: string; local_state: string }[] =>
  library.store.connection.raw
    .prepare(`SELECT sha256, local_state FROM resource WHERE kind = 'editedThumbnail' ORDER BY id`)
    .all() as { sha256: string; local_state: string }[];
const version = (): string => readTiles(library.store.connection, [video])[0]?.version ?? '';

async function choose(background: string, seconds: number | null = 3, more = ''): Promise<string> {
  const picture = await library.frames.keep(video, await still(background), null);
  await library.edits.save(video, stackToJson(withStep(stackFrom(more), { kind: 'poster', picture, seconds })), null);
  return picture;
}

describe('a frame chosen as the poster of a video', () => {
  test('is a version with author and time; the picture is made of it, cropped as the stack says', async () => {
    await ownPicture('#f00');
    const picture = await choose('#00f', 2.5, 'crop=0/0/0.5/1');
    const edits = await library.edits.get(video);
    expect(edits.versions).toMatchObject([{ author: null, createdAt: expect.any(Number), id: edits.current }]);
    expect(stepOf(readStack(edits.stack), 'poster')).toEqual({ kind: 'poster', picture, seconds: 2.5 });
    expect(await shown()).toBe('blue');
    const made = await library.pictures.open(video, 'preview');
    const { width, height } = await sharp(made?.bytes ?? Buffer.alloc(0)).metadata();
    expect([width, height]).toEqual([320, 360]);
    expect(await colourOf(library.pictures.openFrame(video)?.bytes)).toBe('blue');
    expect(frames()).toEqual([{ sha256: picture, local_state: 'here' }]);
    // Named by what is kept, which is not what was sent.
    expect(
      createHash('sha256')
        .update(library.frames.read(picture) ?? '')
        .digest('hex'),
    ).toBe(picture);
    expect((await sharp(library.frames.read(picture) ?? Buffer.alloc(0)).metadata()).format).toBe('jpeg');
    // Nothing is left of the drawing.
    const kept = readdirSync(join(cache(), 'thumbs'), { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    );
    expect(kept).toHaveLength(5);
  });

  test('is undone, done again, reverted, and chosen again from the versions', async () => {
    await ownPicture('#f00');
    await choose('#00f');
    await choose('#0f0');
    expect(await shown()).toBe('green');
    expect(frames()).toHaveLength(2);
    await library.undo.undo();
    expect(await shown()).toBe('blue');
    expect(frames()).toHaveLength(1);
    await library.undo.undo();
    expect(await shown()).toBe('red');
    expect(frames()).toEqual([]);
    await library.undo.redo();
    await library.undo.redo();
    expect(await shown()).toBe('green');
    expect(frames().map((one) => one.local_state)).toEqual(['here', 'here']);
    await library.edits.revert([video]);
    expect(await shown()).toBe('red');
    const { versions } = await library.edits.get(video);
    await library.edits.choose(video, versions.at(-1)?.id ?? '');
    expect(await shown()).toBe('blue');
  });

  test('whose picture has not come yet is stood in for by the video’s own, and shown when it is here', async () => {
    await ownPicture('#f00');
    const picture = await choose('#00f', 3, 'rotate=90');
    rmSync(framePath(cache(), picture));
    library.store.transaction('sync', ({ raw }) =>
      raw.prepare(`UPDATE resource SET local_state = 'remote' WHERE kind = 'editedThumbnail'`).run(),
    );
    expect(await shown()).toBe('red');
    // It is on its way: no window need make it.
    expect(library.frames.wanted(video)).toBeNull();
    const before = version();
    // As the transfer places it.
    await library.frames.keep(video, await still('#00f'), picture);
    library.store.transaction('sync', ({ raw }) =>
      raw.prepare(`UPDATE resource SET local_state = 'here' WHERE kind = 'editedThumbnail'`).run(),
    );
    expect(version()).not.toBe(before);
    expect(await shown()).toBe('blue');
  });

  test('whose picture is lost with the cache is made again by a window, and tiles hear of it', async () => {
    await ownPicture('#f00');
    const picture = await choose('#00f', 3);
    expect(library.frames.wanted(video)).toBeNull();
    const had = version();
    rmSync(framePath(cache(), picture));
    expect(library.frames.wanted(video)).toEqual({ picture, seconds: 3 });
    expect(version()).not.toBe(had);
    expect(await library.frames.keep(video, await still('#00f'), picture)).toBe(picture);
    expect(library.frames.wanted(video)).toBeNull();
    expect(version()).toBe(had);
  });

  test('is refused without its picture, for a photo, and as text', async () => {
    const step = { kind: 'poster', picture: 'a'.repeat(64), seconds: 1 };
    await expect(library.edits.save(video, { version: 1, steps: [step] }, null)).rejects.toMatchObject({
      code: 'invalidInput',
      message: expect.stringContaining('no picture'),
    });
    const path = join(library.directory, 'photo.jpg');
    writeFileSync(
      path,
      await sharp(await still('#f00'))
        .jpeg()
        .toBuffer(),
    );
    const photo = library.add(path);
    await expect(library.edits.save(photo, { version: 1, steps: [step] }, null)).rejects.toMatchObject({
      code: 'notSupported',
    });
    await expect(library.frames.keep(photo, await still('#f00'), null)).rejects.toMatchObject({ code: 'invalidInput' });
    // One that another program put there is no reason to refuse what a person does next.
    const light = (value: number) => ({ kind: 'exposure', value });
    await library.edits.save(photo, { version: 1, steps: [light(1)] }, null);
    library.store.transaction('sync', ({ raw }) =>
      raw
        .prepare('UPDATE edit SET stack = ? WHERE photo_id = ?')
        .run(JSON.stringify({ version: 1, steps: [step] }), photo),
    );
    const both = await library.edits.save(photo, { version: 1, steps: [step, light(0.5)] }, null);
    expect(both.stack.steps).toContainEqual(light(0.5));
    await expect(library.frames.keep(video, Buffer.from('no picture'), null)).rejects.toMatchObject({
      code: 'fileUnreadable',
    });
    expect(() => applyAssignments(stackFrom(''), 'poster=3')).toThrow('chosen in the editor');
    expect(() => readStackInput({ version: 1, steps: [{ ...step, picture: '../x' }] })).toThrow('poster');
  });

  test('stays with its video: it is neither pasted nor synced, and what is pasted leaves it', () => {
    const poster = { kind: 'poster', picture: 'a'.repeat(64), seconds: 1 } as const;
    const [mine, other] = [withStep(stackFrom('rotate=90'), poster), stackFrom('rotate=180')];
    for (const withGeometry of [true, false]) {
      expect(stepOf(pasteStack(other, mine, { withGeometry }), 'poster')).toBeUndefined();
      expect(stepOf(pasteStack(mine, other, { withGeometry }), 'poster')).toEqual(poster);
    }
    expect(stepOf(syncKinds(other, mine, ['poster', 'rotate']), 'poster')).toBeUndefined();
    expect(stepOf(syncKinds(mine, other, ['poster', 'rotate']), 'poster')).toEqual(poster);
  });

  test('keeps the format’s version: an app that knows no frames keeps the step as one of a newer version', () => {
    const poster = { kind: 'poster', picture: 'a'.repeat(64), seconds: 1 };
    const json = stackToJson(readStackInput({ version: 1, steps: [poster] }));
    expect(json).toEqual({ version: 1, steps: [poster] });
    // As that app would read it: the kind means nothing to it. Here, a frame named in a way of a later version.
    const later = { kind: 'poster', clip: { from: 1, to: 2 } };
    const read = readStack({ version: 1, steps: [later, { kind: 'rotate', quarterTurns: 1 }] });
    expect(read).toMatchObject({ newer: [later], steps: [{ kind: 'rotate' }] });
    expect(stackToJson(read).steps).toContainEqual(later);
  });
});

describe('a poster chosen before the choice was an edit', () => {
  const adopt = (): number =>
    adoptPosterChoices({
      store: library.store,
      cacheDirectory: cache(),
      now: () => clock++,
      newId: () => `new-${clock++}`,
      mayEdit: () => ({ allowed: true }),
    });

  test('becomes a version of the video’s edits, once, with the crop it had', async () => {
    await ownPicture('#f00');
    createThumbnailOffers(library.store, () => clock++)();
    await library.edits.save(video, stackToJson(stackFrom('crop=0/0/0.5/1')), null);
    // As it was done then: the picture was replaced under the video's own name.
    await ownPicture('#00f');
    expect(adopt()).toBe(1);
    const { versions, stack } = await library.edits.get(video);
    expect(versions).toHaveLength(2);
    expect(stack.steps).toMatchObject([{ kind: 'poster', seconds: null }, { kind: 'crop' }]);
    expect(frames()).toMatchObject([{ local_state: 'here' }]);
    expect(await shown()).toBe('blue');
    expect(adopt()).toBe(0);
    expect((await library.edits.get(video)).versions).toHaveLength(2);
  });

  test('is not seen where the picture is the one that was given to the server', async () => {
    await ownPicture('#f00');
    createThumbnailOffers(library.store, () => clock++)();
    expect(adopt()).toBe(0);
    expect(await shown()).toBe('red');
    expect((await library.edits.get(video)).versions).toEqual([]);
  });
});
