import { createHash, randomUUID } from 'node:crypto';
import { constants, readdirSync, rmSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { bulkSize, createBulkBuffers, type BulkBuffers } from '../../../shared/disk/bulkBuffers.ts';
import { createBulkWriter } from '../../../shared/disk/bulkWriter.ts';
import { createOriginals } from '../library/originals.ts';
import { AppError } from '../../../shared/errors.ts';
import { systemCode } from '../../../shared/disk/systemCode.ts';
import { toFileError } from '../media/fileErrors.ts';
import { removeIfPossible } from '../media/removeIfPossible.ts';
import { framePath, isPictureKey, picturePath, readPicture, writePicture } from '../media/thumbnailCache.ts';
import { filesHolding } from '../store/queries/heldBytes.ts';
import type { Store } from '../store/store.ts';
import type { AssetFiles, AssetResource, OpenAsset, PartialAsset } from '../sync/assetFiles.ts';
import { largestChunk } from '../sync/assetUpload.ts';
import { hashOf, identity, lookOf, nothing } from './fileLooks.ts';

/** Buffers kept for the next downloads, and for the next uploads. */
const keptBuffers = 4;

/** A file in the folder of originals, as its row has it. */
interface Copy {
  readonly id: string;
  readonly folder: string;
  readonly path: string;
  readonly bytes: number;
  /** When the file was last written, as it was when it was taken in: of a copy that is the time of what it was made of. */
  readonly modifiedNs: string;
  readonly sha256: string | null;
}

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

  /** Where a resource lies. The copy of the bytes it has now comes last: while another one stays, it stays as well. */
  const copiesOf = (resource: AssetResource) =>
    connection
      .statement<[string, string], Copy & { readonly kind: string }>(
        `SELECT file.id, file.path, folder.kind, folder.path AS folder, file.byte_size AS bytes,
           file.modified_ns AS modifiedNs, file.sha256
         FROM file JOIN folder ON folder.id = file.folder_id
         WHERE file.resource_id = ? AND file.state = 'present' ORDER BY file.sha256 IS ?, file.id`,
      )
      .all(resource.id, resource.sha256);

  /** Counts the copies of a resource as gone. @returns those copies; none where they have to stay */
  const forgetCopies = (resource: AssetResource): readonly Copy[] => {
    const copies = copiesOf(resource);
    // A watched folder is the person's own: nothing in it is ever touched, and a copy there keeps the photo here.
    if (copies.some(({ kind }) => kind !== 'originals')) return [];
    // One file serves all photos of the same bytes; the server was asked about this one only.
    const needed = connection
      .statement<[string, string]>(
        `SELECT 1 FROM resource AS r WHERE r.sha256 = ? AND r.id <> ? AND r.local_state = 'here'
         AND NOT EXISTS (SELECT 1 FROM file AS f WHERE f.resource_id = r.id AND f.state = 'present') LIMIT 1`,
      )
      .get(resource.sha256, resource.id);
    if (needed !== undefined) return [];
    const forget = connection.statement<[string]>(`UPDATE file SET state = 'missing' WHERE id = ?`);
    for (const { id } of copies) forget.run(id);
    return copies;
  };

  /**
   * Removes copies that count as gone. An import that finds one of these files in its place makes it its own, and asks, in a
   * transaction as this is one, whether it is there (placedCopies.ts).
   * @param looks what each looked like when it was found to have its own bytes: one written into since then stays
   * @returns whether all went; what stays is present again
   */
  const removeCopies = (copies: readonly Copy[], looks: ReadonlyMap<string, string>): boolean => {
    let allGone = true;
    for (const { id, folder, path } of copies) {
      const state = connection
        .statement<[string], { state: string }>('SELECT state FROM file WHERE id = ?')
        .get(id)?.state;
      if (state !== 'missing') continue;
      const place = join(folder, ...path.split('/'));
      allGone &&= looks.get(id) === lookOf(place) && removeIfPossible(place);
      if (allGone) connection.statement<[string]>('DELETE FROM file WHERE id = ?').run(id);
      else connection.statement<[string]>(`UPDATE file SET state = 'present' WHERE id = ?`).run(id);
    }
    return allGone;
  };

  /**
   * What the copies of a resource look like, each with its own bytes; undefined when another program has written into one:
   * what was written nobody else has, whatever the server holds of the bytes before. A copy is younger than what it was made
   * of, so that the time says nothing and its bytes are read.
   */
  const unwritten = async (copies: readonly Copy[], ofRow: string): Promise<Map<string, string> | undefined> => {
    const looks = new Map<string, string>();
    for (const { id, folder, path, bytes, modifiedNs, sha256 } of copies) {
      const place = join(folder, ...path.split('/'));
      const look = lookOf(place);
      if (look !== nothing && look !== `${bytes} ${modifiedNs}`) {
        const isSame =
          look.startsWith(`${bytes} `) && (await hashOf(place, buffers).catch(() => undefined)) === (sha256 ?? ofRow);
        if (!isSame) return undefined;
      }
      looks.set(id, look);
    }
    return looks;
  };

  /** The rows first and for certain: a row without its file would be a photo that cannot be opened. */
  const letGo = async (resource: AssetResource, note: (gone: boolean) => void): Promise<number> => {
    const here = copiesOf(resource).filter(({ kind }) => kind === 'originals');
    const looks = await unwritten(here, resource.sha256);
    if (looks === undefined) return 0;
    const copies = store.withFullSync(() =>
      store.transaction('sync', () => {
        const going = forgetCopies(resource);
        if (going.length === 0) return going;
        connection.statement<[string]>(`UPDATE resource SET local_state = 'remote' WHERE id = ?`).run(resource.id);
        note(true);
        return going;
      }),
    );
    if (copies.length === 0) return 0;
    return store.transaction('sync', () => {
      if (removeCopies(copies, looks)) return copies.reduce((freed, { bytes }) => freed + bytes, 0);
      setHere(resource);
      note(false);
      return 0;
    });
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
    evict: letGo,
  };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Says what the disk says in words a transfer can act on: a full one is waited for. */
async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toFileError(error, path);
  }
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function openedBytes(bytes: Uint8Array): OpenAsset {
  return {
    size: bytes.length,
    read: (from, length) => Promise.resolve(bytes.subarray(from, from + length)),
    close: () => Promise.resolve(),
  };
}

