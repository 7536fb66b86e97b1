import { randomUUIDv7 } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIngest } from '../../electron/core/library/ingest.ts';
import type { ScanJobs } from '../../electron/core/library/scanJobs.ts';
import { noFacts } from '../../electron/core/media/facts.ts';
import { createMediaPool, type MediaPool } from '../../electron/core/media/mediaPool.ts';
import { openStore } from '../../electron/core/store/store.ts';
import { createCaller } from '../../electron/core/workers/channel.ts';
import { nodeWorkers } from '../../electron/core/workers/spawnWorkers.ts';

/** Times of one ingest in ms from the call to import, as the last line of this process's output (JSON). */
export interface IngestTimes {
  readonly imported: number;
  /** The first file is read whole: every header has its row by then. */
  readonly headers: number;
  /** The first facts are asked of exiftool: every file is hashed (and has its thumbnail) by then. */
  readonly content: number;
  readonly total: number;
}

/**
 * Takes a folder in, with real workers, in a process of its own so that its memory is its own. Modes: `hashes` (no
 * thumbnails, header facts only), `thumbnails` (header facts only), `all`.
 */
const [photos = '', mode = 'all'] = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), 'shoebox-bench-'));
const store = openStore({ directory, now: Date.now, newId: randomUUIDv7 });
const workers = nodeWorkers();
const pool = createMediaPool({ spawn: workers.media });
const scan = createCaller<ScanJobs>(workers.scan());
const marks = new Map<string, number>();
let started = 0;
const timed: Pick<MediaPool, 'run' | 'warm'> = {
  warm: (jobs) => pool.warm(jobs),
  run: (name, params, options = {}) => {
    if (!marks.has(name)) marks.set(name, performance.now() - started);
    // Without exiftool the processor time of this run is that of hashing and thumbnails alone.
    if (name === 'facts' && mode !== 'all') return Promise.resolve(noFacts as never);
    return pool.run(name, params, options);
  },
};
const ingest = createIngest({
  store,
  pool: timed,
  scan,
  now: Date.now,
  newId: randomUUIDv7,
  cacheDirectory: join(directory, 'cache'),
  reportError: (error) => {
    throw error;
  },
  thumbnails: mode !== 'hashes',
  watch: false,
});
// The scan thread is up in a running app; its start is not what is measured.
await scan.call('headers', { paths: [] });
started = performance.now();
const { imported } = await ingest.finished(await ingest.import([photos], { mode: 'reference' }));
const times: IngestTimes = {
  imported,
  headers: marks.get('content') ?? 0,
  content: marks.get('facts') ?? 0,
  total: performance.now() - started,
};
await ingest.dispose();
await pool.dispose();
scan.kill();
store.dispose();
rmSync(directory, { recursive: true, force: true });
console.log(JSON.stringify(times));
