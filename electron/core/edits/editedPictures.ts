import { existsSync } from 'node:fs';
import { isEmptyStack, stackToJson, stepOf } from '../../../shared/edits/stack.ts';
import type { EditStack } from '../../../shared/edits/stack.ts';
import { AppError, isAppError } from '../../../shared/errors.ts';
import type { MediaPool } from '../media/mediaPool.ts';
import { createSharedWork } from '../media/sharedWork.ts';
import { framePath, picturePath, readPicture } from '../media/thumbnailCache.ts';
import type { CachedPicture, PictureSize } from '../media/thumbnailCache.ts';
import type { Store } from '../store/store.ts';
import { rowsPerTransaction } from '../library/steps.ts';
import { createEditTable } from './editTable.ts';
import { editedKey, standInKey, uneditedKey } from './pictureKeys.ts';

/** Pictures of edited photos, by content and edits: thumbnails and previews, made when first asked for. */
export interface EditedPictures {
  /** The cache key of an edited photo's pictures (hex SHA-256), or null when it shows its original. */
  keyOf(photoID: string): string | null;
  /**
   * The edited picture, or null when the photo shows its original (the caller then gives that).
   * @throws AppError when the original is not here or cannot be rendered.
   */
  open(photoID: string, size: PictureSize, signal?: AbortSignal): Promise<CachedPicture | null>;
  /**
   * The 1600 px picture without edits that the editor starts from: codes of the photo's working space, no profile.
   * @throws AppError when the original is not here or cannot be decoded.
   */
  openUnedited(photoID: string, signal?: AbortSignal): Promise<CachedPicture>;
  /** The whole frame that was chosen as a video's picture; null without such a choice, or while it is not here. */
  openFrame(photoID: string): CachedPicture | null;
  dispose(): void;
}

/**
 * The file a photo's edits start from: its original, or for a video the frame that was chosen, else the poster in the
 * cache, which is all of it that can be edited. @throws AppError notFound, folderUnavailable
 */
export function createEditablePath(
  { connection }: Pick<Store, 'connection'>,
  cacheDirectory: string,
  originalPath: (photoID: string) => string,
): (photoID: string) => string {
  const table = createEditTable(connection);
  return (photoID) => {
    const [photo] = table.photos([photoID]);
    const sha256 = photo?.mediaType === 'video' ? photo.sha256 : null;
    if (photo === undefined || sha256 === null) return originalPath(photoID);
    const posters = (['preview', 'thumb'] as const).map((size) => picturePath(cacheDirectory, sha256, size));
    const chosen = stepOf(photo.stack, 'poster');
    if (chosen !== undefined) posters.unshift(framePath(cacheDirectory, chosen.picture));
    const poster = posters.find((path) => existsSync(path));
    if (poster === undefined)
      throw new AppError('fileUnsupported', 'This video has no poster yet that could be trimmed.', { photoID });
    return poster;
  };
}

export interface EditedPicturesDependencies {
  readonly store: Store;
  readonly media: Pick<MediaPool, 'run'>;
  readonly cacheDirectory: string;
  readonly newId: () => string;
  /** The file a photo's edits start from, see {@link createEditablePath}. */
  readonly editablePath: (photoID: string) => string;
  readonly reportError: (error: unknown) => void;
}

/**
 * Serves edited pictures, and keeps each tile's shape in step with the current edits whoever changed them: the person,
 * undo, or another computer. The shape is a local column, so putting it right makes no history.
 */
