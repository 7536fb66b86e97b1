import { existsSync, lstatSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import type { Facts } from '../media/facts.ts';
import type { Format } from '../media/formats.ts';
import type { ContentResult } from '../media/mediaJobs.ts';
import { sortAt } from '../store/derivedColumns.ts';
import type { Originals } from './originals.ts';
import type { KnownPhoto } from './photoRows.ts';
import { absolutePath, type PassContext } from './session.ts';
import type { ItemRow } from './sessionRows.ts';

/** The bytes of one file, read and perhaps copied, on their way into rows. */
export interface Taken {
  readonly item: ItemRow;
  readonly format: Format;
  readonly result: ContentResult;
  /** A verified copy waiting for its place; null when the file stays where it is. */
  readonly copy: string | null;
  readonly facts: Facts | undefined;
}

/** Where the library's own copies go; undefined when files are referenced in place. */
export type CopyPlace = { readonly place: Originals; readonly folderID: string } | undefined;

/** The way of a file's copy: from its temporary name to its place, and into the rows that name it. */
export interface PlacedCopies {
  /** Gives the copy its place by the photo's capture month; null when nothing was copied. */
  place(taken: Taken, photo: KnownPhoto): Promise<string | null>;
  /**
   * Removes a copy that got its place for a photo which is gone: no row names it, so that nothing would ever clear it away.
   * Only the very file of this item's temporary name: what was there before with the same bytes is somebody else's.
   */
  unplace(taken: Taken, place: string | null): void;
  /** Lets go of a copy's temporary name: of the copy itself, when it has no place by now. */
  discard(taken: Taken): Promise<null>;
  /** Writes down where the bytes lie. Call inside a transaction. @throws AppError conflict when they have gone meanwhile */
  bind(taken: Taken, place: string | null, photoID: string, resourceID: string): void;
}

export function createPlacedCopies(
  deps: Pick<PassContext, 'files' | 'newId'> & {
    readonly originals: CopyPlace;
    /** Told of what failed without failing the photo. */
    readonly reportError: (error: unknown) => void;
  },
): PlacedCopies {
  const { originals, files, newId } = deps;
  return {
    place: async ({ item, result, copy, facts }, photo) => {
      if (copy === null || originals === undefined) return null;
      const time = sortAt(facts?.takenAt ?? photo.taken_at, Number(BigInt(result.modifiedNs) / 1_000_000n));
      return originals.place.place(copy, basename(item.path), time, result.sha256, { keep: true });
    },

    unplace: ({ copy }, place) => {
      if (copy === null || place === null || originals === undefined) return;
      const path = absolutePath({ path: originals.place.directory }, place);
      try {
        const [there, temporary] = [path, copy].map((one) => lstatSync(one, { throwIfNoEntry: false }));
        const isOurs = there !== undefined && there.ino === temporary?.ino;
        if (isOurs && files.fileAt(originals.folderID, place) === undefined) rmSync(path, { force: true });
      } catch (error) {
        deps.reportError(error);
      }
    },

    discard: async ({ copy }) => {
      if (copy !== null) {
        // What stays is cleared at the next start; the photo itself is settled by now.
        await originals?.place.release(copy).catch(deps.reportError);
      }
      return null;
    },

    bind: ({ item, result }, place, photoID, resourceID) => {
      if (place !== null && originals !== undefined) {
        // The place may be that of a same-bytes photo which was deleted for good since: its file goes with its rows.
        if (!existsSync(absolutePath({ path: originals.place.directory }, place))) throw deletedMeanwhile(item);
        const known = files.fileAt(originals.folderID, place);
        const id = known?.id ?? newId();
        if (known === undefined) {
          files.insertFile({
            id,
            folder_id: originals.folderID,
            path: place,
            resource_id: resourceID,
            photo_id: photoID,
            byte_size: result.byteSize,
            modified_ns: result.modifiedNs,
            changed_ns: result.changedNs,
            inode: '0',
            device: '0',
            sha256: result.sha256,
            state: 'present',
            reason: null,
          });
        } else files.bindFile(id, photoID, resourceID, result.sha256);
      } else if (item.file_id !== null) {
        files.setSeen(item.file_id, result);
        files.bindFile(item.file_id, photoID, resourceID, result.sha256);
      }
      files.refreshResource(resourceID);
    },
  };
}

/** A file in place whose row went with its folder, which is no longer watched: a photo of it would have no bytes. */
export function hasLostItsRow(files: Pick<PassContext['files'], 'file'>, { file_id: fileID }: ItemRow): boolean {
  return fileID !== null && files.file(fileID) === undefined;
}

/** A file whose photo went while it was being taken in. */
export function deletedMeanwhile({ path }: ItemRow): AppError {
  return new AppError('conflict', `${basename(path)} was deleted while it was being taken in. Import it again.`);
}
