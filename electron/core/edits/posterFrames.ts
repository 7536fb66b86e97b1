import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { stepOf } from '../../../shared/edits/stack.ts';
import { AppError } from '../../../shared/errors.ts';
import type { MediaPool } from '../media/mediaPool.ts';
import { framePath, picturePath, readPicture, writePicture } from '../media/thumbnailCache.ts';
import type { Store } from '../store/store.ts';
import { createEditTable } from './editTable.ts';

/** A frame whose picture a window should make. */
export interface WantedFrame {
  readonly picture: string;
  /** Where in the video, seconds. */
  readonly seconds: number;
}

/**
 * Pictures of the frames that people choose as posters of their videos. There is no decoder for videos in the core: a
 * window that plays the video hands in what it sees, and other computers get the picture as a resource of the photo.
 */
export interface PosterFrames {
  /**
   * Keeps a window's still of a frame, decoded and drawn anew. @param as the name it already has, when it is made again
   * @returns the name for the poster step: the SHA-256 in hex of what is kept
   * @throws AppError notFound, invalidInput for a photo that is no video, fileUnreadable
   */
  keep(photoID: string, bytes: Uint8Array, as: string | null): Promise<string>;
  /** The bytes of a frame's picture, JPEG; null while they are not here. */
  read(picture: string): Uint8Array | null;
  /** How many bytes the picture of a frame has; undefined while it is not here. */
  sizeOf(picture: string): number | undefined;
  /**
   * The chosen frame of a video whose picture is neither here nor on its way, for a window to make again (a cache that was
   * emptied, an edit whose picture was never sent). Null where there is nothing to do.
   */
  wanted(photoID: string): WantedFrame | null;
}

export interface PosterFramesDependencies {
  readonly store: Store;
  readonly media: Pick<MediaPool, 'run'>;
  readonly cacheDirectory: string;
  readonly newId: () => string;
}

export function createPosterFrames({ store, media, cacheDirectory, newId }: PosterFramesDependencies): PosterFrames {
  const table = createEditTable(store.connection);
  const read = (picture: string): Buffer | null => readPicture(framePath(cacheDirectory, picture))?.bytes ?? null;

  /** What a window sent is never kept as it came. */
  async function drawnAnew(photoID: string, bytes: Uint8Array): Promise<Buffer> {
    const key = createHash('sha256').update(`sent\n${newId()}`).digest('hex');
    try {
      const outcome = await media.run('poster', { bytes, key, cacheDirectory, nonce: newId() }, { priority: 'now' });
      const drawn = outcome.kind === 'made' ? readPicture(picturePath(cacheDirectory, key, 'preview')) : undefined;
      if (drawn === undefined) throw new AppError('fileUnreadable', 'The picture cannot be read.', { photoID });
      return drawn.bytes;
    } finally {
      for (const size of ['preview', 'thumb'] as const)
        await rm(picturePath(cacheDirectory, key, size), { force: true });
    }
  }

  return {
    keep: async (photoID, bytes, as) => {
      const [photo] = table.photos([photoID]);
      if (photo === undefined)
        throw new AppError('notFound', 'This photo is not in your library any more.', { photoID });
      if (photo.mediaType !== 'video')
        throw new AppError('invalidInput', 'Only a video has frames to choose from.', { photoID });
      const drawn = await drawnAnew(photoID, bytes);
      const picture = as ?? createHash('sha256').update(drawn).digest('hex');
      writePicture(framePath(cacheDirectory, picture), drawn, newId());
      // Tiles ask for the picture again when their video has it.
      if (table.frameState(photoID, picture) === 'missing')
        store.transaction('ingest', () => table.setFrameState(photoID, picture, 'here'));
      return picture;
    },
    read,
    sizeOf: (picture) => {
      const bytes = read(picture);
      return bytes === null ? undefined : bytes.length;
    },
    wanted: (photoID) => {
      const [photo] = table.photos([photoID]);
      const chosen = photo?.mediaType === 'video' ? stepOf(photo.stack, 'poster') : undefined;
      if (chosen === undefined || chosen.seconds === null || read(chosen.picture) !== null) return null;
      const state = table.frameState(photoID, chosen.picture);
      if (state === 'remote') return null;
      if (state === 'here') store.transaction('ingest', () => table.setFrameState(photoID, chosen.picture, 'missing'));
      return { picture: chosen.picture, seconds: chosen.seconds };
    },
  };
}
