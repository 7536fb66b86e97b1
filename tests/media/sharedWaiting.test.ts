import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSharedWork } from '../../electron/core/media/sharedWork.ts';
import { AppError } from '../../shared/errors.ts';
import { emptyStack, stackToJson } from '../../shared/edits/stack.ts';
import { applyAssignments } from '../../shared/edits/stackOps.ts';
import { createPhotoMaker } from '../helpers/photos.ts';
import { openTestLibrary, type TestLibrary } from '../helpers/testLibrary.ts';

const maker = createPhotoMaker();
afterAll(() => maker.dispose());

describe('two who wait for one picture, of whom the first goes away', () => {
  let base: string;
  let library: TestLibrary;
  let ids: readonly string[];
  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'shoebox-waiting-'));
    await maker.folder(base, 4, { width: 2_400, height: 1_600 });
    library = await openTestLibrary();
    const { sessionID } = await library.client.library.import({ paths: [base], mode: 'copy' });
    await library.app.ingest.finished(sessionID);
    await library.app.ingest.idle();
    ids = (await library.client.photos.timeline({ view: { source: { kind: 'library' } } })).ids;
  });
  afterEach(async () => {
    await library.dispose();
    rmSync(base, { recursive: true, force: true });
  });

  /** Two ask for a picture while the workers are busy with others; the first then goes. */
  async function secondGets(variant: 'preview' | 'unedited'): Promise<number> {
    const { media } = library.app;
    const [id = '', ...others] = ids;
    const [first, second] = [new AbortController(), new AbortController()];
    const busy = others.map((one) => media.open(one, variant, second.signal));
    const gone = media.open(id, variant, first.signal);
    const waiting = media.open(id, variant, second.signal);
    first.abort();
    await expect(gone).rejects.toMatchObject({ code: 'cancelled' });
    await Promise.all(busy);
    return (await waiting).size;
  }

  it('the second gets the preview of a photo', async () => {
    expect(await secondGets('preview')).toBeGreaterThan(1_000);
  });

  it('the second gets the picture with the edits', async () => {
    for (const id of ids)
      await library.client.edits.save({ id, stack: stackToJson(applyAssignments(emptyStack, 'exposure=0.5')) });
    expect(await secondGets('preview')).toBeGreaterThan(1_000);
  });

  it('the second gets the picture the editor starts from', async () => {
    expect(await secondGets('unedited')).toBeGreaterThan(1_000);
  });
});

describe('shared work', () => {
  /** Work under way: it ends when told to, or when its signal says so. */
  function controlled() {
    let starts = 0;
    let finish: (value: string) => void = () => undefined;
    const signals: AbortSignal[] = [];
    return {
      signals,
      starts: () => starts,
      finish: (value: string) => finish(value),
      run: (signal: AbortSignal): Promise<string> => {
        starts += 1;
        signals.push(signal);
        return new Promise((resolve, reject) => {
          finish = resolve;
          signal.addEventListener('abort', () => reject(new AppError('cancelled', 'Stopped.')));
        });
      },
    };
  }

  it('is done once for all who wait, and again for whoever comes afterwards', async () => {
    const shared = createSharedWork<string>();
    const work = controlled();
    const waiting = [1, 2, 3].map(() => shared.join('a', work.run, undefined));
    work.finish('done');
    expect(await Promise.all(waiting)).toEqual(['done', 'done', 'done']);
    const later = shared.join('a', work.run, undefined);
    work.finish('again');
    expect([await later, work.starts()]).toEqual(['again', 2]);
  });

  it('is stopped when the last who waited has gone, and whoever comes then has it made anew', async () => {
    const shared = createSharedWork<string>();
    const work = controlled();
    const [first, second] = [new AbortController(), new AbortController()];
    const waiting = [first, second].map(({ signal }) => shared.join('a', work.run, signal));
    const refused = waiting.map((one) => expect(one).rejects.toMatchObject({ code: 'cancelled' }));
    first.abort();
    expect(work.signals[0]?.aborted).toBe(false);
    second.abort();
    expect(work.signals[0]?.aborted).toBe(true);
    const later = shared.join('a', work.run, undefined);
    await Promise.all(refused);
    const joined = shared.join('a', work.run, undefined);
    work.finish('anew');
    expect([await later, await joined, work.starts()]).toEqual(['anew', 'anew', 2]);
  });

  it('is never stopped while somebody waits who cannot go away, nor started for one who has gone already', async () => {
    const shared = createSharedWork<string>();
    const work = controlled();
    const gone = new AbortController();
    const lasting = shared.join('a', work.run, undefined);
    const leaving = expect(shared.join('a', work.run, gone.signal)).rejects.toMatchObject({ code: 'cancelled' });
    gone.abort();
    await leaving;
    await expect(shared.join('b', work.run, gone.signal)).rejects.toMatchObject({ code: 'cancelled' });
    expect([work.signals[0]?.aborted, work.starts()]).toEqual([false, 1]);
    work.finish('done');
    expect(await lasting).toBe('done');
  });

  it('that fails fails for all, with its own error', async () => {
    const shared = createSharedWork<string>();
    const fail = () => Promise.reject(new AppError('fileUnreadable', 'Broken.'));
    const waiting = [1, 2].map(() => shared.join('a', fail, new AbortController().signal));
    for (const one of await Promise.allSettled(waiting))
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'fileUnreadable' } });
  });
});
