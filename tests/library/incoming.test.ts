import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImportProgress } from '../../shared/model/library.ts';
import { drawPhoto } from '../helpers/photos.ts';
import { openTestLibrary, type TestLibrary } from '../helpers/testLibrary.ts';

let library: TestLibrary;
let photo: Buffer;

beforeEach(async () => {
  library = await openTestLibrary();
  photo = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#4a7' } })
    .jpeg()
    .toBuffer();
});
afterEach(() => library.dispose());

describe('files dropped as bytes', () => {
  it('become photos of the library, keep their time, and leave nothing behind in the incoming folder', async () => {
    const { incoming, ingest } = library.app;
    const taken = Date.UTC(2019, 6, 4, 12);
    await incoming.receive('drop-0001', 'Crete/beach.jpg', taken, Readable.from([photo]));
    const session = await incoming.take('drop-0001');
    expect(await ingest.finished(session)).toMatchObject({ imported: 1, source: 'Crete' });
    const { ids } = await library.client.photos.timeline({ view: { source: { kind: 'library' } } });
    expect(ids).toHaveLength(1);
    const [id] = ids;
    if (id === undefined) throw new Error('no photo');
    expect((await library.client.photos.get({ id })).paths[0]).toContain(join('originals', '2019'));
    await expect.poll(() => readdirSync(join(library.directory, 'incoming'))).toEqual([]);
  });

  it('a drop that was cut off by a crash is taken at the next start', async () => {
    const folder = join(library.directory, 'incoming', 'drop-0002');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'whole.jpg'), photo);
    writeFileSync(join(folder, 'half.jpg.part'), photo.subarray(0, 100));
    library = await library.reopen();
    await expect.poll(() => existsSync(folder), { timeout: 30_000 }).toBe(false);
    expect((await library.client.library.info({})).photos).toBe(1);
  });

  it('a drop that was given up before its first file had come is nothing to import at the next start', async () => {
    const folder = join(library.directory, 'incoming', 'drop-0007');
    mkdirSync(join(folder, 'Crete'), { recursive: true });
    library = await library.reopen();
    await expect.poll(() => existsSync(folder), { timeout: 30_000 }).toBe(false);
    expect(library.app.ingest.sessions()).toEqual([]);
  });

  it('half a file is not taken when the app starts again', async () => {
    const folder = join(library.directory, 'incoming', 'drop-0004');
    const { incoming } = library.app;
    await incoming.receive('drop-0004', 'whole.jpg', 0, Readable.from([photo]));
    const stuck = new Readable({ read: () => undefined });
    stuck.push(photo.subarray(0, photo.length * 0.9));
    const half = incoming.receive('drop-0004', 'half.jpg', 0, stuck).catch((error: unknown) => error);
    await expect
      .poll(() =>
        readdirSync(folder).some((name) => statSync(join(folder, name)).size === Math.floor(photo.length * 0.9)),
      )
      .toBe(true);
    library = await library.reopen();
    await expect.poll(() => existsSync(folder), { timeout: 30_000 }).toBe(false);
    stuck.destroy(new Error('the browser went away'));
    await half;
    const [session] = library.app.ingest.sessions();
    expect(session).toMatchObject({ imported: 1, failed: 0, skipped: 0 });
    expect((await library.client.library.info({})).photos).toBe(1);
  });

  const dropMany = async (batch: string, count: number): Promise<void> => {
    for (let number = 1; number <= count; number += 1) {
      const bytes = await drawPhoto({ seed: number, width: 64, height: 48 });
      await library.app.incoming.receive(batch, `Crete/${number}.jpg`, 0, Readable.from([bytes]));
    }
  };
  const isThere = (batch: string) => existsSync(join(library.directory, 'incoming', batch));
  const expectEnd = async (session: string, end: Partial<ImportProgress>): Promise<void> => {
    const { ingest } = library.app;
    await expect.poll(() => ingest.session(session), { timeout: 30_000, interval: 50 }).toMatchObject(end);
  };

  it('a drop whose import was cut off by closing the app is taken whole after the next start, once', async () => {
    await dropMany('drop-0006', 12);
    const session = await library.app.incoming.take('drop-0006');
    library = await library.reopen();
    await expectEnd(session, { state: 'done', imported: 12, failed: 0 });
    await expect.poll(() => isThere('drop-0006')).toBe(false);
    expect(library.app.ingest.sessions()).toHaveLength(1);
  });

  it('a drop whose import is paused waits for it over a restart, and goes when the import has ended', async () => {
    await dropMany('drop-0007', 3);
    await dropMany('drop-0008', 3);
    const paused = await library.app.incoming.take('drop-0007');
    library.app.ingest.pause(paused);
    const cancelled = await library.app.incoming.take('drop-0008');
    library.app.ingest.pause(cancelled);
    await dropMany('drop-0009', 1);
    library = await library.reopen();
    const { ingest } = library.app;
    // One that was not begun is taken: what the others read has been passed over.
    await expect.poll(() => isThere('drop-0009'), { timeout: 30_000 }).toBe(false);
    expect(ingest.sessions().map(({ state }) => state)).toEqual(['done', 'paused', 'paused']);
    await ingest.cancel(cancelled);
    await expect.poll(() => isThere('drop-0008')).toBe(false);
    expect(isThere('drop-0007')).toBe(true);
    ingest.resume(paused);
    await expectEnd(paused, { state: 'done', found: 3, failed: 0 });
    await expect.poll(() => isThere('drop-0007')).toBe(false);
    expect((await library.client.library.info({})).photos).toBe(3);
  });

  it('a name as long as a disk takes is no reason to refuse a file', async () => {
    const { incoming, ingest } = library.app;
    await incoming.receive('drop-0005', `${'x'.repeat(251)}.jpg`, 0, Readable.from([photo]));
    expect(await ingest.finished(await incoming.take('drop-0005'))).toMatchObject({ imported: 1, failed: 0 });
  });

  it.each(['../outside.jpg', '/absolute.jpg', 'a/../../b.jpg', 'nul\0.jpg', '', 'a//b.jpg', `${'x'.repeat(256)}.jpg`])(
    'a file called %j is refused by name',
    async (path) => {
      await expect(library.app.incoming.receive('drop-0003', path, 0, Readable.from([photo]))).rejects.toMatchObject({
        code: 'invalidInput',
      });
      expect(existsSync(join(library.directory, 'incoming', 'drop-0003'))).toBe(false);
    },
  );
});
