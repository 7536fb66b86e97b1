import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pollingMs, type Every } from '../../electron/core/library/watcher.ts';
import { createLocalPool, openIngestLibrary, rows } from '../helpers/ingestLibrary.ts';
import { clear, createPhotoMaker } from '../helpers/photos.ts';

/** Lowers the number of watches for one process: the limit of a user namespace of its own, which needs no root. */
const limited = (watches: number): readonly string[] => [
  '-Ur',
  'sh',
  '-c',
  `echo ${watches} > /proc/sys/user/max_inotify_watches && exec "$@"`,
  'sh',
];
const mayLimit = process.platform === 'linux' && spawnSync('unshare', [...limited(5), 'true']).status === 0;
if (!mayLimit) console.warn('A system without room for more watches was not tried: it needs user namespaces on Linux.');

const maker = createPhotoMaker();
afterAll(() => maker.dispose());
let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'shoebox-watch-'));
});
afterEach(() => clear(base));

interface Seen {
  readonly state: string;
  readonly mode: string;
  readonly reason: string | null;
  readonly names: readonly string[];
}

describe.runIf(mayLimit)('a system that allows no more watches (needs user namespaces)', () => {
  it('the folder says so in words, and changes in it are found by looking', async () => {
    const photos = join(base, 'photos');
    for (let index = 1; index <= 8; index += 1)
      await maker.write(join(photos, `day ${index}`, 'a.jpg'), { seed: index });
    const target = [join(import.meta.dirname, 'watchTarget.ts'), join(base, 'library'), photos];
    const child = spawn('unshare', [...limited(4), process.execPath, ...target], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stderr.pipe(process.stderr, { end: false });
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const until = async (wanted: (seen: Seen) => boolean): Promise<Seen> => {
        for (;;) {
          const { value, done } = await lines.next();
          if (done === true) throw new Error('The process ended');
          const seen: Seen = JSON.parse(value);
          if (wanted(seen)) return seen;
        }
      };
      const fallen = await until(({ mode, names }) => mode === 'rescan' && names.length === 8);
      expect(fallen).toMatchObject({ state: 'available' });
      expect(fallen.reason).toMatch(/no more watched files \(fs\.inotify\.max_user_watches\).*every 30 seconds/);

      await maker.write(join(photos, 'day 8', 'added.jpg'), { seed: 20 });
      const found = await until(({ names }) => names.includes('added.jpg'));
      // The remark outlives the scan that found it.
      expect(found).toMatchObject({ mode: 'rescan', reason: fallen.reason });
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('a folder on another machine', () => {
  it('is looked through every 30 seconds, for nobody tells of changes there', async () => {
    const photos = join(base, 'photos');
    await maker.folder(photos, 2);
    const due: { readonly ms: number; readonly run: () => void }[] = [];
    const every: Every = (ms, run) => {
      const timer = { ms, run };
      due.push(timer);
      return { dispose: () => void due.splice(due.indexOf(timer), 1) };
    };
    const pool = createLocalPool();
    const library = await openIngestLibrary({ pool, watch: true, every, isNetwork: (path) => path === photos });
    try {
      const { id } = await library.ingest.folders.add(photos);
      await library.ingest.idle();
      expect(library.ingest.folders.list()).toMatchObject([{ watchMode: 'polling', reason: null, photos: 2 }]);
      await maker.write(join(photos, 'from elsewhere.jpg'), { seed: 30 });
      await library.ingest.idle();
      expect(rows(library, 'SELECT id FROM photo')).toHaveLength(2);

      expect(pollingMs).toBe(30_000);
      const polls = due.filter(({ ms }) => ms === pollingMs);
      expect(polls).toHaveLength(1);
      polls[0]?.run();
      await library.ingest.idle();
      expect(rows(library, 'SELECT id FROM photo')).toHaveLength(3);

      await library.ingest.folders.remove(id);
      expect(due.filter(({ ms }) => ms === pollingMs)).toEqual([]);
      expect(library.errors).toEqual([]);
    } finally {
      await library.dispose();
      await pool.dispose();
    }
  });
});
