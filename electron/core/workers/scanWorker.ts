import { parentPort } from 'node:worker_threads';
import { createScanJobs } from '../library/scanJobs.ts';
import { serve } from './channel.ts';

/** The scan worker as a thread: walking folders and reading the heads of files, with synchronous calls. */
if (parentPort !== null) {
  const port = parentPort;
  serve(
    { send: (message) => port.postMessage(message), onMessage: (listener) => void port.on('message', listener) },
    createScanJobs(),
  );
}
