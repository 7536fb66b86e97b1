import { childPort, threadPort, type WorkerPort } from './channel.ts';

/** How an app starts its workers. A packaged desktop app passes its own: utility processes from bundled entries. */
export interface WorkerSpawner {
  /** A crash-isolated process for decoders. */
  readonly media: () => WorkerPort;
  /** A thread for walking folders and reading headers. */
  readonly scan: () => WorkerPort;
  /** A thread with its own connection to the library, for mirroring. */
  readonly sync: () => WorkerPort;
}

/**
 * For processes through which photos go. Their bytes lie outside the heap but count towards its limit, which begins so low
 * that every 25 pictures, and every file of a transfer, had the whole (small) heap marked anew. In MB.
 */
export const outsideHeapFlags: readonly string[] = ['--initial-old-space-size=64'];

/**
 * For the process that mirrors. What it makes of a record, and each 64 KB that the network brings of a photo, is gone with the
 * next one. A young generation of this size throws them away before they have the whole heap marked: 300 originals received
 * spent 0.1 s on that instead of 1.0 s with 4 MB, and 20,000 records took as long as before. In MB.
 */
export const mirrorFlags: readonly string[] = [...outsideHeapFlags, '--max-semi-space-size=2'];

/** Workers for plain Node: the entries beside this file, as they are. */
export function nodeWorkers(): WorkerSpawner {
  return {
    media: () => childPort(new URL('mediaWorker.ts', import.meta.url), { execArgv: outsideHeapFlags }),
    scan: () => threadPort(new URL('scanWorker.ts', import.meta.url)),
    sync: () => threadPort(new URL('syncWorker.ts', import.meta.url)),
  };
}
