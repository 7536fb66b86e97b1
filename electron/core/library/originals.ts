import { createReadStream } from 'node:fs';
import { lstat, mkdir, readdir, rm, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hashPieces } from '../../../shared/disk/hashPieces.ts';
import { syncFolder } from '../../../shared/disk/syncFolder.ts';
import { toFileError } from '../media/fileErrors.ts';
import { takeName } from '../media/takeName.ts';
import { portableName } from './portableName.ts';

/** Where copies lie: `originals/<yyyy>/<mm>/<file name>`, beside the database. */
export interface Originals {
  readonly directory: string;
  /** A path for a copy in the making; whatever is left there by a crash is cleared at the next start. */
  temporary(name: string): string;
  /**
   * Gives a finished, verified copy its place: by capture month, under its own name, with a number behind it when
   * another file has that name. Never overwrites. A file already there with the same bytes is used instead (a crash
   * came between this and its row). @returns the path relative to `directory`, with `/`.
   * `keep` leaves the temporary name as a second one of the same file until `release`: should the process end before the
   * row is written, `clearTemporary` finds by it what has no row.
   * @throws AppError diskFull and its relatives.
   */
  place(
    temporary: string,
    name: string,
    sortTime: number,
    sha256: string,
    options?: { readonly keep?: boolean },
  ): Promise<string>;
  /** The row of a placed copy is written, or the copy is not wanted: its temporary name goes. */
  release(temporary: string): Promise<void>;
  /** The same for a file that belongs beside another of ours. `beside` is the other's path relative to `directory`. */
  placeBeside(temporary: string, name: string, beside: string, sha256: string): Promise<string>;
  /** Removes what a crash left: copies in the making, and those that had got their place but no row yet. */
  clearTemporary(left: {
    /** The file name a temporary name was made for; undefined when nobody knows any more. */
    readonly nameOf: (temporary: string) => string | undefined;
    /** Whether a row names this path. */
    readonly isKnown: (path: string) => boolean;
    /** Told of a file that cannot be removed now. */
    readonly reportError: (error: unknown) => void;
  }): Promise<void>;
}

const incoming = '.incoming';

export function createOriginals({ directory }: { readonly directory: string }): Originals {
  return {
    directory,
    temporary: (name) => join(directory, incoming, name),
    clearTemporary: async ({ nameOf, isKnown, reportError }) => {
      for (const temporary of await namesIn(join(directory, incoming))) {
        const name = nameOf(temporary);
        // A worker that outlived its app by a moment may be tidying up after itself just now.
        const left = await lstat(join(directory, incoming, temporary)).catch(() => undefined);
        if (left === undefined || left.nlink < 2 || name === undefined) continue;
        for (const path of await placesOf(directory, name, left.ino)) {
          // One that cannot be removed now (another program has it open) is found again at the next start.
          if (!isKnown(path)) await unlink(join(directory, ...path.split('/'))).catch(reportError);
        }
      }
      await rm(join(directory, incoming), { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }).catch(
        reportError,
      );
    },
    release: (temporary) => rm(temporary, { force: true }),
    place: async (temporary, name, sortTime, sha256, { keep = false } = {}) => {
      const date = new Date(sortTime);
      const folder = [String(date.getUTCFullYear()), String(date.getUTCMonth() + 1).padStart(2, '0')];
      return placeIn(directory, folder, temporary, name, sha256, keep);
    },
    placeBeside: (temporary, name, beside, sha256) =>
      placeIn(directory, beside.split('/').slice(0, -1), temporary, name, sha256, false),
  };
}

async function placeIn(
  directory: string,
  folder: readonly string[],
  temporary: string,
  name: string,
  sha256: string,
  keep: boolean,
): Promise<string> {
  const target = join(directory, ...folder);
  try {
    await mkdir(target, { recursive: true });
    for (let count = 1; ; count += 1) {
      const path = join(target, numbered(portableName(name), count));
      if (await takeName(temporary, path, { keep })) {
        await syncFolder(target);
        return [...folder, basename(path)].join('/');
      }
      if ((await hashOf(path)) === sha256) {
        await unlink(temporary);
        return [...folder, basename(path)].join('/');
      }
    }
  } catch (error) {
    throw toFileError(error, target);
  }
}

/** Where among the months a file of this name and inode lies; a number may stand behind its name. */
async function placesOf(directory: string, name: string, inode: number): Promise<string[]> {
  const found: string[] = [];
  for (const year of (await namesIn(directory)).filter((one) => one !== incoming)) {
    for (const month of await namesIn(join(directory, year))) {
      for (let count = 1; ; count += 1) {
        const file = numbered(portableName(name), count);
        const seen = await lstat(join(directory, year, month, file)).catch(() => undefined);
        if (seen === undefined) break;
        if (seen.ino === inode) found.push([year, month, file].join('/'));
      }
    }
  }
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

const hashOf = (path: string): Promise<string> => hashPieces(createReadStream(path));

/** "a.jpg" to "a 2.jpg" for the second file of that name. */
function numbered(name: string, count: number): string {
  if (count === 1) return name;
  const dot = name.lastIndexOf('.');
  return dot > 0 ? `${name.slice(0, dot)} ${count}${name.slice(dot)}` : `${name} ${count}`;
}
