import { randomUUIDv7 } from 'node:crypto';
import { join } from 'node:path';
import { createIngest } from '../../electron/core/library/ingest.ts';
import { createScanJobs, type ScanJobs } from '../../electron/core/library/scanJobs.ts';
import { createMediaJobs } from '../../electron/core/media/mediaJobs.ts';
import { createMediaPool } from '../../electron/core/media/mediaPool.ts';
import { openStore } from '../../electron/core/store/store.ts';
import { createCaller, localPort } from '../../electron/core/workers/channel.ts';
import { nodeWorkers } from '../../electron/core/workers/spawnWorkers.ts';

/**
 * The process that is killed: takes an import and a watched folder in, or goes on where the last one died. Prints
 * STARTED when the work begins and DONE when there is nothing left. Arguments: library, source, watched, workers.
 */
const [directory = '', source = '', watched = '', workers = 'local'] = process.argv.slice(2);
const store = openStore({ directory, now: Date.now, newId: randomUUIDv7 });
const spawn = workers === 'child' ? nodeWorkers().media : () => localPort(createMediaJobs());
const pool = createMediaPool({ spawn });
const scan = createCaller<ScanJobs>(localPort(createScanJobs()));
const ingest = createIngest({
  store,
  pool,
  scan,
  now: Date.now,
  newId: randomUUIDv7,
  cacheDirectory: join(directory, 'cache'),
  reportError: (error) => {
    console.log(`ERROR ${String(error)}`);
    process.exit(1);
  },
  watch: false,
  settleMs: 0,
});
console.log('STARTED');
await ingest.start();
if (ingest.folders.list().length === 0) await ingest.folders.add(watched);
if (!ingest.sessions().some((session) => session.source === 'source')) await ingest.import([source]);
await ingest.idle();
console.log('DONE');
process.exit(0);
