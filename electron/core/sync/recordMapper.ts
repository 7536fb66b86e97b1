import type { Connection, SqlValue } from '../store/connection.ts';
import { entities, type EntityDefinition, type EntityName } from '../store/entities.ts';
import type { CloudField, CloudItem } from './cloudDatabase.ts';
import { exportOrder } from './exportOrder.ts';
import { clampStamps, parseStamps, type Stamps } from './stamps.ts';

/** Values of a row by column: `zone_id` and the synced columns. */
export type RowValues = Readonly<Record<string, string | number | null>>;

/** The field of every record that says when its fields were set. */
export const stampsField = 'stamps';
/** The field of a Resource record that holds its bytes. */
export const assetField = 'data';
/** Names the zone a moved record came from. */
export const moveReceiptField = 'movedFrom';
const ownFields = new Set([stampsField, assetField, moveReceiptField]);

/** Foreign keys inside a zone. */
const parentColumns: Readonly<Partial<Record<EntityName, Readonly<Record<string, EntityName>>>>> = {
  Resource: { photo_id: 'Photo' },
  Edit: { photo_id: 'Photo' },
  AlbumItem: { album_id: 'Album' },
  PhotoTag: { photo_id: 'Photo', tag_id: 'Tag' },
  Comment: { photo_id: 'Photo' },
};

/** Columns that name a person; null in the library means the person it belongs to. */
const personColumns = new Set(['created_by', 'modified_by', 'trashed_by']);
/**
 * A hash becomes the name of a file on this computer (a download under way, a picture in the cache), and anybody who may
 * write to a share writes its records: any other text in its place could name a file outside the library.
 */
const hashForm = /^[0-9a-f]{64}$/u;
/** A person's name travels with the time it belongs to, else `null = me` would become somebody else elsewhere. */
const companions: Readonly<Record<string, string>> = { trashed_at: 'trashed_by', modified_at: 'modified_by' };

/** A record of the server, read into columns. */
export interface ReadRecord {
  readonly entity: EntityName;
  readonly rowId: string;
  readonly values: RowValues;
  readonly stamps: Stamps;
  /** Fields this version does not know, kept as they came. */
  readonly unknown: Readonly<Record<string, CloudField>> | null;
  /** The asset value of a Resource whose bytes the server has. */
  readonly asset: unknown;
  readonly movedFrom: string | undefined;
  readonly changeTag: string | undefined;
  /** When the server accepted this version, ms. */
  readonly acceptedAt: number | undefined;
}

/** Rows to records and back. Knows the columns of every entity and nothing about merging. */
export interface RecordMapper {
  readonly entityNames: readonly EntityName[];
  isEntity(name: string): name is EntityName;
  table(entity: EntityName): string;
  columns(entity: EntityName): readonly string[];
  parents(entity: EntityName): Readonly<Record<string, EntityName>>;
  /** Entities with a foreign key to this one, and the column that holds it. */
  children(entity: EntityName): readonly { readonly entity: EntityName; readonly column: string }[];
  /** Fields that must be stamped and sent together with these. */
  withCompanions(fields: readonly string[]): readonly string[];
  row(entity: EntityName, id: string): RowValues | undefined;
  childIds(entity: EntityName, column: string, parentId: string): readonly string[];
  /** The wire fields of a row: all that are not null, or exactly those named (null clears). */
  fields(entity: EntityName, row: RowValues, only?: readonly string[]): Record<string, CloudField>;
  /** @throws Error for a value that does not fit its column; the record is then kept aside as unreadable. */
  read(record: CloudItem): ReadRecord;
  insert(entity: EntityName, id: string, zoneId: string, values: RowValues): void;
  update(entity: EntityName, id: string, changes: RowValues): void;
  remove(entity: EntityName, id: string): void;
  /** Text that changes when this version knows other columns, so that kept fields are read again after an update. */
  readonly fingerprint: string;
}

interface Shape {
  readonly definition: EntityDefinition;
  readonly types: ReadonlyMap<string, 'STRING' | 'INT64' | 'DOUBLE'>;
  readonly required: ReadonlySet<string>;
}

/**
 * @param me the record name of the person the library belongs to
 * @param derive local columns of a row that follow from its synced ones (sort keys), given on every write
 * @param model the entities and columns this version knows; a test gives the model of an older version
 */
