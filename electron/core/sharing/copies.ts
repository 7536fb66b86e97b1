import { libraryZone } from '../../../shared/ids.ts';
import { derivedId, photoTagID } from '../store/derivedId.ts';
import type { Connection, SqlValue } from '../store/connection.ts';
import { entityOf } from '../store/entities.ts';
import type { Store } from '../store/store.ts';
import { createTagMapper, type TagMapper } from './zoneTags.ts';

/** Columns a copy gets anew instead of taking them from its source. */
const ownColumns = new Set([
  'copied_from',
  'current_edit_id',
  'trashed_at',
  'trashed_by',
  'created_by',
  'created_at',
  'modified_by',
  'modified_at',
]);
/** Derived columns that follow the picture; the personal ones (favourite, hidden, my rating) do not. */
const derivedColumns = ['sort_at', 'ratio', 'state', 'facts_level'];

const photosPerTransaction = 20;

export interface CopyDependencies {
  readonly store: Store;
  /** ms since 1970 */
  readonly now: () => number;
  readonly newId: () => string;
  readonly pause: () => Promise<void>;
}

export interface CopyResult {
  /** Source photo id to the id of its copy, old and new. */
  readonly copies: ReadonlyMap<string, string>;
  readonly made: number;
  /** Had a copy, or the same picture, in the target zone before. */
  readonly already: number;
}

export interface Copies {
  /**
   * Copies photos into a zone: own records, the same bytes, `copied_from` naming the source. Tags come along by name,
   * edits with their versions; comments and other people's ratings stay where they were said. What the zone already
   * holds (a copy of the same photo, or the same bytes) is not copied again, so a repeat is harmless.
   */
  photos(photoIDs: readonly string[], target: string, onCopied?: (photos: number) => void): Promise<CopyResult>;
  /**
   * Copies one photo into a zone, although the same bytes may lie there as another photo, unless it has a copy of its own.
   * @returns undefined when the photo is gone
   */
  own(photoID: string, target: string): string | undefined;
  /**
   * Brings my own photos of a zone that is about to go into my library, unless their bytes are there. Every computer of
   * mine makes the same rows, so that several of them rescuing at once rescue each photo once. A photo that I threw away
   * comes into my trash; one that somebody else threw away is mine to keep.
   */
  rescue(zoneID: string): number;
  /** The photo of a zone that is this one or shows the same bytes; undefined when there is none. */
  counterpart(photoID: string, zoneID: string): string | undefined;
}

export function createCopies({ store, now, newId, pause }: CopyDependencies): Copies {
  const { connection } = store;
  const counterpart = (photoID: string, zoneID: string): string | undefined =>
    connection
      .statement<[string, string, string, string], { id: string }>(
        `SELECT id FROM photo WHERE zone_id = ? AND trashed_at IS NULL AND (id = ? OR copied_from = ?
           OR (sha256 IS NOT NULL AND sha256 = (SELECT sha256 FROM photo WHERE id = ?))
         ) ORDER BY id LIMIT 1`,
      )
      .get(zoneID, photoID, photoID, photoID)?.id;

  const isPhoto = (id: string): boolean =>
    connection.statement<[string]>('SELECT 1 FROM photo WHERE id = ?').get(id) !== undefined;

  return {
    counterpart,
    own: (photoID, target) => {
      const known = connection
        .statement<[string, string, string], { id: string }>(
          'SELECT id FROM photo WHERE zone_id = ? AND trashed_at IS NULL AND (id = ? OR copied_from = ?) ORDER BY id LIMIT 1',
        )
        .get(target, photoID, photoID)?.id;
      if (known !== undefined) return known;
      return store.transaction('app', () =>
        copyPhoto(connection, photoID, target, createTagMapper(connection, now, newId), now(), () => newId()),
      );
    },
    rescue: (zoneID) => {
      const photos = connection
        .statement<[string], { id: string; trashed_at: number | null; trashed_by: string | null }>(
          'SELECT id, trashed_at, trashed_by FROM photo WHERE zone_id = ? AND created_by IS NULL ORDER BY id',
        )
        .all(zoneID);
      const rescuedID = (sourceID: string): string => derivedId('Rescued', sourceID);
      let made = 0;
      for (let start = 0; start < photos.length; start += photosPerTransaction) {
        store.transaction('maintenance', () => {
          const tags = createTagMapper(connection, now, newId);
          for (const { id, trashed_at, trashed_by } of photos.slice(start, start + photosPerTransaction)) {
            // Rescued by another computer of mine already, whatever became of it since.
            if (isPhoto(rescuedID(id)) || counterpart(id, libraryZone) !== undefined) continue;
            copyPhoto(connection, id, libraryZone, tags, now(), rescuedID);
            if (trashed_at !== null && trashed_by === null) {
              connection
                .statement<[number, string]>('UPDATE photo SET trashed_at = ? WHERE id = ?')
                .run(trashed_at, rescuedID(id));
            }
            made += 1;
          }
        });
      }
      return made;
    },
    photos: async (photoIDs, target, onCopied) => {
      const copies = new Map<string, string>();
      let made = 0;
      for (let start = 0; start < photoIDs.length; start += photosPerTransaction) {
        const batch = photoIDs.slice(start, start + photosPerTransaction);
        store.transaction('app', () => {
          const tags = createTagMapper(connection, now, newId);
          for (const id of batch) {
            const known = counterpart(id, target);
            const copy = known ?? copyPhoto(connection, id, target, tags, now(), () => newId());
            if (copy === undefined) continue;
            copies.set(id, copy);
            if (known === undefined) made += 1;
          }
        });
        onCopied?.(batch.length);
        await pause();
      }
      return { copies, made, already: copies.size - made };
    },
  };
}

