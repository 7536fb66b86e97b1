import { libraryZone } from '../../../shared/ids.ts';
import { entityOf, type EntityName } from '../store/entities.ts';
import type { Connection, SqlValue } from '../store/connection.ts';
import type { Change } from '../store/history.ts';
import type { Store, TransactionInfo } from '../store/store.ts';
import { findTag, readTagRow } from '../store/queries/tagRows.ts';
import { mayAdd, mayDelete, mayEdit, readZones, type ZoneRights } from '../store/zoneRights.ts';
import { localColumns } from './derivedRow.ts';
import { rowsPerTransaction } from './steps.ts';

type Row = Readonly<Record<string, SqlValue>>;

/** What the parts of the inverter share. */
export interface InverterDependencies {
  readonly store: Store;
  /** ms since 1970 */
  readonly now: () => number;
  readonly newId: () => string;
}

/** Rows that cannot be without another: the column that names it, and its table. */
const parents: Partial<Record<EntityName, readonly (readonly [column: string, table: string])[]>> = {
  Resource: [['photo_id', 'photo']],
  Edit: [['photo_id', 'photo']],
  AlbumItem: [
    ['album_id', 'album'],
    ['photo_id', 'photo'],
  ],
  PhotoTag: [
    ['photo_id', 'photo'],
    ['tag_id', 'tag'],
  ],
  Rating: [['photo_id', 'photo']],
  Comment: [['photo_id', 'photo']],
};

/** Rows that would be left without their parent if it went. */
const children: Partial<Record<EntityName, readonly (readonly [table: string, column: string])[]>> = {
  Album: [
    ['album_item', 'album_id'],
    ['album', 'parent_id'],
  ],
  Tag: [
    ['photo_tag', 'tag_id'],
    ['tag', 'merged_into'],
  ],
  Photo: [
    ['resource', 'photo_id'],
    ['edit', 'photo_id'],
    ['photo_tag', 'photo_id'],
    ['comment', 'photo_id'],
  ],
};

const bookkeeping = new Set(['modified_at', 'modified_by']);

/**
 * Returns a function that takes one transaction back, newest change first, in transactions of its own.
 *
 * A value is restored only where the row still holds what the transaction left there: what it left is the value before
 * the next change of that column, or the value now. Whoever changed it meanwhile, sync or this person, keeps theirs; the
 * row counts as skipped. So does a row that would need a right the person no longer has, or a parent that is gone. A row
 * that was removed comes back to where its photo, or its album, lies now.
 * @returns whether anything was written
 */
export function createInverter(
  deps: InverterDependencies,
): (transaction: number, info: TransactionInfo, skipped: Set<string>) => boolean {
  const { store } = deps;
  const { connection, history } = store;
  return (transaction, info, skipped) => {
    const changes = history.changesOf(transaction).toReversed();
    let wrote = false;
    for (let start = 0; start < changes.length; start += rowsPerTransaction) {
      store.transaction(
        'app',
        () => {
          const zones = readZones(connection);
          for (const change of changes.slice(start, start + rowsPerTransaction)) {
            const outcome = invertChange(deps, change, zones);
            if (outcome === 'skipped') skipped.add(change.rowId);
            else wrote = true;
            if (outcome === 'partly') skipped.add(change.rowId);
          }
        },
        info,
      );
    }
    return wrote;
  };
}

type Outcome = 'done' | 'partly' | 'skipped';

function invertChange(deps: InverterDependencies, change: Change, zones: ReadonlyMap<string, ZoneRights>): Outcome {
  const { connection } = deps.store;
  switch (change.kind) {
    case 'insert':
      return removeRow(connection, change, zones);
    case 'update':
      return restoreValues(connection, change, zones);
    case 'delete':
      return restoreRow(deps, change, zones);
  }
}

/** What a transaction left in each column that was changed after it: the value before the first later change. */
function leftBefore(connection: Connection, change: Change): Record<string, SqlValue> {
  const later = connection
    .statement<[string, number], { values: string | null }>(
      `SELECT "values" FROM history_change WHERE row_id = ? AND id > ? AND "values" IS NOT NULL ORDER BY id`,
    )
    .all(change.rowId, change.id);
  const left: Record<string, SqlValue> = {};
  for (const { values } of later) {
    if (values === null) continue;
    for (const [name, value] of Object.entries(JSON.parse(values) as Record<string, SqlValue>)) {
      if (!(name in left)) left[name] = value;
    }
  }
  return left;
}

function readRow(connection: Connection, table: string, id: string): Row | undefined {
  return connection.statement<[string], Row>(`SELECT * FROM ${table} WHERE id = ?`).get(id);
}

const creator = (row: Row): string | null => (typeof row['created_by'] === 'string' ? row['created_by'] : null);
const zoneOf = (row: Row, zones: ReadonlyMap<string, ZoneRights>): ZoneRights | undefined =>
  zones.get(String(row['zone_id']));

function removeRow(connection: Connection, change: Change, zones: ReadonlyMap<string, ZoneRights>): Outcome {
  const { table } = entityOf(change.entity);
  const row = readRow(connection, table, change.rowId);
  if (row === undefined) return 'skipped';
  const left = leftBefore(connection, change);
  const changed = Object.entries(left).some(([name, value]) => !bookkeeping.has(name) && row[name] !== value);
  const isCurrent =
    change.entity === 'Edit' &&
    connection
      .statement<[SqlValue, string]>('SELECT 1 FROM photo WHERE id = ? AND current_edit_id = ?')
      .get(row['photo_id'] ?? null, change.rowId) !== undefined;
  const hasChildren = (children[change.entity] ?? []).some(
    ([child, column]) =>
      connection.statement<[string]>(`SELECT 1 FROM ${child} WHERE ${column} = ? LIMIT 1`).get(change.rowId) !==
      undefined,
  );
  if (changed || isCurrent || hasChildren || !mayDelete(zoneOf(row, zones), creator(row))) return 'skipped';
  connection.statement<[string]>(`DELETE FROM ${table} WHERE id = ?`).run(change.rowId);
  return 'done';
}