export function createRecordMapper(
  connection: Connection,
  me: () => string,
  derive: (entity: EntityName, row: RowValues, existing: boolean) => RowValues,
  model: readonly EntityDefinition[] = entities,
): RecordMapper {
  const shapes = new Map<EntityName, Shape>();
  const info = connection
    .statement<[string], { table: string; name: string; type: string; notnull: number }>(
      `SELECT t.value AS "table", c.name, c.type, c."notnull"
       FROM json_each(?) AS t JOIN pragma_table_info(t.value) AS c ORDER BY t.key, c.cid`,
    )
    .all(JSON.stringify(model.map(({ table }) => table)));
  for (const definition of model) {
    const known = new Set(definition.synced);
    const columns = info.filter((column) => column.table === definition.table && known.has(column.name));
    shapes.set(definition.entity, {
      definition,
      types: new Map(
        columns.map(({ name, type }) => [name, type === 'INTEGER' ? 'INT64' : type === 'REAL' ? 'DOUBLE' : 'STRING']),
      ),
      required: new Set(columns.filter((column) => column.notnull === 1).map((column) => column.name)),
    });
  }
  const shape = (entity: EntityName): Shape => {
    const found = shapes.get(entity);
    if (found === undefined) throw new Error(`No entity is called ${entity}`);
    return found;
  };
  const isEntity = (name: string): name is EntityName => shapes.has(name as EntityName);
  const entityNames = exportOrder.filter((entity) => shapes.has(entity));

  const toWire = (column: string, row: RowValues): string | number | null => {
    const value = row[column] ?? null;
    if (!personColumns.has(column) || value !== null) return value;
    return column === 'trashed_by' && (row['trashed_at'] ?? null) === null ? null : me();
  };

  const fromWire = (entity: EntityName, column: string, value: unknown, record: CloudItem): string | number | null => {
    const type = shape(entity).types.get(column);
    if (personColumns.has(column)) {
      const person = value ?? (column === 'created_by' ? (record.created?.userRecordName ?? null) : null);
      if (person === null || person === me()) return null;
      if (typeof person !== 'string') throw new Error(`${entity}.${column} is not a person's name`);
      return person;
    }
    if (value === null || value === undefined) {
      if (shape(entity).required.has(column)) return missingValue(column, record);
      return null;
    }
    if (type === 'STRING' ? typeof value !== 'string' : typeof value !== 'number') {
      throw new Error(`${entity}.${column} holds ${typeof value}, not ${type ?? 'a value'}`);
    }
    if (type === 'INT64' && !Number.isSafeInteger(value)) throw new Error(`${entity}.${column} is not an integer`);
    if (column === 'sha256' && (typeof value !== 'string' || !hashForm.test(value))) {
      throw new Error(`${entity}.sha256 is not a SHA-256 in hex`);
    }
    return value as string | number;
  };

  return {
    entityNames,
    isEntity,
    table: (entity) => shape(entity).definition.table,
    columns: (entity) => shape(entity).definition.synced,
    parents: (entity) => parentColumns[entity] ?? {},
    children: (entity) =>
      entityNames.flatMap((child) =>
        Object.entries(parentColumns[child] ?? {})
          .filter(([, parent]) => parent === entity)
          .map(([column]) => ({ entity: child, column })),
      ),
    withCompanions: (fields) => [
      ...new Set(fields.flatMap((field) => [field, ...(companions[field] === undefined ? [] : [companions[field]])])),
    ],
    row: (entity, id) => {
      const { definition } = shape(entity);
      return connection
        .statement<[string], Record<string, string | number | null>>(
          `SELECT zone_id, ${definition.synced.map(quoted).join(', ')} FROM ${definition.table} WHERE id = ?`,
        )
        .get(id);
    },
    childIds: (entity, column, parentId) =>
      connection
        .statement<[string], { id: string }>(
          `SELECT id FROM ${shape(entity).definition.table} WHERE ${quoted(column)} = ?`,
        )
        .all(parentId)
        .map(({ id }) => id),
    fields: (entity, row, only) => {
      const { types } = shape(entity);
      const fields: Record<string, CloudField> = {};
      for (const [column, type] of types) {
        if (only !== undefined && !only.includes(column)) continue;
        const value = toWire(column, row);
        if (value === null && only === undefined) continue;
        fields[column] = { value, type };
      }
      return fields;
    },
    read: (record) => {
      const entity = record.recordType ?? '';
      if (!isEntity(entity)) throw new Error(`No entity is called ${entity}`);
      const given = record.fields ?? {};
      const values: Record<string, string | number | null> = {};
      for (const column of shape(entity).types.keys()) {
        values[column] = fromWire(entity, column, given[column]?.value, record);
      }
      const unknown = Object.entries(given).filter(
        ([name]) => !shape(entity).types.has(name) && !ownFields.has(name),
      ) as [string, CloudField][];
      const acceptedAt = record.modified?.timestamp;
      const movedFrom = given[moveReceiptField]?.value;
      return {
        entity,
        rowId: record.recordName,
        values,
        stamps: clampStamps(parseStamps(given[stampsField]?.value), acceptedAt),
        unknown: unknown.length === 0 ? null : Object.fromEntries(unknown),
        asset: given[assetField]?.value ?? undefined,
        movedFrom: typeof movedFrom === 'string' ? movedFrom : undefined,
        changeTag: record.recordChangeTag,
        acceptedAt,
      };
    },
    insert: (entity, id, zoneId, values) => {
      const row = { id, zone_id: zoneId, ...values };
      const all = { ...row, ...derive(entity, row, false) };
      const names = Object.keys(all);
      connection
        .statement<SqlValue[]>(
          `INSERT INTO ${shape(entity).definition.table} (${names.map(quoted).join(', ')})
           VALUES (${names.map(() => '?').join(', ')})`,
        )
        .run(...Object.values(all));
    },
    update: (entity, id, changes) => {
      const row = {
        ...connection
          .statement<[string], Record<string, string | number | null>>(
            `SELECT * FROM ${shape(entity).definition.table} WHERE id = ?`,
          )
          .get(id),
        ...changes,
      };
      const all = { ...changes, ...derive(entity, row, true) };
      const names = Object.keys(all);
      connection
        .statement<SqlValue[]>(
          `UPDATE ${shape(entity).definition.table} SET ${names.map((name) => `${quoted(name)} = ?`).join(', ')} WHERE id = ?`,
        )
        .run(...Object.values(all), id);
    },
    remove: (entity, id) => {
      connection.statement<[string]>(`DELETE FROM ${shape(entity).definition.table} WHERE id = ?`).run(id);
    },
    fingerprint: model.map(({ entity, synced }) => `${entity}:${synced.join(',')}`).join(';'),
  };
}

/** A required value a record lacks (a plain client wrote it): times come from the server, anything else is unreadable. */
function missingValue(column: string, record: CloudItem): string | number {
  if (column === 'created_at') return record.created?.timestamp ?? 0;
  if (column === 'modified_at') return record.modified?.timestamp ?? 0;
  throw new Error(`${record.recordType ?? 'A record'} has no ${column}`);
}

function quoted(name: string): string {
  return `"${name}"`;
}
