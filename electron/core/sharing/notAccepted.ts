import { AppError } from '../../../shared/errors.ts';
import { libraryZone, type PhotoID } from '../../../shared/ids.ts';
import type { RefusedEdit } from '../../../shared/model/share.ts';
import type { SqlValue } from '../store/connection.ts';
import { entityOf } from '../store/entities.ts';
import { sortAt, ratioOf } from '../store/derivedColumns.ts';
import type { Copies } from './copies.ts';
import { reasonFor } from './permissions.ts';
import { createRefusedEdits, type RefusedValues } from './refusedEdits.ts';
import type { SharingDependencies } from './sharingContext.ts';

interface RefusedRow {
  readonly id: number;
  readonly entity: string;
  readonly row_id: string;
  readonly zone_id: string;
  readonly kind: 'save' | 'delete';
  readonly values: string;
  readonly reason: string;
  readonly needed_right: string | null;
  readonly message: string | null;
  readonly at: number;
  readonly title: string | null;
  readonly owner: string | null;
}

/** Edits of mine the server refused, kept until I copy or discard them. The sync engine writes them. */
export interface NotAccepted {
  list(): RefusedEdit[];
  /** Puts the photo, with the refused edit on it, into my library. @throws AppError notFound, notSupported */
  copy(id: string): Promise<PhotoID>;
  discard(id: string): void;
}

