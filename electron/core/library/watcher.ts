import { watch } from 'chokidar';
import { statfsSync } from 'node:fs';
import { basename } from 'node:path';
import { systemCode } from '../media/fileErrors.ts';
import { isLeftOut } from './scanJobs.ts';

export type WatchMode = 'native' | 'polling' | 'rescan';

export interface Watcher {
  readonly mode: WatchMode;
  dispose(): Promise<void>;
}

export interface WatcherDependencies {
  readonly path: string;
  /** Something changed somewhere below: time to scan. A hint only; events get lost, and that is allowed. */
  readonly onHint: () => void;
  /** The system watches no more (limits, lost root): the mode falls back and the sentence is for the person. */
  readonly onFallback: (mode: WatchMode, reason: string) => void;
}

/** How often a network folder is looked through, in ms: its system does not tell of changes other machines make. */
const pollingMs = 30_000;

/** File system types (statfs magic numbers on Linux) whose changes by others arrive by no event. */
const networkTypes = new Set([0x6969, 0xff534d42, 0xfe534d42, 0x517b, 0x65735546, 0x01021997, 0x5346414f]);

/**
 * Watches a folder and everything below. chokidar is only a hint, its traps (a move as unlink and add, sizes that are
 * full before the bytes are there, dropped events) stay in here; what happened is found by the scan. On network disks
 * nothing is watched; the caller scans them at intervals.
 */
export function createWatcher({ path, onHint, onFallback }: WatcherDependencies): Watcher {
  if (isNetwork(path)) {
    const timer = setInterval(onHint, pollingMs);
    timer.unref();
    return { mode: 'polling', dispose: () => Promise.resolve(clearInterval(timer)) };
  }
  let fellBack = false;
  const watcher = watch(path, {
    ignoreInitial: true,
    persistent: false,
    followSymlinks: false,
    ignored: (one) => one !== path && isLeftOut(basename(one)),
  });
  watcher.on('all', () => onHint());
  watcher.on('error', (error) => {
    if (fellBack) return;
    const code = systemCode(error);
    fellBack = true;
    void watcher.close();
    onFallback(
      'rescan',
      code === 'ENOSPC'
        ? 'The system allows no more watched files (fs.inotify.max_user_watches), so the folder is scanned now and then.'
        : code === 'EMFILE'
          ? 'Too many files are open to watch this folder, so it is scanned now and then.'
          : 'The folder cannot be watched, so it is scanned now and then.',
    );
  });
  return { mode: 'native', dispose: () => watcher.close() };
}

function isNetwork(path: string): boolean {
  try {
    return process.platform === 'linux' && networkTypes.has(statfsSync(path).type);
  } catch {
    return false;
  }
}