/**
 * Large pieces are read into the same memory again and again: made anew for each photo, it has the heap marked every few
 * photos (measured: a sixth of two processors).
 */
function openedFile(handle: FileHandle, size: number, buffers: BulkBuffers): OpenAsset {
  let kept: Uint8Array | undefined;
  /** What is small costs less to make than to keep. */
  const bufferFor = (length: number): Uint8Array => {
    if (length < bulkSize || length > buffers.size) return Buffer.allocUnsafeSlow(length);
    kept ??= buffers.take();
    return kept.subarray(0, length);
  };
  return {
    size,
    read: async (from, length) => {
      const buffer = bufferFor(Math.max(0, Math.min(length, size - from)));
      let done = 0;
      while (done < buffer.length) {
        const { bytesRead } = await handle.read(buffer, done, buffer.length - done, from + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return buffer.subarray(0, done);
    },
    close: async () => {
      if (kept !== undefined) buffers.giveBack(kept);
      kept = undefined;
      await handle.close();
    },
  };
}

async function openPartial(path: string, buffers: BulkBuffers): Promise<PartialAsset> {
  let handle = await open(path, constants.O_RDWR | constants.O_CREAT);
  const { size } = await handle.stat();
  /** Over everything so far; what an earlier run left is read once, when the hash is asked for. */
  let running = size === 0 ? createHash('sha256') : undefined;
  let writer = createBulkWriter(handle, size, buffers);
  return {
    get size() {
      return writer.end;
    },
    append: (bytes) =>
      onDisk(path, async () => {
        running?.update(bytes);
        await writer.add(bytes);
      }),
    hash: () =>
      onDisk(path, async () => {
        await writer.flush();
        if (running !== undefined) return running.copy().digest('hex');
        return hashOf(path, buffers);
      }),
    discard: () =>
      onDisk(path, async () => {
        await writer.close();
        await handle.close();
        // A new file, not the old one emptied: whoever has that open still would go on in the middle of this one.
        await rm(path, { force: true });
        handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL);
        writer = createBulkWriter(handle, 0, buffers);
        running = createHash('sha256');
      }),
    close: async () => {
      try {
        await onDisk(path, () => writer.flush());
      } finally {
        await writer.close();
        await handle.close();
      }
    },
  };
}
