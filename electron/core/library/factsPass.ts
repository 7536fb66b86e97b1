import { open } from 'node:fs/promises';
import { AppError, isAppError } from '../../../shared/errors.ts';
import type { Facts } from '../media/facts.ts';
import { toFileError } from '../media/fileErrors.ts';
import { formatOfMime } from '../media/formats.ts';
import type { FactsRequest } from '../media/mediaJobs.ts';
import type { MediaPool } from '../media/mediaPool.ts';
import type { FileRow } from './fileRows.ts';
import { joinHalves } from './lateHalves.ts';
import { absolutePath, type PassContext } from './session.ts';
import { parseTakeout, withSidecar } from './takeout.ts';

export interface FactsPass {
  /**
   * Reads everything a photo's file and its sidecars say, and writes it down. What cannot be reached now (its disk is
   * away) is passed over: the facts stay unread, for lateFacts.ts.
   * @throws AppError cancelled, and what keeps rows from being written: facts that no row can hold, by a fault of ours
   *   (`isOfOneFile`), are the caller's to pass over
   */
  take(photoID: string, signal: AbortSignal): Promise<void>;
  /**
   * Reads a sidecar's facts; undefined when it is no sidecar Shoebox knows.
   * @throws AppError cancelled when the signal aborts; notFound, fileUnreadable
   */
  sidecar(
    path: string,
    signal: AbortSignal,
  ): Promise<{ readonly facts: Facts; readonly favourite: boolean } | undefined>;
}

/** Level of a photo whose facts are complete (`photo.facts_level`). */
export const allFacts = 3;

export interface FactsDependencies extends PassContext {
  readonly pool: Pick<MediaPool, 'run'>;
  /** Told once of a folder in which a file could not be reached: it may not be as the last scan saw it. */
  readonly onUnreachable: (folderID: string) => void;
}

/** The facts of the file are stored, a sidecar has yet to be read. */
const sidecarOwed = 2;

/** A JSON larger than this is no Takeout sidecar. In bytes. */
const sidecarBytes = 1_000_000;

export function createFactsPass(deps: FactsDependencies): FactsPass {
  const { store, sessions, files, photos, pool, now } = deps;

  const sidecar: FactsPass['sidecar'] = async (path, signal) => {
    if (path.toLowerCase().endsWith('.json')) {
      const text = await smallText(path, signal);
      return text === undefined ? undefined : parseTakeout(text);
    }
    if (!path.toLowerCase().endsWith('.xmp')) return undefined;
    const facts = await pool.run('facts', { path, format: null, make: null }, { signal, priority: 'later' });
    return { facts, favourite: false };
  };

  return {
    sidecar,
    take: async (photoID, signal) => {
      const photo = photos.photo(photoID);
      const original = photo === undefined ? undefined : photos.originalOf(photoID);
      if (photo === undefined) return;
      if (original === undefined) return finish(photoID);
      const mime = photos.resource(original.id)?.mime_type ?? null;
      const format = mime === null ? undefined : formatOfMime(mime);
      if (format === undefined) return finish(photoID);
      const places = files.filesOfResource(original.id).filter((one) => one.state === 'present');
      const read = await readAnyOf(places, { format, make: photo.make }, signal);
      if (read === 'unreachable') return passOver(photoID, places);
      // What the header said is all there is.
      if (read === 'nothing') return finish(photoID);
      const { file } = read;
      let { facts } = read;
      let favourite = false;
      const unreached: FileRow[] = [];
      for (const beside of files.filesOfPhoto(photoID).filter((one) => one.state === 'sidecar')) {
        const said = await sidecar(pathOf(beside), signal).catch((error: unknown) => {
          if (isAppError(error) && error.code === 'cancelled') throw error;
          return undefined;
        });
        if (said === undefined && !(await canBeRead(beside))) unreached.push(beside);
        if (said === undefined) continue;
        facts = withSidecar(facts, said.facts);
        favourite ||= said.favourite;
      }
      const level = unreached.length === 0 ? allFacts : sidecarOwed;
      store.transaction('ingest', () => {
        if (photos.photo(photoID) === undefined) return;
        photos.setFacts(photoID, facts, level, Number(BigInt(file.modified_ns) / 1_000_000n), now());
        photos.addKeywords(photo, facts.keywords, now());
        photos.addRating(photo, facts.rating, now());
        if (favourite) photos.addFavourite(photoID, now());
        joinHalves(deps, photoID);
      });
      if (unreached.length > 0) passOver(photoID, unreached);
    },
  };

  /** The facts of the first place that tells them. `nothing`: it lies there and exiftool makes nothing of it. */
  async function readAnyOf(
    places: readonly FileRow[],
    request: Omit<FactsRequest, 'path'>,
    signal: AbortSignal,
  ): Promise<{ readonly file: FileRow; readonly facts: Facts } | 'nothing' | 'unreachable'> {
    for (const file of places) {
      if (files.folder(file.folder_id)?.state !== 'available') continue;
      const facts = await readTwice({ ...request, path: pathOf(file) }, signal);
      if (facts !== undefined) return { file, facts };
      if (await canBeRead(file)) return 'nothing';
    }
    return 'unreachable';
  }

  /** Asked after a failure only. A byte of it tells more than its name: that is still known when a disk was pulled out. */
  async function canBeRead(file: FileRow): Promise<boolean> {
    if (files.folder(file.folder_id)?.state !== 'available') return false;
    try {
      const handle = await open(pathOf(file));
      try {
        await handle.read(Buffer.alloc(1), 0, 1, 0);
        return true;
      } finally {
        await handle.close();
      }
    } catch {
      return false;
    }
  }

  function passOver(photoID: string, places: readonly FileRow[]): void {
    const isNews = store.transaction('ingest', () => sessions.passOverFacts(photoID));
    if (isNews) for (const { folder_id: folderID } of places) deps.onUnreachable(folderID);
  }

  /** A second try for what may have been the machine's fault (a timeout), not the file's. */
  async function readTwice(request: FactsRequest, signal: AbortSignal): Promise<Facts | undefined> {
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      try {
        return await pool.run('facts', request, { signal, priority: 'later' });
      } catch (error) {
        if (isAppError(error) && error.code === 'cancelled') throw error;
      }
    }
    return undefined;
  }

  function finish(photoID: string): void {
    store.transaction('ingest', () => photos.finishFacts(photoID, allFacts));
  }

  function pathOf(file: FileRow): string {
    const folder = files.folder(file.folder_id);
    if (folder === undefined) throw new Error(`File ${file.id} lies in no folder`);
    return absolutePath(folder, file.path);
  }
}

/** The text of a file that is small enough; undefined for another. @throws AppError cancelled, notFound, fileUnreadable */
async function smallText(path: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const handle = await open(path, 'r');
    try {
      // Asked before it is read: an export of some other program may have hundreds of megabytes.
      if ((await handle.stat()).size > sidecarBytes) return undefined;
      return await handle.readFile({ encoding: 'utf8', signal });
    } finally {
      await handle.close();
    }
  } catch (error) {
    // Node's own AbortError would be taken for a fault of the file, and noted with it for good.
    if (signal.aborted) throw new AppError('cancelled', 'The reading of a sidecar was cancelled.');
    throw toFileError(error, path);
  }
}
