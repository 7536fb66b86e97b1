import { parentPort } from 'node:worker_threads';
import { createScanJobs } from '../library/scanJobs.ts';
import { parentPortOfChild, serve } from './channel.ts';

/**
 * The scan worker: walking folders and reading the heads of files, with synchronous calls. A thread in plain Node, a
 * utility process in the packaged app.
 */
const port = parentPort;
serve(
  port === null
    ? parentPortOfChild()
    : { send: (message) => port.postMessage(message), onMessage: (listener) => void port.on('message', listener) },
  createScanJobs(),
);
