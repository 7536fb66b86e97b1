import { createHash } from 'node:crypto';
import { isEmptyStack, stackToJson } from '../../../shared/edits/stack.ts';
import type { EditStack } from '../../../shared/edits/stack.ts';
import type { MediaPool } from '../media/mediaPool.ts';
import { picturePath, readPicture } from '../media/thumbnailCache.ts';
import type { CachedPicture, PictureSize } from '../media/thumbnailCache.ts';
import type { Store } from '../store/store.ts';
import { rowsPerTransaction } from '../library/steps.ts';
import { createEditTable } from './editTable.ts';

/** Raised when the mathematics changes, so that pictures rendered by the one before are made again. */
const renderingVersion = 1;

/** Pictures of edited photos, by content and edits: thumbnails and previews, made when first asked for. */
export interface EditedPictures {
  /** The cache key of an edited photo's pictures (hex SHA-256), or null when it shows its original. */
  keyOf(photoID: string): string | null;
  /**
   * The edited picture, or null when the photo shows its original (the caller then gives that).
   * @throws AppError when the original is not here or cannot be rendered.
   */
  open(photoID: string, size: PictureSize, signal?: AbortSignal): Promise<CachedPicture | null>;
  dispose(): void;
}

export interface EditedPicturesDependencies {
  readonly store: Store;
  readonly media: Pick<MediaPool, 'run'>;
  readonly cacheDirectory: string;
  readonly newId: () => string;
  /** Where a photo's original lies. @throws AppError notFound, folderUnavailable */
  readonly originalPath: (photoID: string) => string;
  readonly reportError: (error: unknown) => void;
}

/** What an edited picture depends on, and nothing else. */
export function editedKey(sha256: string, stack: EditStack): string {
  return createHash('sha256')
    .update(`${renderingVersion}\n${sha256}\n${JSON.stringify(stackToJson(stack))}`)
    .digest('hex');
}

/**
 * Serves edited pictures, and keeps each tile's shape in step with the current edits whoever changed them: the person,
 * undo, or another computer. The shape is a local column, so putting it right makes no history.
 */
export function createEditedPictures(deps: EditedPicturesDependencies): EditedPictures {
  const { store, media, cacheDirectory, newId, originalPath, reportError } = deps;
  const table = createEditTable(store.connection);
  const running = new Map<string, Promise<unknown>>();
  const passed = { private: store.history.newestToken('private'), shared: store.history.newestToken('shared') };
  let scheduled: NodeJS.Immediate | undefined;

  const current = (photoID: string): { key: string; stack: EditStack } | null => {
    const [photo] = table.photos([photoID]);
    if (photo === undefined || photo.sha256 === null || isEmptyStack(photo.stack)) return null;
    return { key: editedKey(photo.sha256, photo.stack), stack: photo.stack };
  };

  async function render(
    photoID: string,
    key: string,
    stack: EditStack,
    size: PictureSize,
    signal?: AbortSignal,
  ): Promise<void> {
    const name = `${key}-${size}`;
    // Two windows asking for one picture wait for the same rendering.
    const mine =
      running.get(name) ??
      media
        .run(
          'editedPicture',
          { path: originalPath(photoID), stack: stackToJson(stack), size, cacheDirectory, key, nonce: newId() },
          { priority: 'now', ...(signal === undefined ? {} : { signal }) },
        )
        .finally(() => running.delete(name));
    running.set(name, mine);
    await mine;
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
      await render(photoID, wanted.key, wanted.stack, size, signal);
      return readPicture(path) ?? null;
    },
    dispose: () => {
      subscription.dispose();
      clearImmediate(scheduled);
    },
  };
}
