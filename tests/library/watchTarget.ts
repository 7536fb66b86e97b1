import { createLocalPool, openIngestLibrary } from '../helpers/ingestLibrary.ts';
import { interval, pollingMs, type Every } from '../../electron/core/library/watcher.ts';

/**
 * A library that watches a folder in a process of its own, so that the system's limits for it can be lowered. Prints the
 * folder and the names of its photos as one JSON line whenever either changes. What a person waits 30 s for comes every
 * 600 ms. Arguments: library, folder.
 */
const [directory = '', folder = ''] = process.argv.slice(2);
const every: Every = (ms, run) => interval(ms === pollingMs ? 600 : ms, run);
const library = await openIngestLibrary({ directory, pool: createLocalPool(), watch: true, every });
await library.ingest.folders.add(folder);
let before = '';
setInterval(() => {
  const [state] = library.ingest.folders.list();
  const names = library.store.connection.raw.prepare('SELECT file_name FROM photo ORDER BY file_name').pluck().all();
  const line = JSON.stringify({ state: state?.state, mode: state?.watchMode, reason: state?.reason, names });
  if (line !== before) console.log(line);
  before = line;
}, 100);
