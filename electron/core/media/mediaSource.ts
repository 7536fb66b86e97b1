import { open, stat } from 'node:fs/promises';
import { assertNever } from '../../../shared/assertNever.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Media, MediaSource } from '../mediaSourcePort.ts';
import { heldBytes, notHere, remoteResource, type HeldBytes, type HeldKind } from '../store/queries/heldBytes.ts';
import type { Store } from '../store/store.ts';
import { toFileError } from './fileErrors.ts';
import { formatOfMime, formats, type Format } from './formats.ts';
import type { MediaPool } from './mediaPool.ts';
import { createSharedWork } from './sharedWork.ts';
import { picturePath, readPicture, type CachedPicture, type PictureSize } from './thumbnailCache.ts';

/** Pictures of photos with a person's edits; null where there are none. */
export interface EditedSource {
  open(photoID: string, size: PictureSize, signal?: AbortSignal): Promise<CachedPicture | null>;
  keyOf(photoID: string): string | null;
  /** The 1600 px picture without edits that the editor starts from. */
  openUnedited(photoID: string, signal?: AbortSignal): Promise<CachedPicture>;
  /** The frame of a video that was chosen as its picture; null where there is none. */
  openFrame(photoID: string): CachedPicture | null;
}

export interface LibraryMediaSource extends MediaSource {
  /** Takes a picture that a window's decoder made of a video. It is decoded and drawn anew in the media worker. */
  savePoster(photoID: string, bytes: Uint8Array): Promise<void>;
  /** Makes the 1600 px preview of a photo without sending it: for idle times. False when there already is one. */
  prepare(photoID: string, signal: AbortSignal): Promise<boolean>;
}

export interface MediaSourceDependencies {
  readonly store: Store;
  readonly pool: Pick<MediaPool, 'run'>;
  readonly cacheDirectory: string;
  readonly newId: () => string;
  readonly edited?: EditedSource;
  /**
   * Brings the bytes of a resource that lies only on the server. @throws AppError offline, notAuthenticated
   */
  readonly fetchResource?: (resourceID: string) => Promise<void>;
}

/** Formats every browser Shoebox runs in shows by itself. */
const shownByBrowsers = new Set<Format>(['jpeg', 'png', 'webp', 'gif', 'avif', 'mp4', 'mov', 'webm']);

interface PhotoRow {
  readonly id: string;
  readonly file_name: string;
  readonly media_type: 'image' | 'video';
  readonly sha256: string | null;
  readonly motion_bytes: number | null;
  readonly zone_id: string;
}

/**
 * Where every shell gets image bytes from. Ids go in, never paths; what is missing from the cache is made again, and
 * a cached picture is only given out when its hash is right.
 */
