import { describe, expect, it } from 'vitest';
import { createTranslate } from '../../renderer/data/messages.ts';
import { createImportEndings, notTaken } from '../../renderer/features/import/importEndings.ts';
import type { ImportProgress } from '../../shared/model/library.ts';

const session = (sessionID: string, change: Partial<ImportProgress> = {}): ImportProgress => ({
  sessionID,
  state: 'done',
  source: 'Photos',
  found: 18,
  read: 18,
  thumbnails: 14,
  imported: 14,
  duplicates: 0,
  updated: 0,
  sidecars: 0,
  skipped: 2,
  failed: 2,
  message: null,
  startedAt: 1,
  endedAt: 2,
  ...change,
});
const running = session('a', { state: 'running', endedAt: null });
const ids = (sessions: readonly ImportProgress[]) => sessions.map(({ sessionID }) => sessionID);

describe('an import that did not take every file', () => {
  it('is told of once, when it ends', () => {
    const endings = createImportEndings();
    expect(endings([running])).toEqual([]);
    expect(endings([{ ...running, failed: 3 }])).toEqual([]);
    expect(ids(endings([session('a')]))).toEqual(['a']);
    expect(endings([session('a')])).toEqual([]);
  });

  it('is told of as well when it was so short that nobody saw it run, or was cancelled', () => {
    const endings = createImportEndings();
    endings([]);
    expect(ids(endings([session('a', { state: 'cancelled' }), session('b', { failed: 0 })]))).toEqual(['a', 'b']);
  });

  it('is not told of again by a window that opens later', () => {
    const endings = createImportEndings();
    expect(endings([session('a')])).toEqual([]);
    expect(ids(endings([session('b'), session('a')]))).toEqual(['b']);
  });

  it('goes without a word when every file was taken or there already', () => {
    const endings = createImportEndings();
    endings([]);
    expect(endings([session('a', { failed: 0, skipped: 0, duplicates: 4 })])).toEqual([]);
  });

  it('is summed up in one line', () => {
    const ended = session('a');
    expect(createTranslate(['en'])('import.ended', { taken: ended.imported, notTaken: notTaken(ended) })).toBe(
      '14 taken, 4 not taken',
    );
  });
});
