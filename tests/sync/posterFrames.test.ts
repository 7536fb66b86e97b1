import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PhotoID } from '../../shared/ids.ts';
import { openTestLibrary, type TestLibrary } from '../helpers/testLibrary.ts';
import { startTestServer, type TestServer } from '../helpers/testServer.ts';
import { until } from '../helpers/until.ts';
import { writeVideo } from '../helpers/writeVideo.ts';

/* Neither of these computers has a window: what one shows of a video is what a window handed to the other. */

/** What a window hands in: a picture of one colour, in base64. */
const still = async (background: string): Promise<string> =>
  (
    await sharp({ create: { width: 320, height: 180, channels: 3, background } })
      .jpeg()
      .toBuffer()
  ).toString('base64');

/** The colour a library's list shows for a photo, and the shape it has there. */
async function shown(library: TestLibrary, id: string): Promise<{ colour: string; width: number; height: number }> {
  const media = await library.app.media.open(id, 'thumb', new AbortController().signal);
  if (media.body.kind !== 'bytes') throw new Error('a list shows pictures, not files');
  const { width, height } = await sharp(media.body.bytes).metadata();
  const [red = 0, , blue = 0] = await sharp(media.body.bytes).resize(1, 1).removeAlpha().raw().toBuffer();
  return { colour: red > 150 ? 'red' : blue > 150 ? 'blue' : 'none', width, height };
}

const colour = (library: TestLibrary, id: string): Promise<string> =>
  shown(library, id).then(
    (one) => one.colour,
    () => 'nothing yet',
  );

describe('a frame chosen as a video’s poster, on another computer', { timeout: 60_000 }, () => {
  let server: TestServer;
  let a: TestLibrary;
  let b: TestLibrary;
  let id = '' as PhotoID;
  let chosen = '';
  const folder = mkdtempSync(join(tmpdir(), 'shoebox-video-'));
  const person = { email: 'ana@example.org', password: 'a long enough password' };

  beforeAll(async () => {
    await writeVideo(join(folder, 'clip.webm'), 4);
    server = await startTestServer();
    a = await openTestLibrary();
    b = await openTestLibrary();
    await a.client.account.signUp({ server: server.origin, name: 'Ana', ...person });
    await b.client.account.signIn({ server: server.origin, ...person });
    await a.client.library.import({ paths: [folder] });
    id = await until(async () => {
      const [first] = await a.client.photos.allIDs({ view: { source: { kind: 'library' } } });
      const tile = first === undefined ? undefined : await a.client.photos.get({ id: first });
      return tile?.state === 'ready' && tile.mediaType === 'video' && tile.id;
    }, 'the video to be taken in');
    await a.client.photos.savePoster({ id, image: await still('#f00') });
  }, 60_000);
  afterAll(async () => {
    await a.dispose();
    await b.dispose();
    await server.stop();
    rmSync(folder, { recursive: true });
  }, 60_000);

  test('the video’s own picture comes first', async () => {
    await until(async () => (await colour(b, id)) === 'red', 'the video’s own picture');
  });

  test('the chosen frame follows with its edit, is trimmed there, and the version names it', async () => {
    ({ picture: chosen } = await a.client.edits.saveFrame({ id, image: await still('#00f') }));
    const steps = [
      { kind: 'poster', picture: chosen, seconds: 3 },
      { kind: 'crop', x: 0, y: 0, width: 0.5, height: 1, aspect: 'free' },
    ];
    await a.client.edits.save({ id, stack: { version: 1, steps } });
    await until(async () => (await colour(b, id)) === 'blue', 'the chosen frame on the other computer');
    expect(await shown(b, id)).toEqual({ colour: 'blue', width: 160, height: 180 });
    const edits = await b.client.edits.get({ id });
    expect(edits.versions).toMatchObject([{ author: null, newerKinds: [] }]);
    expect(edits.stack.steps).toMatchObject(steps);
    expect((await b.client.edits.frame({ id, picture: chosen })).image).toBe(
      (await a.client.edits.frame({ id, picture: chosen })).image,
    );
    // Nothing is left for a window to do.
    expect(await b.client.edits.wantedFrame({ id })).toEqual({ wanted: null });
  });

  test('reverting there shows the video’s own picture on both, and choosing the version again the frame', async () => {
    const { versions } = await b.client.edits.get({ id });
    await b.client.edits.revert({ ids: [id] });
    await until(async () => (await colour(a, id)) === 'red', 'the own picture on the first computer');
    expect(await colour(b, id)).toBe('red');
    await b.client.edits.choose({ id, version: versions[0]?.id ?? '' });
    await until(async () => (await colour(a, id)) === 'blue', 'the frame on the first computer');
  });

  test('a frame chosen twice from another computer is one picture, and undone with its edit', async () => {
    const rows = (library: TestLibrary): unknown[] =>
      library.app.store.connection.raw.prepare(`SELECT sha256 FROM resource WHERE kind = 'editedThumbnail'`).all();
    const { picture } = await b.client.edits.saveFrame({ id, image: await still('#00f') });
    expect(picture).toBe(chosen);
    await b.client.edits.save({
      id,
      stack: { version: 1, steps: [{ kind: 'poster', picture, seconds: 3 }] },
    });
    await until(async () => (await shown(a, id)).width === 320, 'the whole frame on the first computer');
    expect([rows(a), rows(b)]).toEqual([[{ sha256: chosen }], [{ sha256: chosen }]]);
    await b.client.undo.undo({});
    await until(async () => (await shown(a, id)).width === 160, 'the trimmed frame on the first computer');
    expect(await colour(a, id)).toBe('blue');
  });

  test('in a share a participant sees the frame, and one who may edit chooses another for everybody', async () => {
    const ben = await openTestLibrary();
    try {
      const account = await server.person('Ben');
      await ben.client.account.signIn({ server: server.origin, email: account.email, password: account.password });
      const made = await a.client.sharing.create({
        title: 'Films',
        what: { photoIDs: [id] },
        people: [{ email: account.email, preset: 'editor' }],
      });
      const { link } = await a.client.sharing.get({ id: made.shareID });
      await ben.client.sharing.accept({ link: link ?? '' });
      await until(async () => (await colour(ben, id)) === 'blue', 'the frame at the participant');
      expect((await ben.client.edits.get({ id })).editability).toBe('geometry');

      const { picture } = await ben.client.edits.saveFrame({ id, image: await still('#f00') });
      const stack = { version: 1, steps: [{ kind: 'poster', picture, seconds: 1 }] };
      await ben.client.edits.save({ id, stack });
      await until(
        async () => (await a.client.edits.get({ id })).versions.some(({ author }) => author === 'Ben'),
        'the participant’s version at the owner',
      );
      await until(
        async () => (await a.client.edits.frame({ id, picture })).image !== null,
        'the participant’s frame at the owner',
      );
      expect(await shown(a, id)).toMatchObject({ colour: 'red', width: 320 });

      // What was made of the video, its frames and its edits is not left behind by somebody who leaves.
      await shown(ben, id);
      const kept = (): string[] =>
        readdirSync(join(ben.directory, 'cache', 'thumbs'), { recursive: true, withFileTypes: true }).flatMap((one) =>
          one.isFile() ? [one.name] : [],
        );
      expect(kept().length).toBeGreaterThan(3);
      await ben.client.sharing.leave({ id: (await ben.client.photos.get({ id })).zoneID, keepCopies: 'none' });
      await until(() => kept().length === 0, 'the cache to be empty');
    } finally {
      await ben.dispose();
    }
  });
});
