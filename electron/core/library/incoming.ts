import { randomUUID } from 'node:crypto';
import { createWriteStream, readdirSync, realpathSync, rmSync } from 'node:fs';
import { mkdir, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../../shared/errors.ts';
import type { ImportProgress } from '../../../shared/model/library.ts';
import { toFileError } from '../media/fileErrors.ts';
import type { Ingest } from './ingest.ts';

/** The folder inside the library where files wait that were handed over as bytes, one folder per drop. */
export const incomingFolder = 'incoming';

/**
 * Files that arrive as bytes, because a browser tells nobody where a dropped file lies. They are put down in the library
 * folder, taken in by an ordinary import, and let go of once that import is over: what is removed is our own copy.
 */
export interface Incoming {
  /**
   * Writes one file of a drop.
   * @param batch chosen by the page, one per drop
   * @param path relative, with `/` between its parts, as it lay in the dropped folder
   * @param modifiedAt ms since 1970, kept because it stands in for a missing capture date
   * @throws AppError invalidInput naming the path, diskFull
   */
  receive(batch: string, path: string, modifiedAt: number, bytes: Readable): Promise<void>;
  /** Imports what has arrived of a drop. @returns the import's session. @throws AppError notFound when nothing has */
  take(batch: string): Promise<string>;
  /**
   * Takes what an earlier run of the app received and did not begin to import; resolves when all of it is taken. What an
   * unfinished import of that run reads is left to it. Call it once `ingest.start()` has resolved.
   */
  takeLeftovers(): Promise<void>;
  /** Call it before ingest is disposed of: nothing more is taken, and what is being removed is waited for. */
  dispose(): Promise<void>;
}

const batchForm = /^[a-z0-9-]{8,64}$/u;
const longestName = 255;
const deepest = 32;

export function createIncoming({
  directory,
  ingest,
  reportError,
}: {
  /** The library folder. */
  readonly directory: string;
  readonly ingest: Pick<Ingest, 'import' | 'session' | 'unfinishedRoots' | 'onProgress' | 'finished' | 'idle'>;
  readonly reportError: (error: unknown) => void;
}): Incoming {
  const root = join(directory, incomingFolder);
  /** Folders that an import reads, by its session: they go when that has ended, in this run of the app or a later one. */
  const reading = new Map<string, string>();
  const removals = new Set<Promise<void>>();
  let disposed = false;
  const left = namesIn(root).filter((name) => batchForm.test(name));
  // An import keeps the real paths of what it was given, as the system tells them: only the native one sees through drives.
  const realRoot = left.length === 0 ? root : realpathSync.native(root);
  for (const [session, roots] of ingest.unfinishedRoots()) {
    const batch = left.find((name) => roots.includes(join(realRoot, name)));
    if (batch !== undefined) reading.set(session, join(root, batch));
  }
  const claimed = new Set(reading.values());
  const leftovers = left.filter((name) => !claimed.has(join(root, name)));
  const ending = ingest.onProgress(removeEnded);

  /**
   * An import that only stopped (the app closes, a fault of ours paused it) goes on later and reads the rest then. Once it has
   * ended, cancelled and failed files go too: the person's own copies lie where they were dropped from.
   */
  function removeEnded({ sessionID, state }: Pick<ImportProgress, 'sessionID' | 'state'>): void {
    const folder = reading.get(sessionID);
    if (folder === undefined || (state !== 'done' && state !== 'cancelled')) return;
    reading.delete(sessionID);
    if ([...reading.values()].includes(folder)) return;
    const removal = rm(folder, { recursive: true, force: true })
      .catch(reportError)
      .finally(() => removals.delete(removal));
    removals.add(removal);
  }

  async function take(batch: string): Promise<string> {
    const folder = join(root, checkedBatch(batch));
    const session = await ingest.import([folder], { mode: 'copy', ownCopies: shownName(namesIn(folder)) });
    reading.set(session, folder);
    // It may have ended before it was known here.
    removeEnded(ingest.session(session));
    return session;
  }

  return {
    receive: async (batch, path, modifiedAt, bytes) => {
      const target = join(root, checkedBatch(batch), ...checkedParts(path));
      // Hidden, so that an import after a crash leaves it out: half a photo is worse than none. Short, whatever the name.
      const part = join(dirname(target), `.${randomUUID()}.part`);
      try {
        await mkdir(dirname(target), { recursive: true });
        await pipeline(bytes, createWriteStream(part));
        if (Number.isFinite(modifiedAt) && modifiedAt > 0) await utimes(part, modifiedAt / 1000, modifiedAt / 1000);
        await rename(part, target);
      } catch (error) {
        await rm(part, { force: true }).catch(() => undefined);
        throw toFileError(error, path);
      }
    },
    take,
    takeLeftovers: async () => {
      // Imports of the last run go on by themselves first.
      await ingest.idle();
      for (const batch of leftovers) {
        if (disposed) return;
        const folder = join(root, batch);
        // A drop that was given up before its first file had come, or of which none did.
        if (holdsFiles(folder)) await ingest.finished(await take(batch));
        else rmSync(folder, { recursive: true, force: true });
      }
    },
    dispose: async () => {
      disposed = true;
      ending.dispose();
      await Promise.all(removals);
    },
  };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function holdsFiles(folder: string): boolean {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true }).some((entry) => !entry.isDirectory());
  } catch {
    // What cannot be looked at is left to the import, which says so.
    return true;
  }
}

/** What the import is called on screen: the one file or folder that was dropped, or the first of several. */
function shownName(names: readonly string[]): string {
  const [first = ''] = names;
  return names.length < 2 ? first : `${first} and ${names.length - 1} more`;
}

function checkedBatch(batch: string): string {
  if (batchForm.test(batch)) return batch;
  throw new AppError('invalidInput', 'The name of this drop is not valid.');
}

/** The parts of a relative path that may become names on this disk. */
function checkedParts(path: string): readonly string[] {
  const parts = path.split('/');
  const valid =
    parts.length <= deepest && parts.every((part) => part !== '' && part !== '.' && part !== '..' && isName(part));
  if (valid) return parts;
  throw new AppError('invalidInput', `“${path.slice(0, 200)}” cannot be the name of a file here.`, {
    path: path.slice(0, 200),
  });
}

function isName(part: string): boolean {
  return (
    Buffer.byteLength(part) <= longestName &&
    !/[\0\\]/u.test(part) &&
    !(process.platform === 'win32' && /[<>:"|?*]/u.test(part))
  );
}