/** One photo's copy; undefined when the source is gone. Runs inside the caller's transaction. */
function copyPhoto(
  connection: Connection,
  photoID: string,
  target: string,
  tags: TagMapper,
  at: number,
  idFor: (sourceID: string) => string,
): string | undefined {
  const id = idFor(photoID);
  const photo = copyRow(
    connection,
    'photo',
    photoID,
    derivedColumns,
    { id, zone_id: target, copied_from: photoID },
    at,
  );
  if (!photo) return undefined;
  const rowsOf = (table: string) =>
    connection
      .statement<[string], { id: string }>(`SELECT id FROM ${table} WHERE photo_id = ? ORDER BY created_at, id`)
      .all(photoID);
  for (const row of rowsOf('resource')) {
    copyRow(connection, 'resource', row.id, ['local_state'], { id: idFor(row.id), zone_id: target, photo_id: id }, at);
  }
  const current = connection
    .statement<[string], { current_edit_id: string | null }>('SELECT current_edit_id FROM photo WHERE id = ?')
    .get(photoID)?.current_edit_id;
  for (const row of rowsOf('edit')) {
    const editID = idFor(row.id);
    copyRow(connection, 'edit', row.id, [], { id: editID, zone_id: target, photo_id: id }, at);
    if (row.id === current) {
      connection.statement<[string, string]>('UPDATE photo SET current_edit_id = ? WHERE id = ?').run(editID, id);
    }
  }
  const pairs = connection
    .statement<[string], { tag_id: string }>('SELECT tag_id FROM photo_tag WHERE photo_id = ?')
    .all(photoID);
  for (const tagID of new Set(pairs.map((pair) => tags(pair.tag_id, target)))) {
    connection
      .statement<[string, string, string, string, number, number]>(
        `INSERT INTO photo_tag (id, zone_id, photo_id, tag_id, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(photoTagID(id, tagID), target, id, tagID, at, at);
  }
  return id;
}

/** Inserts a copy of a row with some columns set anew; false when the source row is gone. */
function copyRow(
  connection: Connection,
  table: 'photo' | 'resource' | 'edit',
  sourceID: string,
  derived: readonly string[],
  set: Readonly<Record<string, string>>,
  at: number,
): boolean {
  const taken = [...entityOf(table).synced.filter((name) => !ownColumns.has(name) && !(name in set)), ...derived];
  const made = { ...set, created_at: at, modified_at: at };
  const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');
  const sql = `INSERT INTO ${table} (${quoted(Object.keys(made))}, ${quoted(taken)})
    SELECT ${Object.keys(made)
      .map(() => '?')
      .join(', ')}, ${quoted(taken)} FROM ${table} WHERE id = ?`;
  return connection.statement<SqlValue[]>(sql).run(...Object.values(made), sourceID) === 1;
}
