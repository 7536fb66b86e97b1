import { createHash } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { nameParts, sidecarTargets } from './fileNames.ts';
import type { FactsPass } from './factsPass.ts';
import type { Originals } from './originals.ts';
import { hasLostItsRow } from './placedCopies.ts';
import { AppError } from '../../../shared/errors.ts';
import { chunks } from '../media/chunks.ts';
import { toFileError } from '../media/fileErrors.ts';
import { absolutePath, type PassContext } from './session.ts';
import type { ItemRow } from './sessionRows.ts';
import { noLongerWatched } from './unread.ts';

export interface SidecarPass {
  /**
   * Gives a sidecar (XMP, AAE, Takeout JSON) to the photos it belongs to and has their facts read again. `last`: no
   * photo can turn up any more in this session, so one without a photo is settled as such.
   */
  take(item: ItemRow, last: boolean, signal: AbortSignal): Promise<void>;
}

export interface SidecarDependencies extends PassContext {
  readonly facts: FactsPass;
  readonly originals: { readonly place: Originals; readonly folderID: string } | undefined;
}

const mimeTypes: Readonly<Record<string, string>> = {
  xmp: 'application/rdf+xml',
  json: 'application/json',
  aae: 'application/x-apple-plist',
};

/** What a sidecar was found to be when its bytes were read. */
interface TakenUp {
  readonly sha256: string;
  /** undefined: nobody read it, for it belongs to no photo. */
  readonly byteSize: number | undefined;
  /** Where its copy lies; undefined when the file stays where it is. */
  readonly copy: string | undefined;
}

const unread: TakenUp = { sha256: '', byteSize: undefined, copy: undefined };

