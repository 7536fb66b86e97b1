import type { UtilityProcess } from 'electron';
import { fileURLToPath } from 'node:url';
import type { WorkerPort } from '../core/workers/channel.ts';
import { mirrorFlags, outsideHeapFlags, type WorkerSpawner } from '../core/workers/spawnWorkers.ts';

/**
 * A worker in one of Electron's utility processes: with the fuse that runs Electron as Node switched off, this is the only
 * kind of child process the packaged app can start. It may crash, hang and be killed without harm to anything else.
 */
export function utilityPort(child: Pick<UtilityProcess, 'postMessage' | 'on' | 'kill' | 'pid'>): WorkerPort {
  let gone = false;
  const exits: ((reason: string) => void)[] = [];
  child.on('exit', (code) => {
    gone = true;
    for (const listener of exits) listener(`exit ${code}`);
  });
  return {
    get pid() {
      return child.pid;
    },
    send: (message) => {
      if (!gone) child.postMessage(message);
    },
    onMessage: (listener) => {
      child.on('message', listener);
    },
    onExit: (listener) => {
      exits.push(listener);
    },
    kill: () => void child.kill(),
  };
}

/** Starts the core's workers as utility processes, each named in the system's list of processes. */
export function utilityWorkers(
  fork: (path: string, name: string, flags: readonly string[]) => UtilityProcess,
): WorkerSpawner {
  const start = (entry: URL, name: string, flags: readonly string[] = []): WorkerPort =>
    utilityPort(fork(fileURLToPath(entry), name, flags));
  return {
    media: () =>
      start(new URL('../core/workers/mediaWorker.ts', import.meta.url), 'Shoebox Pictures', outsideHeapFlags),
    scan: () => start(new URL('../core/workers/scanWorker.ts', import.meta.url), 'Shoebox Folders'),
    sync: () => start(new URL('../core/workers/syncWorker.ts', import.meta.url), 'Shoebox Sync', mirrorFlags),
  };
}
