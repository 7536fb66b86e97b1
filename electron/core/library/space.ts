import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import { removeIfPossible } from '../media/removeIfPossible.ts';

/** Room that must be free before work goes on, so that it does not stop again at once. In bytes. */
const wanted = 16 * 1024 * 1024;
const pauseMs = 3_000;

/**
 * Waits until a full disk has room again: tries to write a probe now and then, for free-space figures ignore quotas.
 * @throws AppError cancelled when the signal aborts.
 */
export async function waitForSpace(
  directory: string,
  signal: AbortSignal,
  sleep: (ms: number, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  for (;;) {
    await sleep(pauseMs, signal);
    if (hasRoom(directory)) return;
    if (signal.aborted) throw new AppError('cancelled', 'The import was cancelled.');
  }
}

function hasRoom(directory: string): boolean {
  const path = join(directory, '.space-probe');
  try {
    const handle = openSync(path, 'w');
    try {
      const block = Buffer.alloc(1024 * 1024, 1);
      for (let written = 0; written < wanted; written += block.length) {
        if (writeSync(handle, block) < block.length) return false;
      }
      fsyncSync(handle);
      return true;
    } finally {
      closeSync(handle);
    }
  } catch {
    return false;
  } finally {
    removeIfPossible(path);
  }
}
