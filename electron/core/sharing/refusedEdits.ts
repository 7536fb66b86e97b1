import { libraryZone } from '../../../shared/ids.ts';
import type { Connection, SqlValue } from '../store/connection.ts';
import { sortAt } from '../store/derivedColumns.ts';
import { derivedId, photoTagID } from '../store/derivedId.ts';
import { entityOf } from '../store/entities.ts';
import { createTagMapper } from './zoneTags.ts';

/** A refused change as it is kept: the values it set. */
export interface RefusedValues {
  readonly entity: string;
  readonly kind: 'save' | 'delete';
  readonly values: Readonly<Record<string, string | number | null>>;
}

/** Columns that say who, when, and which version: a copy has its own. */
const ownColumns = new Set([
  'kind',
  'copied_from',
  'current_edit_id',
  'trashed_at',
  'trashed_by',
  'created_by',
  'created_at',
  'modified_by',
  'modified_at',
]);

const photoColumns = (values: RefusedValues['values']): string[] =>
  entityOf('Photo').synced.filter((name) => name in values && !ownColumns.has(name));

/** Puts refused edits onto a photo of my library. */
export interface RefusedEdits {
  /** Whether something of the edit can be put onto a copy of its photo. */
  mayApply(refused: RefusedValues): boolean;
  /** Call inside an `app` transaction. The removal of something changes nothing: the copy is what was to be removed from. */
  apply(refused: RefusedValues, photoID: string): void;
}

export function createRefusedEdits(deps: {
  readonly connection: Connection;
  readonly now: () => number;
  readonly newId: () => string;
}): RefusedEdits {
  const { connection, now, newId } = deps;
  const hasTag = (tagID: unknown): tagID is string =>
    typeof tagID === 'string' &&
    connection.statement<[string]>('SELECT 1 FROM tag WHERE id = ?').get(tagID) !== undefined;

  const applyPhoto = (values: RefusedValues['values'], photoID: string): void => {
    const columns = photoColumns(values);
    connection
      .statement<SqlValue[]>(
        `UPDATE photo SET ${[...columns, 'modified_at'].map((name) => `"${name}" = ?`).join(', ')} WHERE id = ?`,
      )
      .run(...columns.map((name) => values[name] ?? null), now(), photoID);
    const row = connection
      .statement<[string], { taken_at: string | null; created_at: number }>(
        'SELECT taken_at, created_at FROM photo WHERE id = ?',
      )
      .get(photoID);
    if (row === undefined || !columns.includes('taken_at')) return;
    connection
      .statement<[number, string]>('UPDATE photo SET sort_at = ? WHERE id = ?')
      .run(sortAt(row.taken_at, row.created_at), photoID);
  };

  return {
    mayApply: ({ entity, kind, values }) => {
      if (kind === 'delete') return true;
      switch (entity) {
        case 'Photo':
          return photoColumns(values).length > 0;
        case 'Comment':
          return typeof values['text'] === 'string';
        case 'Rating':
          return typeof values['value'] === 'number';
        case 'PhotoTag':
          return hasTag(values['tag_id']);
        default:
          return false;
      }
    },
    apply: ({ entity, kind, values }, photoID) => {
      if (kind === 'delete') return;
      const at = now();
      switch (entity) {
        case 'Photo':
          applyPhoto(values, photoID);
          return;
        case 'Comment':
          connection
            .statement<SqlValue[]>(
              'INSERT INTO comment (id, zone_id, photo_id, text, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?)',
            )
            .run(newId(), libraryZone, photoID, values['text'] ?? '', at, at);
          return;
        case 'Rating':
          connection
            .statement<SqlValue[]>(
              `INSERT INTO rating (id, zone_id, photo_id, value, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT (id) DO UPDATE SET value = excluded.value, modified_at = excluded.modified_at`,
            )
            .run(derivedId('Rating', photoID, libraryZone), libraryZone, photoID, values['value'] ?? 0, at, at);
          return;
        case 'PhotoTag': {
          const tagID = values['tag_id'];
          if (!hasTag(tagID)) return;
          const mine = createTagMapper(connection, now, newId)(tagID, libraryZone);
          connection
            .statement<SqlValue[]>(
              `INSERT INTO photo_tag (id, zone_id, photo_id, tag_id, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT (id) DO NOTHING`,
            )
            .run(photoTagID(photoID, mine), libraryZone, photoID, mine, at, at);
        }
      }
    },
  };
}
