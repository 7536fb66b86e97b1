import { watch } from 'chokidar';
import { statfsSync } from 'node:fs';
import { basename } from 'node:path';
import { systemCode } from '../../../shared/disk/systemCode.ts';
import { isLeftOut } from './scanJobs.ts';

/** `native`: the system tells of changes; `polling`: a network disk, looked through often; `rescan`: the system could not. */
export type WatchMode = 'native' | 'polling' | 'rescan';

export interface Watcher {
  dispose(): Promise<void>;
}

/** Runs something again and again, every `ms`, until it is disposed of. */
export type Every = (ms: number, run: () => void) => { dispose(): void };

export interface WatcherDependencies {
  readonly path: string;
  /** Something changed somewhere below: time to scan. A hint only; events get lost, and that is allowed. */
  readonly onHint: () => void;
  /** How the folder is watched from now on, with a sentence for the person where the system could not do its part. */
  readonly onMode: (mode: WatchMode, reason: string | null) => void;
  readonly every: Every;
  /** Whether other machines may change the folder without this system being told. */
  readonly isNetwork: (path: string) => boolean;
}

/** How often a folder nobody tells us about is looked through, in ms. An unchanged look costs 40 ms per thousand files. */
export const pollingMs = 30_000;

/** A timer that keeps no process alive. */
export const interval: Every = (ms, run) => {
  const timer = setInterval(run, ms);
  timer.unref();
  return { dispose: () => clearInterval(timer) };
};

/** File system types (statfs magic numbers on Linux) whose changes by others arrive by no event. */
const networkTypes = new Set([0x6969, 0xff534d42, 0xfe534d42, 0x517b, 0x65735546, 0x01021997, 0x5346414f]);

/**
 * Watches a folder and everything below. chokidar is only a hint, its traps (a move as unlink and add, sizes that are
 * full before the bytes are there, dropped events) stay in here; what happened is found by the scan. A network disk, and
 * a folder the system cannot watch (no more watches, no more open files), is scanned every 30 s instead.
 */
export function createWatcher({ path, onHint, onMode, every, isNetwork }: WatcherDependencies): Watcher {
  let disposed = false;
  let polls: { dispose(): void } | undefined;
  const poll = (mode: WatchMode, reason: string | null): void => {
    polls = every(pollingMs, onHint);
    onMode(mode, reason);
  };
  if (isNetwork(path)) {
    poll('polling', null);
    return { dispose: () => Promise.resolve(polls?.dispose()) };
  }
  const watcher = watch(path, {
    ignoreInitial: true,
    persistent: false,
    followSymlinks: false,
    ignored: (one) => one !== path && isLeftOut(basename(one)),
  });
  watcher.on('all', () => {
    if (polls === undefined) onHint();
  });
  watcher.on('ready', () => {
    if (polls === undefined && !disposed) onMode('native', null);
  });
  watcher.on('error', (error) => {
    if (polls !== undefined || disposed) return;
    void watcher.close();
    poll('rescan', reasonOf(systemCode(error)));
    // What changed while the watches were being set has been told by nobody.
    onHint();
  });
  return {
    dispose: async () => {
      disposed = true;
      polls?.dispose();
      await watcher.close();
    },
  };
}

function reasonOf(code: string | undefined): string {
  const instead = 'so the folder is looked through every 30 seconds.';
  if (code === 'ENOSPC') {
    return `The system allows no more watched files (fs.inotify.max_user_watches), ${instead}`;
  }
  if (code === 'EMFILE') return `Too many files are open for the system to watch it, ${instead}`;
  return `The system cannot tell of changes here, ${instead}`;
}

/** A disk of another machine, told by the type of its file system, or by its name on Windows. */
export function isNetworkFolder(path: string): boolean {
  if (process.platform === 'win32') return path.startsWith('\\\\');
  try {
    return process.platform === 'linux' && networkTypes.has(statfsSync(path).type);
  } catch {
    return false;
  }
}