function restoreValues(connection: Connection, change: Change, zones: ReadonlyMap<string, ZoneRights>): Outcome {
  const { table, entity } = entityOf(change.entity);
  const row = readRow(connection, table, change.rowId);
  const before = change.values ?? {};
  if (row === undefined || 'zone_id' in before) return 'skipped';
  const trashes = entity === 'Photo' && 'trashed_at' in before;
  const may = trashes ? mayDelete : mayEdit;
  if (!may(zoneOf(row, zones), creator(row))) return 'skipped';
  const left = leftBefore(connection, change);
  const restored = Object.entries(before).filter(([name]) => !(name in left) || left[name] === row[name]);
  const real = restored.filter(([name]) => !bookkeeping.has(name));
  const wanted = Object.keys(before).filter((name) => !bookkeeping.has(name));
  if (real.length === 0 && wanted.length > 0) return 'skipped';
  const values: Record<string, SqlValue> = Object.fromEntries(restored);
  const all = { ...values, ...localColumns(connection, entity, { ...row, ...values }, new Set(Object.keys(values))) };
  const columns = Object.keys(all).map((name) => `"${name}" = ?`);
  connection
    .statement<SqlValue[]>(`UPDATE ${table} SET ${columns.join(', ')} WHERE id = ?`)
    .run(...Object.values(all), change.rowId);
  return real.length < wanted.length ? 'partly' : 'done';
}

function restoreRow(deps: InverterDependencies, change: Change, zones: ReadonlyMap<string, ZoneRights>): Outcome {
  const { connection } = deps.store;
  const { table, entity } = entityOf(change.entity);
  const tombstone = change.values;
  if (tombstone === null || readRow(connection, table, change.rowId) !== undefined) return 'skipped';
  const parentZones = zonesOfParents(connection, entity, tombstone);
  const zone = parentZones && zoneNow(entity, tombstone, parentZones, zones);
  if (zone === undefined || !mayAdd(zones.get(zone))) return 'skipped';
  const row: Record<string, SqlValue> = { id: change.rowId, ...tombstone, zone_id: zone };
  if (entity === 'PhotoTag' && parentZones?.['tag_id'] !== zone) {
    const tagID = tagInZone(deps, String(tombstone['tag_id']), zone);
    const carried = connection.statement<[SqlValue, string]>(
      'SELECT 1 FROM photo_tag WHERE photo_id = ? AND tag_id = ?',
    );
    if (carried.get(tombstone['photo_id'] ?? null, tagID) !== undefined) return 'skipped';
    row['tag_id'] = tagID;
  }
  const all = { ...row, ...localColumns(connection, entity, row, new Set(Object.keys(row))) };
  const names = Object.keys(all);
  connection
    .statement<SqlValue[]>(
      `INSERT INTO ${table} (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    )
    .run(...Object.values(all));
  return 'done';
}

/** Where the rows lie that a row cannot be without, by the column that names each; undefined when one of them is gone. */
function zonesOfParents(connection: Connection, entity: EntityName, row: Row): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  for (const [column, parent] of parents[entity] ?? []) {
    const zone = connection
      .statement<[SqlValue], { zone_id: string }>(`SELECT zone_id FROM ${parent} WHERE id = ?`)
      .get(row[column] ?? null)?.zone_id;
    if (zone === undefined) return undefined;
    found[column] = zone;
  }
  return found;
}

/**
 * The zone a removed row comes back to: what it belongs to may have been shared, or have come home, since then, and no
 * relation crosses zones (integrity.ts). Undefined when there is no place for it any more.
 */
function zoneNow(
  entity: EntityName,
  tombstone: Row,
  { photo_id: photo, album_id: album }: Readonly<Record<string, string>>,
  zones: ReadonlyMap<string, ZoneRights>,
): string | undefined {
  const before = String(tombstone['zone_id']);
  switch (entity) {
    case 'Resource':
    case 'Edit':
    case 'Comment':
    case 'PhotoTag':
      return photo;
    case 'AlbumItem':
      return album === libraryZone || album === photo ? album : undefined;
    case 'Rating':
      // Where I may not add it lies in the library; photos of mine take it along.
      if (photo !== undefined && zones.get(photo)?.store === 'private') return photo;
      return before === libraryZone || before === photo ? before : undefined;
    default:
      return before;
  }
}

/** The tag of the same name in another zone, made when the zone has none: tags are per zone. */
function tagInZone({ store, now, newId }: InverterDependencies, tagID: string, zone: string): string {
  const { connection } = store;
  const tag = readTagRow(connection, tagID);
  if (tag === undefined) throw new Error(`Tag ${tagID} is not in the library`);
  const known = findTag(connection, zone, tag.name)?.id;
  if (known !== undefined) return known;
  const id = newId();
  connection
    .statement<[string, string, string, string | null, string, number, number]>(
      'INSERT INTO tag (id, zone_id, name, color, name_key, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    .run(id, zone, tag.name, tag.color, tag.name_key, now(), now());
  return id;
}