export function createSidecarPass(deps: SidecarDependencies): SidecarPass {
  const { store, sessions, photos, files, facts, originals, now, newId } = deps;
  return {
    take: async (item, last, signal) => {
      const { ending } = nameParts(item.path);
      if (hasLostItsRow(files, item)) {
        return store.transaction('ingest', () => sessions.finishItem(item.id, 'skipped', { reason: noLongerWatched }));
      }
      if (ending === 'json' && (await facts.sidecar(item.path, signal)) === undefined) {
        return store.transaction('ingest', () => {
          sessions.finishItem(item.id, 'skipped', { reason: 'This JSON file says nothing about a photo.' });
          if (item.file_id !== null) files.setFileState(item.file_id, 'rejected', 'not a sidecar');
        });
      }
      const owners = ownersOf(item);
      const [first] = owners;
      if (first === undefined && !last) return;
      const { sha256, byteSize, copy } = first === undefined ? unread : await takeUp(item, first, signal);
      store.transaction('ingest', () => {
        for (const photoID of owners) {
          const photo = photos.photo(photoID);
          if (photo === undefined) continue;
          photos.refreshFacts(photoID);
          // One file, one row: it hangs on its first photo; an edited variant has its facts read with it once.
          if (photoID !== first) continue;
          const resourceID = newId();
          // Read before: by this file's row where it lies in place, by its bytes where it is imported once more.
          const known =
            item.file_id === null
              ? photos.resourcesOf(photoID).find((one) => one.kind === 'sidecar' && one.sha256 === sha256)?.id
              : files.file(item.file_id)?.resource_id;
          if (known == null) {
            photos.insertResource(
              {
                id: resourceID,
                photoID,
                kind: 'sidecar',
                fileName: basename(item.path),
                mimeType: mimeTypes[ending] ?? 'application/octet-stream',
                byteSize: byteSize ?? item.byte_size,
                sha256,
              },
              photo.zone_id,
              now(),
            );
          } else if (byteSize !== undefined && photos.resource(known)?.sha256 !== sha256) {
            // Edited in place: the other computers are sent what it says now.
            photos.updateResource(known, { byteSize, sha256 }, now());
          }
          place(item, photoID, known ?? resourceID, copy);
        }
        sessions.finishItem(item.id, 'sidecar', { photoID: first ?? null });
        if (first === undefined && item.file_id !== null) files.setFileState(item.file_id, 'sidecar');
      });
    },
  };

  function place(item: ItemRow, photoID: string, resourceID: string, copy: string | undefined): void {
    if (item.file_id !== null) {
      files.bindSidecar(item.file_id, photoID, resourceID);
    } else if (copy !== undefined && originals !== undefined) {
      const there = files.fileAt(originals.folderID, copy);
      if (there !== undefined) return files.bindSidecar(there.id, photoID, resourceID);
      files.insertFile({
        id: newId(),
        folder_id: originals.folderID,
        path: copy,
        resource_id: resourceID,
        photo_id: photoID,
        byte_size: item.byte_size,
        modified_ns: item.modified_ns,
        changed_ns: item.modified_ns,
        inode: '0',
        device: '0',
        sha256: null,
        state: 'sidecar',
        reason: null,
      });
    }
  }

  /**
   * Reads a sidecar, and copies it beside the copy of its photo, under the photo's name there. Another sidecar of that photo
   * (`a.xmp` beside `a.jpg.xmp`) keeps its place, this one gets a number.
   */
  async function takeUp(item: ItemRow, photoID: string, signal: AbortSignal): Promise<TakenUp> {
    const original = originals === undefined ? undefined : photos.originalOf(photoID);
    const file =
      original === undefined
        ? undefined
        : files.filesOfResource(original.id).find((one) => one.folder_id === originals?.folderID);
    if (file === undefined || originals === undefined) return { ...(await readOnce(item, signal)), copy: undefined };
    const temporary = originals.place.temporary(`${item.session_id}-${item.id}`);
    try {
      await mkdir(dirname(temporary), { recursive: true });
      const copy = await open(temporary, 'w');
      let read: Awaited<ReturnType<typeof readOnce>>;
      try {
        read = await readOnce(item, signal, (part) => copy.appendFile(part));
        await copy.sync();
      } finally {
        await copy.close();
      }
      const name = `${basename(file.path)}.${nameParts(item.path).ending}`;
      return { ...read, copy: await originals.place.placeBeside(temporary, name, file.path, read.sha256) };
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw toFileError(error, temporary);
    }
  }

  function ownersOf(item: ItemRow): string[] {
    const { folder } = nameParts(item.path);
    const byName = new Map<string, string>();
    const file = item.file_id === null ? undefined : files.file(item.file_id);
    if (file !== undefined) {
      const row = files.folder(file.folder_id);
      for (const one of files.besides(file.folder_id, nameParts(file.path).folder)) {
        if (row !== undefined && one.photo_id !== null && one.state !== 'sidecar') {
          byName.set(basename(absolutePath(row, one.path)), one.photo_id);
        }
      }
    }
    for (const one of sessions.neighbours(item.session_id, folder)) byName.set(basename(one.path), one.photo_id);
    const owners = sidecarTargets(basename(item.path), [...byName.keys()]).flatMap((name) => byName.get(name) ?? []);
    return [...new Set(owners)];
  }
}

/**
 * Piece by piece: what calls itself a sidecar may be a file of any size.
 * @param each given every piece, before the next is read
 * @throws AppError cancelled, and what keeps the file from being read; what `each` throws
 */
async function readOnce(
  { path }: ItemRow,
  signal: AbortSignal,
  each?: (part: Uint8Array) => Promise<void>,
): Promise<Pick<TakenUp, 'sha256' | 'byteSize'>> {
  const hash = createHash('sha256');
  let byteSize = 0;
  const handle = await open(path, 'r').catch(cannotRead(path));
  try {
    const { size } = await handle.stat();
    const parts = chunks(handle, size);
    for (;;) {
      if (signal.aborted) throw new AppError('cancelled', 'The reading of a sidecar was cancelled.');
      const part = await parts.next().catch(cannotRead(path));
      if (part.done === true) return { sha256: hash.digest('hex'), byteSize };
      hash.update(part.value);
      byteSize += part.value.length;
      await each?.(part.value);
    }
  } finally {
    await handle.close();
  }
}

const cannotRead =
  (path: string) =>
  (error: unknown): never => {
    throw toFileError(error, path);
  };
