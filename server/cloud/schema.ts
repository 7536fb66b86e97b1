import { fieldTypes } from '../../shared/cloud/wireRecords.ts';
import type { FieldType } from '../../shared/cloud/wireRecords.ts';
import type { Sql, Transaction } from '../database/database.ts';
import { badRequest } from './cloudError.ts';
import type { Realm } from './context.ts';

/** Field types of one record type in one realm; a null prototype, so that no field name is ever inherited. */
export type TypeSchema = ReadonlyMap<string, FieldType>;

/**
 * Record types and their fields. A field once made never changes its type, so what was read once may be kept for the
 * life of the process; what is missing is looked up again.
 */
export interface SchemaRegistry {
  /** The known fields of a record type; undefined when the type does not exist. */
  lookup(sql: Sql, realm: Realm, recordType: string): Promise<TypeSchema | undefined>;
  /** Adds a type and fields in development; the caller forgets the type if its transaction fails. */
  extend(sql: Transaction, realm: Realm, recordType: string, fields: ReadonlyMap<string, FieldType>): Promise<void>;
  /** Drops what is kept in memory for a type. */
  forget(realm: Realm, recordType: string): void;
}

/** A field name that stands for the record type itself. */
const typeMarker = '';
export const maxFieldsPerType = 500;

export function createSchemaRegistry(): SchemaRegistry {
  const known = new Map<string, TypeSchema>();
  const keyOf = (realm: Realm, recordType: string): string => `${realm.key}\n${recordType}`;
  return {
    async lookup(sql, realm, recordType) {
      const cached = known.get(keyOf(realm, recordType));
      if (cached !== undefined) return cached;
      const rows = await sql.all<{ field_name: string; field_type: FieldType }>(
        'SELECT field_name, field_type FROM schema_fields WHERE realm = ? AND record_type = ?',
        [realm.key, recordType],
      );
      if (rows.length === 0) return undefined;
      const schema = new Map(
        rows.filter((row) => row.field_name !== typeMarker).map((row) => [row.field_name, row.field_type]),
      );
      known.set(keyOf(realm, recordType), schema);
      return schema;
    },
    async extend(sql, realm, recordType, fields) {
      known.delete(keyOf(realm, recordType));
      for (const [name, type] of [[typeMarker, ''] as const, ...fields]) {
        await sql.run(
          `INSERT INTO schema_fields (realm, record_type, field_name, field_type) VALUES (?, ?, ?, ?)
           ON CONFLICT (realm, record_type, field_name) DO NOTHING`,
          [realm.key, recordType, name, type],
        );
      }
    },
    forget: (realm, recordType) => void known.delete(keyOf(realm, recordType)),
  };
}

/** The whole schema of a realm: record type -> field -> type, sorted by name. */
export async function readSchema(sql: Sql, realmKey: string): Promise<Record<string, Record<string, string>>> {
  const rows = await sql.all<{ record_type: string; field_name: string; field_type: string }>(
    'SELECT record_type, field_name, field_type FROM schema_fields WHERE realm = ? ORDER BY record_type, field_name',
    [realmKey],
  );
  const schema = Object.create(null) as Record<string, Record<string, string>>;
  for (const row of rows) {
    const fields = (schema[row.record_type] ??= Object.create(null) as Record<string, string>);
    if (row.field_name !== typeMarker) fields[row.field_name] = row.field_type;
  }
  return schema;
}

/**
 * Copies what development knows to production. Only adds: a field's type never changes.
 * @returns the number of types and fields that are new in production
 */
export async function deploySchema(sql: Transaction, container: string): Promise<number> {
  return sql.run(
    `INSERT INTO schema_fields (realm, record_type, field_name, field_type)
     SELECT ?, record_type, field_name, field_type FROM schema_fields WHERE realm = ?
     ON CONFLICT (realm, record_type, field_name) DO NOTHING`,
    [`${container}/production`, `${container}/development`],
  );
}

/** @throws CloudError BAD_REQUEST when the text is no field type of section 4.3 */
export function fieldTypeOf(text: string): FieldType {
  const type = fieldTypes.find((known) => known === text);
  if (type !== undefined) return type;
  if (text === 'ASSET') return 'ASSETID';
  if (text === 'ASSET_LIST') return 'ASSETID_LIST';
  throw badRequest(`field type ${text.slice(0, 40)} is not supported`);
}
