import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { isAppError } from '../../../shared/errors.ts';
import type { Facts } from '../media/facts.ts';
import { formats, type Format } from '../media/formats.ts';
import type { ContentResult, PixelOutcome } from '../media/mediaJobs.ts';
import type { MediaPool } from '../media/mediaPool.ts';
import type { FileRow } from './fileRows.ts';
import { isFree, joinHalves } from './lateHalves.ts';
import type { KnownPhoto, ResourceKind } from './photoRows.ts';
import { createPlacedCopies, deletedMeanwhile, hasLostItsRow, type CopyPlace, type Taken } from './placedCopies.ts';
import { absolutePath, fail, isOfOneFile, takeBackHeader, type PassContext } from './session.ts';
import type { ItemRow } from './sessionRows.ts';
import { noLongerWatched } from './unread.ts';

export interface ContentPass {
  /** Reads one file whole and settles what it is: a new photo, a copy of a known one, an edit, or nothing of ours. */
  take(item: ItemRow, signal: AbortSignal): Promise<void>;
  /**
   * The same for a file that belongs to a photo already there (the video of a Live Photo, the RAW of a JPEG).
   * @returns false when that photo was thrown away meanwhile, and nothing was settled of the file: it is one of its own
   */
  attach(item: ItemRow, format: Format, photo: KnownPhoto, kind: ResourceKind, signal: AbortSignal): Promise<boolean>;
}

export interface ContentDependencies extends PassContext {
  readonly pool: Pick<MediaPool, 'run'>;
  readonly cacheDirectory: string;
  readonly originals: CopyPlace;
  /** False leaves thumbnails to be made when a photo is first looked at. */
  readonly thumbnails: boolean;
  /** A file younger than this that cannot be read whole is still being written. In ms. */
  readonly unfinishedMs: number;
  /** Runs one settling after another, over all sessions: two equal files read at once must not both be new. */
  readonly serial: <T>(work: () => Promise<T>) => Promise<T>;
  /** Resolves after some ms, or rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Told of what failed without failing the photo. */
  readonly reportError: (error: unknown) => void;
  /** Told of a watched file that is still being written. */
  readonly onUnfinished: (folderID: string) => void;
}

/** How often a file that changes while it is copied is tried again, and the pause between, in ms. */
const retries = 5;
const retryMs = 1_000;

