import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, mkdtemp, readdir, realpath, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { realPlace } from '../../../shared/disk/realPlace.ts';
import { stackToJson } from '../../../shared/edits/stack.ts';
import { AppError, errorMessage, isAppError } from '../../../shared/errors.ts';
import type { ExportEvent, ExportFormat, ExportOptions } from '../../../shared/model/edit.ts';
import { isInside } from '../library/pathInside.ts';
import { portableStem } from '../library/portableName.ts';
import { toFileError } from '../media/fileErrors.ts';
import type { MediaPool } from '../media/mediaPool.ts';
import type { OriginalHere } from '../media/originalHere.ts';
import { takeName } from '../media/takeName.ts';
import type { Store } from '../store/store.ts';
import { createEditTable } from './editTable.ts';
import type { EditablePhoto } from './editTable.ts';

export interface PhotoExport {
  /**
   * Writes photos as files, one event per photo as it is done; a photo that fails is named and the rest go on.
   * Names are the photos' own with the new type; a taken name gets a number. A video whose place cannot be removed as
   * asked is failed, not exported with it. Ends early when `signal` aborts.
   * @throws AppError folderUnavailable, invalidInput for a folder that cannot take files.
   */
  run(
    ids: readonly string[],
    directory: string,
    options: ExportOptions,
    signal?: AbortSignal,
  ): AsyncGenerator<ExportEvent, void, void>;
  /**
   * Makes a folder to export into, where it is missing, and never in one that Shoebox watches.
   * @throws AppError folderUnavailable, invalidInput
   */
  makeFolder(directory: string): Promise<void>;
}

export interface PhotoExportDependencies {
  readonly store: Store;
  readonly media: Pick<MediaPool, 'run'>;
  /** Where a photo's original lies, see originalHere.ts. @throws AppError notFound, folderUnavailable, offline */
  readonly originalHere: OriginalHere;
}

const extensions: Readonly<Record<ExportFormat, string>> = { jpeg: '.jpg', webp: '.webp', avif: '.avif', png: '.png' };
/** A name is tried with this many numbers before the export of the photo is given up. */
const mostNumbers = 10_000;

/** Builds the export of a library's photos. */
export function createPhotoExport({ store, media, originalHere }: PhotoExportDependencies): PhotoExport {
  const table = createEditTable(store.connection);

  /** Files of ours in a watched folder would come back as new photos, and that folder belongs to the person. */
  async function refuseWatched(directory: string): Promise<void> {
    const folders = store.connection
      .statement<[], { path: string }>(`SELECT path FROM folder WHERE scope = 'tree' OR kind = 'originals'`)
      .all();
    // A link, or another spelling the file system takes for the same, leads into the same folder.
    const real = await realPlace(directory);
    for (const { path } of folders) {
      if (!isInside(await realpath(path).catch(() => path), real)) continue;
      throw new AppError(
        'invalidInput',
        `${directory} lies in ${path}, which Shoebox watches: exported files would come back as new photos. Choose another folder.`,
        { path: directory },
      );
    }
  }

  /** Makes the file of a photo under a name of its own in `parts`; it is whole when this returns. @returns its path. */
  async function make(
    photo: EditablePhoto,
    parts: string,
    ending: string,
    options: ExportOptions,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const path = await originalHere(photo.id, signal);
    const target = join(parts, `${randomUUID()}${ending}`);
    const { original, ...rendering } = options;
    const { metadata } = options;
    const how = { priority: 'soon' as const, ...(signal === undefined ? {} : { signal }) };
    if (!original && photo.mediaType === 'image')
      await media.run('renderFile', { path, stack: stackToJson(photo.stack), target, options: rendering }, how);
    else if (!original && metadata !== 'all')
      await media.run('strippedVideo', { path, target, metadata, byteSize: (await stat(path)).size }, how);
    // A disk that can share the bytes of two files shares them.
    else await copyFile(path, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    return target;
  }

  /** @returns the path of the file, in `directory`. */
  async function write(
    photo: EditablePhoto,
    directory: string,
    parts: string,
    options: ExportOptions,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const { stem, ending } = portableStem(photo.fileName);
    const asIs = options.original || photo.mediaType === 'video';
    const extension = asIs ? ending : extensions[options.format];
    const made = await make(photo, parts, extension, options, signal);
    for (let number = 1; number < mostNumbers; number++) {
      const target = join(directory, `${stem}${number === 1 ? '' : ` (${number})`}${extension}`);
      if (await takeName(made, target)) return target;
    }
    throw new AppError('alreadyExists', `There are too many files called ${stem} in this folder.`, { path: directory });
  }

  return {
    makeFolder: async (directory) => {
      const folder = resolve(directory);
      try {
        await refuseWatched(folder);
        await mkdir(folder, { recursive: true });
      } catch (error) {
        if (isAppError(error)) throw error;
        const message = `The folder ${folder} cannot be made: ${errorMessage(error)}.`;
        throw new AppError('folderUnavailable', message, { path: folder }, { cause: error });
      }
    },
    run: async function* (ids, directory, options, signal) {
      const folder = resolve(directory);
      const found = await stat(folder).catch(() => undefined);
      if (found?.isDirectory() !== true)
        throw new AppError('folderUnavailable', `The folder ${folder} is not there.`, { path: folder });
      await refuseWatched(folder);
      const parts = await partsIn(folder);
      const photos = new Map(table.photos(ids).map((photo) => [photo.id as string, photo]));
      let [exported, failed] = [0, 0];
      const total = ids.length;
      try {
        for (const id of ids) {
          if (stopped(signal)) break;
          const photo = photos.get(id);
          try {
            if (photo === undefined)
              throw new AppError('notFound', 'This photo is not in your library any more.', { photoID: id });
            const path = await write(photo, folder, parts, options, signal);
            exported++;
            yield { type: 'exported', photoID: photo.id, path, done: exported + failed, total };
          } catch (error) {
            if (stopped(signal)) break;
            failed++;
            const photoID = (photo?.id ?? id) as EditablePhoto['id'];
            yield { type: 'failed', photoID, reason: errorMessage(error), done: exported + failed, total };
          }
        }
      } finally {
        // Also what a media worker left that was ended over its work. What cannot go now (a virus scanner has it open) hides.
        await rm(parts, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 }).catch(() => undefined);
      }
      yield { type: 'finished', exported, failed };
    },
  };
}

/** Asked anew each time: the signal changes while a photo is written. */
const stopped = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

const partsPrefix = '.shoebox-export-';
/** Ours, as `mkdtemp` names them. */
const partsForm = /^\.shoebox-export-[A-Za-z0-9]{6}$/u;
/** Longer than an export takes, ms: a younger folder may be that of one under way. */
const leftAfter = 86_400_000;

/** A process that was killed over its export left what it was making, perhaps a video whose place is still in it. */
async function clearLeftParts(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!partsForm.test(name)) continue;
    const path = join(folder, name);
    const found = await lstat(path).catch(() => undefined);
    if (found?.isDirectory() !== true || Date.now() - found.mtimeMs < leftAfter) continue;
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/**
 * A folder for files in the making, in the folder they are for: a file is given its name when it is whole.
 * @throws AppError folderUnavailable, diskFull
 */
async function partsIn(folder: string): Promise<string> {
  await clearLeftParts(folder);
  try {
    return await mkdtemp(join(folder, partsPrefix));
  } catch (error) {
    const reason = toFileError(error, folder);
    if (reason.code === 'diskFull') throw reason;
    const message = `Nothing can be written into ${folder}: ${errorMessage(error)}.`;
    throw new AppError('folderUnavailable', message, { path: folder }, { cause: error });
  }
}
