import { createHash, randomUUIDv7 } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createEditablePath, createEditedPictures } from '../../electron/core/edits/editedPictures.ts';
import type { EditedPictures } from '../../electron/core/edits/editedPictures.ts';
import { createEdits } from '../../electron/core/edits/edits.ts';
import type { Edits } from '../../electron/core/edits/edits.ts';
import { createPosterFrames } from '../../electron/core/edits/posterFrames.ts';
import type { PosterFrames } from '../../electron/core/edits/posterFrames.ts';
import { createPhotoExport } from '../../electron/core/edits/exportPhotos.ts';
import type { PhotoExport } from '../../electron/core/edits/exportPhotos.ts';
import { createSteps } from '../../electron/core/library/steps.ts';
import { createUndo } from '../../electron/core/library/undo.ts';
import type { Undo } from '../../electron/core/library/undo.ts';
import { createMediaJobs } from '../../electron/core/media/mediaJobs.ts';
import { createMediaPool } from '../../electron/core/media/mediaPool.ts';
import type { MediaPool } from '../../electron/core/media/mediaPool.ts';
import { createPermissions } from '../../electron/core/sharing/permissions.ts';
import { openStore } from '../../electron/core/store/store.ts';
import type { Store } from '../../electron/core/store/store.ts';
import { AppError } from '../../shared/errors.ts';
import { localPort } from '../../electron/core/workers/channel.ts';

/** A real store with the edits built on it, and photos put in by hand instead of by ingest. */
export interface EditLibrary {
  readonly store: Store;
  readonly edits: Edits;
  readonly pictures: EditedPictures;
  readonly frames: PosterFrames;
  readonly media: Pick<MediaPool, 'run'>;
  readonly photoExport: PhotoExport;
  readonly undo: Undo;
  readonly directory: string;
  /** Adds a photo that lies at `path`; its facts as ingest would have found them. @returns its id. */
  add(path: string, facts?: Partial<PhotoFacts>): string;
  /** The photo's file is on another computer from now on, until it is brought back. */
  moveAway(id: string): void;
  bringBack(id: string): void;
  /** Makes the unedited thumbnail of a file, as ingest does. */
  cacheThumbnail(path: string): Promise<void>;
  /** The tile shape of a photo, width over height. */
  ratio(id: string): number;
  dispose(): Promise<void>;
}

export interface PhotoFacts {
  readonly width: number;
  readonly height: number;
  readonly orientation: number;
  readonly mediaType: 'image' | 'video';
  readonly zone: string;
  readonly createdBy: string | null;
}

/** @param now the clock; each reading may move on. */
export function openEditLibrary(now: () => number = Date.now): EditLibrary {
  const directory = mkdtempSync(join(tmpdir(), 'shoebox-edits-'));
  const store = openStore({ directory, now, newId: randomUUIDv7 });
  const jobs = createMediaJobs();
  const media = createMediaPool({ spawn: () => localPort(jobs) });
  const permissions = createPermissions(store.connection);
  const away = new Set<string>();
  const originalPath = (id: string): string => {
    const row = store.connection
      .statement<[string], { folder: string; path: string }>(
        `SELECT folder.path AS folder, file.path FROM file JOIN folder ON folder.id = file.folder_id WHERE photo_id = ?`,
      )
      .get(id);
    if (row === undefined || away.has(id)) throw new AppError('notFound', 'The file is not on this computer now.', {});
    return join(row.folder, row.path);
  };
  const cacheDirectory = join(directory, 'cache');
  const frames = createPosterFrames({ store, media, cacheDirectory, newId: randomUUIDv7 });
  const steps = createSteps({ store, newId: randomUUIDv7 });
  const edits = createEdits({
    store,
    steps,
    now,
    newId: randomUUIDv7,
    mayEdit: (id) => permissions.mayPhoto(id, 'edit'),
    source: (id) => media.run('editSource', { path: editablePath(id) }, { priority: 'now' }),
    frameSize: (picture) => frames.sizeOf(picture),
  });
  const editablePath = createEditablePath(store, cacheDirectory, originalPath);
  const failures: unknown[] = [];
  const pictures = createEditedPictures({
    store,
    media,
    cacheDirectory,
    newId: randomUUIDv7,
    editablePath,
    reportError: (error) => failures.push(error),
  });
  return {
    store,
    edits,
    pictures,
    frames,
    media,
    undo: createUndo({ store, steps, now, newId: randomUUIDv7 }),
    photoExport: createPhotoExport({ store, media, originalHere: async (id) => originalPath(id) }),
    directory,
    add: (path, facts = {}) => {
      const {
        width = 600,
        height = 450,
        orientation = 1,
        mediaType = 'image',
        zone = 'library',
        createdBy = null,
      } = facts;
      const [id, resource, folder] = [randomUUIDv7(), randomUUIDv7(), `folder ${dirname(path)}`];
      const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
      const turned = orientation >= 5 ? height / width : width / height;
      store.transaction('ingest', ({ raw }) => {
        raw
          .prepare(
            `INSERT INTO photo (id, zone_id, kind, media_type, file_name, width, height, orientation, sha256, created_by,
               created_at, modified_at, sort_at, ratio) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          )
          .run(
            id,
            zone,
            mediaType === 'video' ? 'video' : 'photo',
            mediaType,
            basename(path),
            width,
            height,
            orientation,
            sha256,
            createdBy,
            now(),
            now(),
            now(),
            Math.round(turned * 1000),
          );
        raw
          .prepare(
            `INSERT INTO resource (id, zone_id, photo_id, kind, file_name, created_at, modified_at) VALUES (?, ?, ?, 'original', ?, ?, ?)`,
          )
          .run(resource, zone, id, basename(path), now(), now());
        raw
          .prepare(`INSERT OR IGNORE INTO folder (id, kind, path, added_at) VALUES (?, 'watched', ?, ?)`)
          .run(folder, dirname(path), now());
        raw
          .prepare(
            `INSERT INTO file (id, folder_id, path, resource_id, photo_id, byte_size, modified_ns, changed_ns, inode, device, sha256, state)
             VALUES (?, ?, ?, ?, ?, 1, '0', '0', '0', '0', ?, 'present')
             ON CONFLICT (folder_id, path) DO UPDATE SET photo_id = excluded.photo_id`,
          )
          .run(randomUUIDv7(), folder, basename(path), resource, id, sha256);
      });
      return id;
    },
    moveAway: (id) => void away.add(id),
    bringBack: (id) => void away.delete(id),
    cacheThumbnail: async (path) => {
      const key = createHash('sha256').update(readFileSync(path)).digest('hex');
      await jobs.picture({ path, format: 'jpeg', size: 'thumb', cacheDirectory, key, nonce: 'n' });
    },
    ratio: (id) =>
      (store.connection.statement<[string], { ratio: number }>('SELECT ratio FROM photo WHERE id = ?').get(id)?.ratio ??
        0) / 1000,
    dispose: async () => {
      pictures.dispose();
      await media.dispose();
      await jobs.end();
      store.dispose();
      rmSync(directory, { recursive: true, force: true });
      if (failures.length > 0) throw new Error('Keeping tiles in shape failed', { cause: failures[0] });
    },
  };
}