export function createContentPass(deps: ContentDependencies): ContentPass {
  const { store, sessions, files, photos, pool, originals, now, newId } = deps;
  const copies = createPlacedCopies(deps);
  const transaction = <T>(work: () => T): T => store.transaction('ingest', work);

  return {
    take: async (item, signal) => {
      const { format } = item;
      if (format === null) throw new Error(`Item ${item.id} was read without a format`);
      const taken = await read(item, format, deps.thumbnails, signal);
      if (taken === undefined) return;
      const { pixels } = taken.result;
      if (isUnfinished(taken)) {
        await copies.discard(taken);
        return transaction(() => wait(item));
      }
      const unreadable = pixels.kind === 'none' && !isWorthKeeping(taken) ? pixels.reason : undefined;
      if (unreadable !== undefined && item.change === 'new') {
        await copies.discard(taken);
        return transaction(() => fail(deps, item, unreadable, false));
      }
      await deps.serial(() => (item.change === 'edited' ? settleEdit(taken) : settleNew(taken)));
      await copies.discard(taken);
    },
    attach: async (item, format, photo, kind, signal) => {
      const taken = await read(item, format, false, signal);
      if (taken === undefined) return true;
      const isSettled = await deps.serial(() => settleAttached(taken, photo, kind));
      await copies.discard(taken);
      return isSettled;
    },
  };

  /** Reads the file in the media worker; undefined when it is gone or busy and that has been noted. */
  async function read(
    item: ItemRow,
    format: Format,
    thumbnail: boolean,
    signal: AbortSignal,
  ): Promise<Taken | undefined> {
    const copy = originals === undefined ? null : originals.place.temporary(`${item.session_id}-${item.id}`);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const result = await pool.run(
          'content',
          {
            path: item.path,
            format,
            byteSize: item.byte_size,
            thumbnail,
            cacheDirectory: deps.cacheDirectory,
            copyTo: copy,
            nonce: `${item.session_id}-${item.id}`,
          },
          { signal },
        );
        return { item, format, result, copy, facts: await factsWhereNeeded(item, format, result.pixels, copy, signal) };
      } catch (error) {
        if (!isAppError(error) || error.code !== 'conflict') throw error;
        if (item.folder_id !== null && originals === undefined) {
          transaction(() => wait(item));
          return undefined;
        }
        if (attempt === retries) throw error;
        await deps.sleep(retryMs, signal);
      }
    }
  }

  /**
   * The full facts at once where they decide something: whether a file without pixels is worth keeping, and under
   * which month a copy lies whose header told no date.
   */
  async function factsWhereNeeded(
    item: ItemRow,
    format: Format,
    pixels: PixelOutcome,
    copy: string | null,
    signal: AbortSignal,
  ): Promise<Facts | undefined> {
    const dated = item.photo_id !== null && photos.photo(item.photo_id)?.taken_at != null;
    if (pixels.kind !== 'none' && (copy === null || dated)) return undefined;
    try {
      return await pool.run('facts', { path: item.path, format, make: null }, { signal });
    } catch (error) {
      if (isAppError(error) && error.code === 'cancelled') throw error;
      // exiftool could make nothing of it: the facts pass notes that; here it only means "says nothing".
      return undefined;
    }
  }

  /** Still being written: the pixels end early and the file was touched a moment ago. Only where a scan comes again. */
  function isUnfinished({ item, result }: Taken): boolean {
    if (originals !== undefined || item.folder_id === null) return false;
    const { pixels } = result;
    const whole = pixels.kind === 'skipped' || (pixels.kind === 'made' && pixels.damaged === null);
    if (whole || (pixels.kind === 'none' && pixels.code !== 'damaged')) return false;
    if (item.format !== null && formats[item.format].family === 'video') return false;
    const age = now() - Number(BigInt(result.changedNs) / 1_000_000n);
    return age >= 0 && age < deps.unfinishedMs;
  }

  /** Without pixels a file is kept when its facts show that a camera made it. */
  function isWorthKeeping({ format, facts }: Taken): boolean {
    if (facts === undefined) return false;
    if (formats[format].family === 'video') return facts.width !== null || facts.durationMs !== null;
    return facts.takenAt !== null || facts.make !== null;
  }

  async function settleNew(taken: Taken): Promise<void> {
    const { item, result } = taken;
    if (hasLostItsRow(files, item)) return settleRemoved(taken);
    const known = photos.photoByHash(result.sha256);
    const attached = known === undefined ? photos.attachedByHash(result.sha256) : undefined;
    if ((known !== undefined && known.id !== item.photo_id) || attached !== undefined) {
      const original = known === undefined ? undefined : photos.originalOf(known.id);
      const target =
        attached ??
        (known !== undefined && original !== undefined ? { photo_id: known.id, resource_id: original.id } : undefined);
      // A known photo without an original row is another device's, on its way here: this file is its original.
      if (target !== undefined) return settleCopy(taken, target.photo_id, target.resource_id);
      if (known !== undefined) return settleOwn(taken, known);
    }
    const own = item.photo_id === null ? undefined : photos.photo(item.photo_id);
    if (own === undefined) return settleRemoved(taken);
    await settleOwn(taken, own);
  }

  /** A person deleted the photo for good while its file was being read, or stopped watching its folder. */
  async function settleRemoved(taken: Taken): Promise<void> {
    await copies.discard(taken);
    const { item } = taken;
    transaction(() => {
      if (hasLostItsRow(files, item)) {
        if (item.photo_id !== null) takeBackHeader(deps, item.photo_id);
        return sessions.finishItem(item.id, 'skipped', { reason: noLongerWatched });
      }
      sessions.finishItem(item.id, 'skipped', { reason: 'It was deleted while it was being read.' });
      if (item.file_id !== null) files.setFileState(item.file_id, 'rejected');
    });
  }

  /** A photo of its own: or one whose bytes were missing until now. */
  async function settleOwn(taken: Taken, photo: KnownPhoto): Promise<void> {
    const { item, result, format } = taken;
    const place = await copies.place(taken, photo);
    const settle = (facts: Facts | undefined): boolean => {
      // Moved into a share, or deleted, while its copy was put into its place; or its original's row has come from another
      // device meanwhile, and this file is a copy of that.
      const current = photos.photo(photo.id);
      const isOwn = item.photo_id === photo.id;
      if (hasLostItsRow(files, item)) return false;
      if (current === undefined || (!isOwn && photos.originalOf(photo.id) !== undefined)) return false;
      if (item.photo_id !== null && item.photo_id !== photo.id) takeBackHeader(deps, item.photo_id);
      const resourceID = newId();
      photos.insertResource(
        {
          id: resourceID,
          photoID: photo.id,
          kind: 'original',
          fileName: basename(item.path),
          mimeType: formats[format].mimeType,
          byteSize: result.byteSize,
          sha256: result.sha256,
        },
        current.zone_id,
        now(),
      );
      setContent(photo.id, result, false);
      if (facts !== undefined && current.facts_level < 3) setFacts(current, taken, facts);
      copies.bind(taken, place, photo.id, resourceID);
      sessions.finishItem(item.id, 'imported', { photoID: photo.id, thumbnail: result.pixels.kind === 'made' });
      // The facts pass, which does it for all others, has nothing left to read here.
      if (facts !== undefined) joinHalves(deps, photo.id);
      return true;
    };
    let isThere: boolean;
    try {
      isThere = transaction(() => settle(taken.facts));
    } catch (error) {
      if (taken.facts === undefined || !isOfOneFile(error)) throw error;
      // Facts that cannot be written down cost the photo its facts only: the facts pass tries again, and says so.
      isThere = transaction(() => settle(undefined));
    }
    if (!isThere) await settleAgain(taken, place);
  }

  /** The same bytes as a resource already known: one photo, one more place; or the place it has moved to. */
  async function settleCopy(taken: Taken, photoID: string, resourceID: string): Promise<void> {
    const { item } = taken;
    const photo = photos.photo(photoID);
    if (photo === undefined) throw new Error(`Resource ${resourceID} belongs to no photo`);
    const places = files.filesOfResource(resourceID).filter((file) => file.id !== item.file_id);
    const gone = places.filter((file) => file.state !== 'present' || isGone(file));
    const lost = gone.length === places.length;
    // A copy is kept when nobody can look at the photo's bytes now: a disk that is away may come back, or may not. Should
    // it, the photo has two places for one file, as any exact copy has.
    const kept = lost || (taken.copy !== null && !places.some(isReachable));
    const place = kept ? await copies.place(taken, photo) : await copies.discard(taken);
    const isThere = transaction(() => {
      if (photos.photo(photoID) === undefined || hasLostItsRow(files, item)) return false;
      if (item.photo_id !== null && item.photo_id !== photoID) takeBackHeader(deps, item.photo_id);
      // Moved over a disk's edge or while nobody watched: the old place is no place any more.
      if (lost) for (const file of gone) files.deleteFile(file.id);
      if (item.folder_id !== null || kept) copies.bind(taken, place, photoID, resourceID);
      files.refreshResource(resourceID);
      if (photo.trashed_at !== null && item.folder_id === null) photos.restore(photoID, now());
      if (photo.state !== 'ready' && taken.result.pixels.kind === 'made') setContent(photoID, taken.result, false);
      const outcome = kept && places.length > 0 ? 'updated' : 'duplicate';
      sessions.finishItem(item.id, outcome, { photoID, thumbnail: taken.result.pixels.kind === 'made' });
      return true;
    });
    if (!isThere) await settleAgain(taken, place);
  }

  /** A place whose folder can be reached and that holds no file any more, whatever the last scan saw. */
  function isGone(file: FileRow): boolean {
    const folder = files.folder(file.folder_id);
    return folder?.state === 'available' && existsSync(folder.path) && !existsSync(absolutePath(folder, file.path));
  }

  /** A place that holds its file at this moment. Whether a disk that is away still does, only the disk can say. */
  function isReachable(file: FileRow): boolean {
    const folder = files.folder(file.folder_id);
    const isOpen = file.state === 'present' && folder?.state === 'available';
    return isOpen && existsSync(absolutePath(folder, file.path));
  }

  /** A file edited in place: the same photo with new bytes; albums, tags and people's edits stay. */
  async function settleEdit(taken: Taken): Promise<void> {
    const { item, result, format } = taken;
    const file = item.file_id === null ? undefined : files.file(item.file_id);
    const photo = item.photo_id === null ? undefined : photos.photo(item.photo_id);
    if (file === undefined || photo === undefined) return settleRemoved(taken);
    if (result.sha256 === file.sha256) {
      transaction(() => {
        files.setSeen(file.id, result);
        files.setFileState(file.id, 'present');
        if (file.resource_id !== null) files.refreshResource(file.resource_id);
        sessions.deleteItem(item.id);
      });
      return;
    }
    const other = photos.photoByHash(result.sha256);
    if (other !== undefined && other.id !== photo.id) {
      const original = photos.originalOf(other.id);
      if (original !== undefined) return settleOverwritten(taken, file, other.id, original.id);
    }
    const resource = file.resource_id === null ? undefined : photos.resource(file.resource_id);
    transaction(() => {
      if (resource === undefined) throw new Error(`File ${file.id} has no resource`);
      photos.updateResource(resource.id, { byteSize: result.byteSize, sha256: result.sha256, format }, now());
      if (resource.kind === 'original') setContent(photo.id, result, true);
      files.setSeen(file.id, result);
      files.bindFile(file.id, photo.id, resource.id, result.sha256);
      files.refreshResource(resource.id);
      // Copies in shares had the file for their own bytes, which it holds no more.
      if (file.sha256 !== null) files.refreshBytes(file.sha256);
      sessions.finishItem(item.id, 'updated', { photoID: photo.id, thumbnail: result.pixels.kind === 'made' });
    });
  }

  /** A file overwritten with the bytes of another photo is that photo's now; its own is missing, not deleted. */
  async function settleOverwritten(taken: Taken, file: FileRow, photoID: string, resourceID: string): Promise<void> {
    transaction(() => {
      files.setSeen(file.id, taken.result);
      files.bindFile(file.id, photoID, resourceID, taken.result.sha256);
      files.refreshResource(resourceID);
      if (file.resource_id !== null) files.refreshResource(file.resource_id);
      sessions.finishItem(taken.item.id, 'updated', { photoID });
    });
  }

  /** @returns false when the photo has been thrown away while the file was read and copied: nothing is settled then */
  async function settleAttached(taken: Taken, photo: KnownPhoto, kind: ResourceKind): Promise<boolean> {
    const { item, result, format } = taken;
    if (hasLostItsRow(files, item)) {
      await settleRemoved(taken);
      return true;
    }
    const same = photos.resourcesOf(photo.id).find((resource) => resource.sha256 === result.sha256);
    if (same !== undefined) {
      await settleCopy(taken, photo.id, same.id);
      return true;
    }
    const place = await copies.place(taken, photo);
    const isSettled = transaction(() => {
      const current = photos.photo(photo.id);
      if (hasLostItsRow(files, item)) throw deletedMeanwhile(item);
      if (current === undefined || !isFree(current)) return false;
      const id = newId();
      photos.insertResource(
        {
          id,
          photoID: photo.id,
          kind,
          fileName: basename(item.path),
          mimeType: formats[format].mimeType,
          byteSize: result.byteSize,
          sha256: result.sha256,
        },
        current.zone_id,
        now(),
      );
      photos.setKind(photo.id, kind === 'raw' ? 'rawJpeg' : 'live', now());
      copies.bind(taken, place, photo.id, id);
      sessions.finishItem(item.id, 'imported', { photoID: photo.id });
      return true;
    });
    if (!isSettled) copies.unplace(taken, place);
    return isSettled;
  }

  /** What was known of the photo has changed while the copy was put into its place: the file is taken in as if it came now. */
  async function settleAgain(taken: Taken, place: string | null): Promise<void> {
    copies.unplace(taken, place);
    await settleNew(taken);
  }

  function setContent(photoID: string, { sha256, byteSize, pixels }: ContentResult, edited: boolean): void {
    photos.setContent(
      photoID,
      {
        sha256,
        byteSize,
        thumbhash: pixels.kind === 'made' ? pixels.thumbhash : null,
        ratio: pixels.kind === 'made' ? pixels.ratio : null,
        // A video whose picture a window has yet to make is whole.
        state: pixels.kind === 'none' && pixels.code !== 'needsPoster' ? 'failed' : 'ready',
        edited,
      },
      now(),
    );
  }

  function setFacts(photo: KnownPhoto, { result }: Taken, facts: Facts): void {
    photos.setFacts(photo.id, facts, 3, Number(BigInt(result.modifiedNs) / 1_000_000n), now());
    photos.addKeywords(photo, facts.keywords, now());
    photos.addRating(photo, facts.rating, now());
  }

  /** Looked at too early: the row goes, the file is remembered as waiting, the next scan looks again. */
  function wait(item: ItemRow): void {
    if (item.change === 'new' && item.photo_id !== null) takeBackHeader(deps, item.photo_id);
    if (item.file_id !== null) files.setFileState(item.file_id, 'waiting', 'The file is still being written.');
    sessions.deleteItem(item.id);
    if (item.folder_id !== null) deps.onUnfinished(item.folder_id);
  }
}
