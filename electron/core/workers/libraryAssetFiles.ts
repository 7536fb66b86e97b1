import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { bulkSize, createBulkBuffers } from '../../../shared/disk/bulkBuffers.ts';
import { createOriginals } from '../library/originals.ts';
import { AppError } from '../../../shared/errors.ts';
import { systemCode } from '../../../shared/disk/systemCode.ts';
import { removeIfPossible } from '../media/removeIfPossible.ts';
import { framePath, isPictureKey, picturePath, readPicture, writePicture } from '../media/thumbnailCache.ts';
import { filesHolding } from '../store/queries/heldBytes.ts';
import type { Store } from '../store/store.ts';
import type { AssetFiles, AssetResource } from '../sync/assetFiles.ts';
import { largestChunk } from '../sync/assetUpload.ts';
import { createEviction } from './eviction.ts';
import { identity } from './fileLooks.ts';
import { onDisk, openedBytes, openedFile, openPartial } from './openAssets.ts';

/** Buffers kept for the next downloads, and for the next uploads. */
const keptBuffers = 4;

/**
 * The files of a library for the sync engine: originals where ingest puts them, grid pictures in the cache, downloads
 * under way in a folder of their own, so that a restart goes on where it was.
 */
export function createLibraryAssetFiles(deps: {
  readonly store: Store;
  readonly now: () => number;
  readonly newId: () => string;
}): AssetFiles {
  const { store, now, newId } = deps;
  const { connection } = store;
  const downloads = join(store.directory, 'downloads');
  const originals = createOriginals({ directory: join(store.directory, 'originals') });
  /** The picture of a chosen frame of a video. */
  const isFrame = ({ kind }: AssetResource) => kind === 'editedThumbnail';
  const isPicture = ({ kind }: AssetResource) => kind === 'thumbnail';
  const pictureOf = ({ photoSha256 }: AssetResource) =>
    photoSha256 === null || !isPictureKey(photoSha256)
      ? undefined
      : picturePath(join(store.directory, 'cache'), photoSha256, 'thumb');
  const frameOf = ({ sha256 }: AssetResource) => framePath(join(store.directory, 'cache'), sha256);
  const partialPath = (sha256: string) => {
    // A row of before records were asked for the form of their hashes: it must not name a place of its own choice.
    if (!isPictureKey(sha256))
      throw new AppError('fileUnreadable', 'The record of this file has no hash that can be one.');
    return join(downloads, `${sha256}.part`);
  };
  const buffers = createBulkBuffers(bulkSize, keptBuffers);
  const readBuffers = createBulkBuffers(largestChunk, keptBuffers);
  // Downloads that were under way when their photo or its share went: nobody will ask for them any more.
  const wanted = connection.statement<[string]>('SELECT 1 FROM resource WHERE sha256 = ? LIMIT 1');
  for (const name of namesIn(downloads)) {
    if (wanted.get(basename(name, '.part')) === undefined) removeIfPossible(join(downloads, name));
  }

  /** What lies where a picture of this resource is kept; undefined for nothing. */
  const pictureBytes = async (resource: AssetResource): Promise<Uint8Array | undefined> => {
    if (isFrame(resource)) return readPicture(frameOf(resource))?.bytes;
    const path = pictureOf(resource);
    return path === undefined ? undefined : readFile(path).catch(() => undefined);
  };

  const pathOf = (resource: AssetResource): string | undefined => {
    const [best] = filesHolding(connection, resource);
    return best?.reachable === 1 && best.current === 1 ? best.path : undefined;
  };

  const originalsFolder = (): string => {
    const known = connection.statement<[], { id: string }>(`SELECT id FROM folder WHERE kind = 'originals'`).get();
    if (known !== undefined) return known.id;
    const id = newId();
    connection
      .statement<[string, string, number]>(
        `INSERT INTO folder (id, kind, path, added_at) VALUES (?, 'originals', ?, ?)`,
      )
      .run(id, originals.directory, now());
    return id;
  };

  /** @returns false when the row has gone, or has got other bytes than these */
  const setHere = ({ id, sha256 }: Pick<AssetResource, 'id' | 'sha256'>): boolean =>
    connection
      .statement<[string, string]>(`UPDATE resource SET local_state = 'here' WHERE id = ? AND sha256 = ?`)
      .run(id, sha256) === 1;

  /**
   * A picture whose resource went while it was on its way (a share that ended) must not stay readable, unless another
   * photo of the same content shows it.
   */
  const removeUnowned = (resource: AssetResource, path: string): void => {
    const used = isFrame(resource)
      ? connection.statement<[string]>('SELECT 1 FROM resource WHERE sha256 = ? LIMIT 1').get(resource.sha256)
      : connection.statement<[string | null]>('SELECT 1 FROM photo WHERE sha256 = ? LIMIT 1').get(resource.photoSha256);
    if (used === undefined) rmSync(path, { force: true });
  };

  /** Pictures are kept by the hash of the photo, which a record of somebody's share may name as well: mine stays what it is. */
  const isTaken = ({ zoneId, photoSha256 }: AssetResource, path: string): boolean =>
    zoneId !== 'library' &&
    connection
      .statement<[string | null]>(`SELECT 1 FROM photo WHERE sha256 = ? AND zone_id = 'library' LIMIT 1`)
      .get(photoSha256) !== undefined &&
    readPicture(path) !== undefined;

  const notePicture = (resource: AssetResource, path: string): void => {
    store.transaction('sync', () => {
      if (!setHere(resource)) removeUnowned(resource, path);
    });
  };

  /** Whose file it is that lies at a place already: with the same bytes it serves what arrives as well. */
  const ownerAt = (folderID: string, relative: string, sha256: string) =>
    connection
      .statement<[string, string, string], Pick<AssetResource, 'id' | 'photoId' | 'kind'>>(
        `SELECT resource.id, resource.photo_id AS photoId, resource.kind FROM file JOIN resource ON resource.id = file.resource_id
         WHERE file.folder_id = ? AND file.path = ? AND resource.sha256 = ?`,
      )
      .get(folderID, relative, sha256);

  /** Whom a file is for: who asked for it, or another photo of the same bytes when that has gone; undefined when nobody is left. */
  const standing = (resource: AssetResource) =>
    connection
      .statement<[string, string, string], Pick<AssetResource, 'id' | 'photoId' | 'kind'>>(
        `SELECT id, photo_id AS photoId, kind FROM resource WHERE id = ? OR sha256 = ? ORDER BY id = ? DESC LIMIT 1`,
      )
      .get(resource.id, resource.sha256, resource.id);

  const noteHere = (resource: AssetResource, relative: string): void => {
    store.transaction('sync', () => {
      // Looked at inside: a photo of the same bytes, whose file this may be, may just have been deleted for good.
      const seen = identity(join(originals.directory, relative));
      const folderID = originalsFolder();
      const owner = ownerAt(folderID, relative, resource.sha256) ?? standing(resource);
      if (owner === undefined) {
        // The share ended, or the photo was deleted, while its original was on its way: it must not stay readable.
        if (!removeIfPossible(join(originals.directory, ...relative.split('/')))) {
          throw new AppError('fileUnreadable', `${relative} belongs to no photo any more and cannot be removed.`);
        }
        return;
      }
      connection
        .statement<(string | number)[]>(
          `INSERT INTO file (id, folder_id, path, resource_id, photo_id, byte_size, modified_ns, changed_ns, inode,
             device, sha256, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (folder_id, path) DO UPDATE SET resource_id = excluded.resource_id,
             photo_id = excluded.photo_id, sha256 = excluded.sha256, state = excluded.state,
             byte_size = excluded.byte_size, modified_ns = excluded.modified_ns, changed_ns = excluded.changed_ns,
             inode = excluded.inode, device = excluded.device`,
        )
        .run(
          newId(),
          folderID,
          relative,
          owner.id,
          owner.photoId,
          seen.byteSize,
          seen.modifiedNs,
          seen.changedNs,
          seen.inode,
          seen.device,
          resource.sha256,
          owner.kind === 'sidecar' ? 'sidecar' : 'present',
        );
      // A file that had gone is back for its owner too.
      if (owner.id !== resource.id) setHere({ id: owner.id, sha256: resource.sha256 });
      setHere(resource);
    });
  };

  const place = async (resource: AssetResource): Promise<void> => {
    const from = partialPath(resource.sha256);
    if (isFrame(resource)) {
      // Named by its own hash, which was checked: nobody can put another picture in its place.
      writePicture(frameOf(resource), await readFile(from), newId());
      await rm(from, { force: true });
      notePicture(resource, frameOf(resource));
      return;
    }
    if (isPicture(resource)) {
      const target = pictureOf(resource);
      if (target === undefined) return;
      if (isTaken(resource, target)) await rm(from, { force: true });
      else {
        await mkdir(dirname(target), { recursive: true });
        const temporary = `${target}.${randomUUID()}.tmp`;
        await rename(from, temporary);
        await rename(temporary, target);
      }
      notePicture(resource, target);
      return;
    }
    // An original is let go of by the server's say-so later on: it has to be on the disk before it counts as here.
    const handle = await open(from, 'r+');
    try {
      // What was checked is what came in; the file must have it all, and nothing else.
      const { size } = await handle.stat();
      if (resource.byteSize > 0 && size !== resource.byteSize) {
        throw new AppError('fileUnreadable', `The copy of ${resource.fileName} was changed while it was brought.`);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    const relative = await originals.place(from, resource.fileName, resource.sortAt, resource.sha256);
    noteHere(resource, relative);
  };

  return {
    open: async (resource) => {
      if (isFrame(resource) || isPicture(resource)) {
        const bytes = await pictureBytes(resource);
        // One that was made again here, or by another computer, may differ from what the record speaks of.
        return bytes !== undefined && sha256Of(bytes) === resource.sha256 ? openedBytes(bytes) : undefined;
      }
      const path = pathOf(resource);
      if (path === undefined) return undefined;
      let handle: FileHandle;
      try {
        handle = await open(path, 'r');
      } catch {
        return undefined;
      }
      return openedFile(handle, (await handle.stat()).size, readBuffers);
    },
    partial: (sha256) =>
      onDisk(downloads, async () => {
        const path = partialPath(sha256);
        try {
          return await openPartial(path, buffers);
        } catch (error) {
          // Nearly always the folder is there.
          if (systemCode(error) !== 'ENOENT') throw error;
          await mkdir(downloads, { recursive: true });
          return openPartial(path, buffers);
        }
      }),
    place: (resource) => onDisk(partialPath(resource.sha256), () => place(resource)),
    placePictures: async (pictures) => {
      const placed: { readonly resource: AssetResource; readonly target: string }[] = [];
      for (const { resource, bytes } of pictures) {
        const target = isPicture(resource) ? pictureOf(resource) : undefined;
        if (target === undefined) continue;
        await onDisk(target, async () => {
          if (isTaken(resource, target)) return;
          await mkdir(dirname(target), { recursive: true });
          const temporary = `${target}.${randomUUID()}.tmp`;
          await writeFile(temporary, bytes);
          await rename(temporary, target);
        });
        placed.push({ resource, target });
      }
      store.transaction('sync', () => {
        for (const { resource, target } of placed) if (!setHere(resource)) removeUnowned(resource, target);
      });
    },
    evict: createEviction({ store, setHere, buffers }),
  };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