export function createNotAccepted(deps: SharingDependencies, copies: Copies): NotAccepted {
  const { store, now, newId } = deps;
  const { connection } = store;
  const edits = createRefusedEdits({ connection, now, newId });
  const read = (where: string, ...values: SqlValue[]): RefusedRow[] =>
    connection
      .statement<SqlValue[], RefusedRow>(
        `SELECT r.id, r.entity, r.row_id, r.zone_id, r.kind, r."values", r.reason, r.needed_right, r.message, r.at,
           share.title, coalesce(share.owner_display, share.owner_email) AS owner
         FROM sync_refused AS r LEFT JOIN share ON share.zone_id = r.zone_id ${where} ORDER BY r.at DESC, r.id DESC`,
      )
      .all(...values);
  const one = (id: string): RefusedRow => {
    const row = /^\d{1,15}$/.test(id) ? read('WHERE r.id = ?', Number(id))[0] : undefined;
    if (row === undefined) throw new AppError('notFound', 'This entry is not in the list any more.', { id });
    return row;
  };
  const valuesOf = (row: RefusedRow) => JSON.parse(row.values) as Record<string, string | number | null>;
  const refusedOf = (row: RefusedRow): RefusedValues => ({
    entity: row.entity,
    kind: row.kind,
    values: valuesOf(row),
  });
  const photoOf = (row: RefusedRow): string | undefined => {
    if (row.entity === 'Photo') return row.row_id;
    const photoID = valuesOf(row)['photo_id'];
    return typeof photoID === 'string' ? photoID : undefined;
  };
  const nameOf = (photoID: string | undefined): string | undefined =>
    photoID === undefined
      ? undefined
      : connection.statement<[string], { file_name: string }>('SELECT file_name FROM photo WHERE id = ?').get(photoID)
          ?.file_name;
  /** Every column of a photo is there: it was added here and never accepted, so it can be made again from the entry. */
  const isWholePhoto = (row: RefusedRow): boolean =>
    row.entity === 'Photo' && typeof valuesOf(row)['kind'] === 'string';

  const remake = (row: RefusedRow): string => {
    const values = valuesOf(row);
    const id = newId();
    const columns = entityOf('Photo').synced.filter(
      (name) =>
        name in values && !['current_edit_id', 'created_by', 'modified_by', 'trashed_at', 'trashed_by'].includes(name),
    );
    const text = (name: string) => (typeof values[name] === 'string' ? values[name] : null);
    const number = (name: string) => (typeof values[name] === 'number' ? values[name] : null);
    const made: Record<string, SqlValue> = {
      id,
      zone_id: libraryZone,
      ...Object.fromEntries(columns.map((name) => [name, values[name] ?? null])),
      created_at: number('created_at') ?? now(),
      modified_at: now(),
      sort_at: sortAt(text('taken_at'), number('created_at') ?? now()),
      ratio: ratioOf(number('width'), number('height'), number('orientation')),
    };
    insert('photo', made);
    for (const refused of read(`WHERE r.entity = 'Resource'`)) {
      const resource = valuesOf(refused);
      if (resource['photo_id'] !== row.row_id) continue;
      const known = entityOf('Resource').synced.filter(
        (name) => name in resource && name !== 'created_by' && name !== 'modified_by',
      );
      const resourceID = newId();
      insert('resource', {
        ...Object.fromEntries(known.map((name) => [name, resource[name] ?? null])),
        id: resourceID,
        zone_id: libraryZone,
        photo_id: id,
      });
      connection
        .statement<[string, string, string]>('UPDATE file SET resource_id = ?, photo_id = ? WHERE resource_id = ?')
        .run(resourceID, id, refused.row_id);
      remove(refused.id);
    }
    return id;
  };
  const insert = (table: 'photo' | 'resource', row: Readonly<Record<string, SqlValue>>): void => {
    const names = Object.keys(row);
    connection
      .statement<SqlValue[]>(
        `INSERT INTO ${table} (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
      )
      .run(...Object.values(row));
  };
  const remove = (id: number): void => {
    connection.statement<[number]>('DELETE FROM sync_refused WHERE id = ?').run(id);
  };

  return {
    list: () =>
      read('').map((row) => {
        const photoID = photoOf(row);
        const here = nameOf(photoID) !== undefined;
        return {
          id: String(row.id),
          shareID: row.title === null ? null : (row.zone_id as RefusedEdit['shareID']),
          shareTitle: row.title ?? 'A share you no longer take part in',
          what: wordsFor(row, valuesOf(row), nameOf(photoID)),
          reason: reasonOf(row),
          photoID: here && photoID !== undefined ? (photoID as PhotoID) : null,
          mayCopy: isWholePhoto(row) || (here && edits.mayApply(refusedOf(row))),
          at: row.at,
        };
      }),
    copy: async (id) => {
      const row = one(id);
      const photoID = photoOf(row);
      if (isWholePhoto(row) && nameOf(row.row_id) === undefined) {
        const made = store.transaction('app', () => {
          const copy = remake(row);
          remove(row.id);
          return copy;
        });
        deps.onChange();
        return made as PhotoID;
      }
      if (photoID === undefined || nameOf(photoID) === undefined) {
        throw new AppError('notSupported', 'The photo this belonged to is not on this computer any more.', { id });
      }
      if (!edits.mayApply(refusedOf(row))) {
        throw new AppError('notSupported', 'This change cannot be put onto a copy. Discard it when you have seen it.', {
          id,
        });
      }
      await deps.fetchOriginals([photoID]);
      // Not onto another photo of mine that shows the same: that one has its own title, date and place.
      const copy = copies.own(photoID, libraryZone);
      if (copy === undefined) throw new AppError('notFound', 'The photo went away meanwhile.', { photoID });
      store.transaction('app', () => {
        edits.apply(refusedOf(row), copy);
        remove(row.id);
      });
      deps.onChange();
      return copy as PhotoID;
    },
    discard: (id) => {
      const row = one(id);
      store.transaction('app', () => remove(row.id));
      deps.onChange();
    },
  };
}

const fieldWords: Readonly<Record<string, string>> = {
  title: 'Title',
  caption: 'Caption',
  taken_at: 'Date',
  latitude: 'Place',
  trashed_at: 'Trash',
  current_edit_id: 'Edits',
};

function wordsFor(row: RefusedRow, values: Readonly<Record<string, unknown>>, photoName: string | undefined): string {
  const photo = photoName ?? (typeof values['file_name'] === 'string' ? values['file_name'] : 'a photo');
  if (row.kind === 'delete')
    return `Removal of ${row.entity === 'Photo' ? photo : `a ${row.entity.toLowerCase()} of ${photo}`}`;
  switch (row.entity) {
    case 'Photo': {
      if (typeof values['kind'] === 'string') return `Added ${photo}`;
      const words = Object.keys(values).flatMap((name) => fieldWords[name] ?? []);
      return `${[...new Set(words)].join(', ') || 'Change'} of ${photo}`;
    }
    case 'PhotoTag':
      return `Tag on ${photo}`;
    case 'Comment':
      return `Comment on ${photo}: “${typeof values['text'] === 'string' ? values['text'].slice(0, 80) : ''}”`;
    case 'Album':
      return `Album “${typeof values['title'] === 'string' ? values['title'] : ''}”`;
    default:
      return `${row.entity} of ${photo}`;
  }
}

function reasonOf(row: RefusedRow): string {
  const right = row.needed_right;
  if (right === 'ADD' || right === 'EDIT' || right === 'DELETE' || right === 'MANAGE') {
    return `Your rights had changed. ${reasonFor(right, row.owner ?? 'the owner')}`;
  }
  if (row.reason === 'accessEnded') return 'Your access had ended before the server got it.';
  if (row.reason === 'deletedElsewhere') return 'Somebody had deleted it before the server got your change.';
  return row.message ?? 'The server did not accept it.';
}