export function createMediaSource(deps: MediaSourceDependencies): LibraryMediaSource {
  const { store, pool, cacheDirectory, newId, edited } = deps;
  const { statement } = store.connection;
  const making = createSharedWork<void>();

  return {
    open: async (photoID, variant, signal) => {
      const photo = photoRow(photoID);
      switch (variant) {
        case 'thumb':
        case 'preview': {
          const picture = await edited?.open(photoID, variant, signal);
          if (picture != null) return toMedia(picture, `${edited?.keyOf(photoID) ?? ''}-${variant}`);
          return original(photo, variant, signal);
        }
        case 'unedited':
          if (edited === undefined || photo.media_type === 'video') return original(photo, 'preview', signal);
          return toMedia(await edited.openUnedited(photoID, signal), `${photo.sha256 ?? photoID}-unedited`);
        case 'poster': {
          const frame = edited?.openFrame(photoID);
          return frame == null
            ? original(photo, 'preview', signal)
            : toMedia(frame, `${edited?.keyOf(photoID) ?? ''}-frame`);
        }
        case 'original':
          return originalFile(photo, signal);
        case 'live':
          return movingPart(photo);
        default:
          return assertNever(variant, 'variant');
      }
    },
    prepare: async (photoID, signal) => {
      const { sha256 } = photoRow(photoID);
      if (sha256 === null || readPicture(picturePath(cacheDirectory, sha256, 'preview')) !== undefined) return false;
      await make(photoRow(photoID), sha256, 'preview', signal, 'later');
      return true;
    },
    savePoster: async (photoID, bytes) => {
      const { sha256, media_type } = photoRow(photoID);
      if (media_type !== 'video' || sha256 === null) {
        throw new AppError('invalidInput', 'Only a video takes a picture of its own.', { photoID });
      }
      const outcome = await pool.run('poster', { bytes, key: sha256, cacheDirectory, nonce: newId() });
      if (outcome.kind !== 'made') throw new AppError('fileUnreadable', 'The picture cannot be read.', { photoID });
      store.transaction('ingest', () => {
        statement<[string, number, string, string]>(
          `UPDATE photo SET thumbhash = ?, ratio = ?, state = 'ready' WHERE id = ? AND sha256 = ?`,
        ).run(outcome.thumbhash, Math.round(Math.min(10, Math.max(0.1, outcome.ratio)) * 1_000), photoID, sha256);
      });
    },
  };

  function photoRow(photoID: string): PhotoRow {
    const row = statement<[string], PhotoRow>(
      'SELECT id, file_name, media_type, sha256, motion_bytes, zone_id FROM photo WHERE id = ?',
    ).get(photoID);
    if (row === undefined) throw new AppError('notFound', 'This photo is not in the library.', { photoID });
    return row;
  }

  /** Bytes of a kind that can be read now; what lies only on the server is brought first, if it may be. */
  async function bytesOf(photoID: string, kind: HeldKind, mayFetch = true): Promise<HeldBytes> {
    const remote =
      mayFetch && deps.fetchResource !== undefined ? remoteResource(store.connection, photoID, kind) : undefined;
    if (remote !== undefined) await deps.fetchResource?.(remote);
    const held = heldBytes(store.connection, photoID, kind);
    if (held === undefined) throw notHere(photoID);
    return held;
  }

  async function original(photo: PhotoRow, size: PictureSize, signal: AbortSignal): Promise<Media> {
    if (photo.sha256 === null) {
      throw new AppError('notFound', 'The picture of this photo is not made yet.', { photoID: photo.id });
    }
    const cached = readPicture(picturePath(cacheDirectory, photo.sha256, size));
    if (cached !== undefined) return toMedia(cached, `${photo.sha256}-${size}`);
    await make(photo, photo.sha256, size, signal, 'now');
    const made = readPicture(picturePath(cacheDirectory, photo.sha256, size));
    if (made === undefined) throw new AppError('fileUnreadable', 'The picture could not be kept in the cache.');
    return toMedia(made, `${photo.sha256}-${size}`);
  }

  /** Makes a cached picture; whoever asks for one in the making waits for the same work. */
  async function make(
    photo: PhotoRow,
    sha256: string,
    size: PictureSize,
    signal: AbortSignal,
    priority: 'now' | 'later',
  ): Promise<void> {
    const work = async (stop: AbortSignal): Promise<void> => {
      // Work for idle times must not bring every original of a library that fetches on demand.
      const place = await bytesOf(photo.id, 'original', priority === 'now');
      // A picture of older bytes would be kept as that of the new ones.
      if (!place.current) throw notHere(photo.id);
      const format = place.mimeType === null ? undefined : formatOfMime(place.mimeType);
      if (format === undefined) throw new AppError('fileUnsupported', `${photo.file_name} has no picture to show.`);
      const outcome = await pool.run(
        'picture',
        { path: place.path, format, size, cacheDirectory, key: sha256, nonce: newId() },
        { signal: stop, priority },
      );
      if (outcome.kind === 'none') {
        throw new AppError('fileUnreadable', `${photo.file_name}: ${outcome.reason}`, { photoID: photo.id });
      }
    };
    await making.join(`${sha256}-${size}`, work, signal);
  }

  async function originalFile(photo: PhotoRow, signal: AbortSignal): Promise<Media> {
    const place = await bytesOf(photo.id, 'original');
    const format = place.mimeType === null ? undefined : formatOfMime(place.mimeType);
    if (format === undefined || !shownByBrowsers.has(format)) {
      return { ...(await original(photo, 'preview', signal)), fileName: photo.file_name };
    }
    return { ...(await fileMedia(place, formats[format].mimeType)), fileName: photo.file_name };
  }

  /** The video of a Live Photo, or the one behind the picture in a motion photo. */
  async function movingPart(photo: PhotoRow): Promise<Media> {
    if (photo.motion_bytes === null) {
      const place = await bytesOf(photo.id, 'pairedVideo');
      return fileMedia(place, place.mimeType ?? 'video/quicktime');
    }
    const place = await bytesOf(photo.id, 'original');
    const bytes = await tailOf(place.path, photo.motion_bytes);
    return {
      body: { kind: 'bytes', bytes },
      size: bytes.length,
      mime: 'video/mp4',
      etag: `${place.sha256}-live`,
    };
  }
}

async function fileMedia(place: HeldBytes, mime: string): Promise<Media> {
  const { path, sha256 } = place;
  try {
    const { size } = await stat(path);
    return { body: { kind: 'file', path }, size, mime, etag: `${sha256}-${size}` };
  } catch (error) {
    throw toFileError(error, path);
  }
}

/** The last bytes of a motion photo, from the video's own first box on. */
async function tailOf(path: string, length: number): Promise<Uint8Array> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw toFileError(error, path);
  });
  try {
    const { size } = await handle.stat();
    if (length > size || length > 256 * 1024 * 1024) {
      throw new AppError('fileUnreadable', 'The moving part of this photo is damaged.', { path });
    }
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await handle.read(bytes, 0, length, size - length);
    if (bytesRead < 12 || bytes.toString('latin1', 4, 8) !== 'ftyp') {
      throw new AppError('fileUnreadable', 'The moving part of this photo is damaged.', { path });
    }
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function toMedia(picture: CachedPicture, etag: string): Media {
  return { body: { kind: 'bytes', bytes: picture.bytes }, size: picture.bytes.length, mime: picture.mimeType, etag };
}
