import { join } from 'node:path';
import type { BulkBuffers } from '../../../shared/disk/bulkBuffers.ts';
import { removeIfPossible } from '../media/removeIfPossible.ts';
import type { Store } from '../store/store.ts';
import type { AssetFiles, AssetResource } from '../sync/assetFiles.ts';
import { hashOf, lookOf, nothing } from './fileLooks.ts';

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

/** Makes what lets go of an original that the server holds; a photo one of whose copies has to stay keeps them all. */
export function createEviction({
  store,
  setHere,
  buffers,
}: {
  readonly store: Store;
  /** Says that the bytes of a resource are on this computer. */
  readonly setHere: (resource: AssetResource) => void;
  readonly buffers: BulkBuffers;
}): AssetFiles['evict'] {
  const { connection } = store;

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
  return async (resource, note) => {
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
}