export function createEditedPictures(deps: EditedPicturesDependencies): EditedPictures {
  const { store, media, cacheDirectory, newId, editablePath, reportError } = deps;
  const table = createEditTable(store.connection);
  /** Two windows asking for one picture wait for the same rendering. */
  const running = createSharedWork<unknown>();
  const passed = { private: store.history.newestToken('private'), shared: store.history.newestToken('shared') };
  let scheduled: NodeJS.Immediate | undefined;

  const current = (photoID: string): { key: string; stack: EditStack } | null => {
    const [photo] = table.photos([photoID]);
    const key = photo === undefined || isEmptyStack(photo.stack) ? null : editedKey(photo, photo.stack);
    return photo === undefined || key === null ? null : { key, stack: photo.stack };
  };

  const frameOf = (photoID: string): string | null => {
    const [photo] = table.photos([photoID]);
    const chosen = photo?.mediaType === 'video' ? stepOf(photo.stack, 'poster') : undefined;
    return chosen === undefined ? null : framePath(cacheDirectory, chosen.picture);
  };

  /**
   * What a picture is rendered from: the original, or while that is on another computer the picture of it in the cache,
   * so that a tile shows its edits at once. @throws AppError notFound, folderUnavailable without either
   */
  function startingFile(photoID: string): { readonly path: string; readonly standIn: boolean } {
    try {
      // Until a chosen frame has come from another computer, the video's own poster is trimmed in its place.
      const chosen = frameOf(photoID);
      return { path: editablePath(photoID), standIn: chosen !== null && !existsSync(chosen) };
    } catch (error) {
      const away = isAppError(error) && (error.code === 'notFound' || error.code === 'folderUnavailable');
      const sha256 = table.photos([photoID])[0]?.sha256;
      if (!away || sha256 === undefined || sha256 === null) throw error;
      const pictures = (['preview', 'thumb'] as const).map((size) => picturePath(cacheDirectory, sha256, size));
      const path = pictures.find((one) => existsSync(one));
      if (path === undefined) throw error;
      return { path, standIn: true };
    }
  }

  /** Photos whose current version changed since the last look. */
  function changedPhotos(): string[] {
    const ids = new Set<string>();
    for (const name of ['private', 'shared'] as const) {
      for (;;) {
        const changes = store.history.changesAfter(name, passed[name]);
        for (const change of changes) {
          passed[name] = change.transaction;
          const touches = change.kind === 'update' && change.values !== null && 'current_edit_id' in change.values;
          if (change.entity === 'Photo' && (touches || change.kind === 'insert')) ids.add(change.rowId);
        }
        if (changes.length === 0) break;
      }
    }
    return [...ids];
  }

  function reconcile(): void {
    scheduled = undefined;
    const wrong = table.wrongRatios(changedPhotos());
    for (let start = 0; start < wrong.length; start += rowsPerTransaction)
      store.transaction('maintenance', () => {
        for (const { id, ratio } of wrong.slice(start, start + rowsPerTransaction)) table.setRatio(id, ratio);
      });
  }

  const subscription = store.didChange.subscribe(({ local }) => {
    if (local || scheduled !== undefined) return;
    scheduled = setImmediate(() => {
      try {
        reconcile();
      } catch (error) {
        reportError(error);
      }
    });
  });

  return {
    keyOf: (photoID) => current(photoID)?.key ?? null,
    open: async (photoID, size, signal) => {
      const wanted = current(photoID);
      if (wanted === null) return null;
      const path = picturePath(cacheDirectory, wanted.key, size);
      const cached = readPicture(path);
      if (cached !== undefined) return cached;
      const file = startingFile(photoID);
      const key = file.standIn ? standInKey(wanted.key) : wanted.key;
      const target = picturePath(cacheDirectory, key, size);
      const known = file.standIn ? readPicture(target) : undefined;
      if (known !== undefined) return known;
      const stack = stackToJson(wanted.stack);
      const request = { path: file.path, stack, size, cacheDirectory, key, nonce: newId() };
      const render = (stop: AbortSignal) => media.run('editedPicture', request, { priority: 'now', signal: stop });
      await running.join(target, render, signal);
      return readPicture(target) ?? null;
    },
    openUnedited: async (photoID, signal) => {
      const [photo] = table.photos([photoID]);
      if (photo === undefined)
        throw new AppError('notFound', 'This photo is not in your library any more.', { photoID });
      const key = uneditedKey(photo.sha256 ?? photo.id);
      const path = picturePath(cacheDirectory, key, 'preview');
      const cached = readPicture(path);
      if (cached !== undefined) return cached;
      const request = { path: startingFile(photoID).path, cacheDirectory, key, nonce: newId() };
      const render = (stop: AbortSignal) => media.run('editRendition', request, { priority: 'now', signal: stop });
      await running.join(path, render, signal);
      const made = readPicture(path);
      if (made === undefined)
        throw new AppError('internal', 'A picture just made could not be read back.', { photoID });
      return made;
    },
    openFrame: (photoID) => {
      const path = frameOf(photoID);
      return path === null ? null : (readPicture(path) ?? null);
    },
    dispose: () => {
      subscription.dispose();
      clearImmediate(scheduled);
    },
  };
}
