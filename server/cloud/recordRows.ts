import type { WireAsset, WireField } from '../../shared/cloud/wireRecords.ts';
import type { BulkInsert, Sql, SqlValue, Transaction } from '../database/database.ts';
import type { CallContext } from './context.ts';
import { wireZoneID } from './zones.ts';
import type { OpenZone, ZoneRow } from './zones.ts';

/** A record as stored. `fields` is the JSON text of `{name: {value, type}}`, passed through without parsing where it can be. */
export interface RecordRow {
  readonly zone_id: number;
  readonly record_name: string;
  readonly record_type: string;
  readonly tag: string;
  readonly seq: number;
  readonly fields: string;
  readonly parent: string | null;
  /** 1: has assets; 2: has references that bind (DELETE_SELF, VALIDATE) */
  readonly flags: number;
  readonly deleted: number;
  readonly created_at: number;
  readonly created_by: string;
  readonly created_device: string | null;
  readonly modified_at: number;
  readonly modified_by: string;
  readonly modified_device: string | null;
}

export const hasAssetsFlag = 1;
export const hasReferencesFlag = 2;

export type StoredFields = Record<string, WireField>;

export interface AnswerOptions {
  readonly desiredKeys?: readonly string[] | undefined;
  readonly numbersAsStrings?: boolean | undefined;
}

const columns = [
  ['zone_id', 'bigint'],
  ['record_name', 'text'],
  ['record_type', 'text'],
  ['tag', 'text'],
  ['seq', 'bigint'],
  ['fields', 'text'],
  ['parent', 'text'],
  ['flags', 'bigint'],
  ['deleted', 'bigint'],
  ['created_at', 'bigint'],
  ['created_by', 'text'],
  ['created_device', 'text'],
  ['modified_at', 'bigint'],
  ['modified_by', 'text'],
  ['modified_device', 'text'],
] as const;

const upsert: BulkInsert = {
  table: 'records',
  columns,
  onConflict: `ON CONFLICT (zone_id, record_name) DO UPDATE SET ${columns
    .slice(2)
    .map(([name]) => `${name} = excluded.${name}`)
    .join(', ')}`,
};

export async function saveRows(sql: Transaction, rows: readonly RecordRow[]): Promise<void> {
  await sql.insertMany(
    upsert,
    rows.map((row) => columns.map(([name]): SqlValue => row[name])),
  );
}

/** The rows of these names, tombstones included. */
export async function loadRows(sql: Sql, zoneID: number, names: readonly string[]): Promise<Map<string, RecordRow>> {
  if (names.length === 0) return new Map();
  const rows = await sql.all<RecordRow>('SELECT * FROM records WHERE zone_id = ? AND record_name IN (?*)', [
    zoneID,
    names,
  ]);
  return new Map(rows.map((row) => [row.record_name, row]));
}

/** Stored fields; a null prototype, because field names come from clients. */
export function parseFields(row: RecordRow): StoredFields {
  return Object.assign(Object.create(null) as StoredFields, JSON.parse(row.fields) as StoredFields);
}

/** The JSON text of one record in an answer. */
export function recordJSON(context: CallContext, open: OpenZone, row: RecordRow, options: AnswerOptions = {}): string {
  return `${recordJSONOpen(context, open, row, options)}}`;
}

/** The same without the closing brace, for records that carry further keys (share records). */
export function recordJSONOpen(
  context: CallContext,
  open: OpenZone,
  row: RecordRow,
  options: AnswerOptions = {},
): string {
  const parent = row.parent === null ? '' : `,"parent":{"recordName":${JSON.stringify(row.parent)}}`;
  return (
    `{"recordName":${JSON.stringify(row.record_name)},"recordType":${JSON.stringify(row.record_type)}` +
    `,"recordChangeTag":"${row.tag}","fields":${fieldsJSON(context, open, row, options)}` +
    `,"created":${stampJSON(row.created_at, row.created_by, row.created_device)}` +
    `,"modified":${stampJSON(row.modified_at, row.modified_by, row.modified_device)}` +
    `,"deleted":false${parent},"zoneID":${JSON.stringify(wireZoneID(open.zone))}`
  );
}

/** A record that is gone, as it stands in a feed. */
export function tombstoneJSON(zone: ZoneRow, row: RecordRow): string {
  return (
    `{"recordName":${JSON.stringify(row.record_name)},"recordType":${JSON.stringify(row.record_type)}` +
    `,"recordChangeTag":"${row.tag}","deleted":true,"zoneID":${JSON.stringify(wireZoneID(zone))}}`
  );
}

function stampJSON(timestamp: number, user: string, device: string | null): string {
  const deviceID = device === null ? '' : `,"deviceID":${JSON.stringify(device)}`;
  return `{"timestamp":${timestamp},"userRecordName":${JSON.stringify(user)}${deviceID}}`;
}

function fieldsJSON(context: CallContext, open: OpenZone, row: RecordRow, options: AnswerOptions): string {
  const { desiredKeys, numbersAsStrings } = options;
  const hasAssets = (row.flags & hasAssetsFlag) !== 0;
  if (desiredKeys === undefined && numbersAsStrings !== true && !hasAssets) return row.fields;
  if (desiredKeys?.length === 0) return '{}';
  const fields = parseFields(row);
  const answer: StoredFields = Object.create(null) as StoredFields;
  for (const [name, field] of Object.entries(fields)) {
    if (desiredKeys !== undefined && !desiredKeys.includes(name)) continue;
    answer[name] = answerField(context, open, row, name, field, numbersAsStrings === true);
  }
  return JSON.stringify(answer);
}

function answerField(
  context: CallContext,
  open: OpenZone,
  row: RecordRow,
  name: string,
  field: WireField,
  numbersAsStrings: boolean,
): WireField {
  switch (field.type) {
    case 'ASSETID':
      return { value: withDownload(context, open, row, name, 0, field.value as WireAsset), type: 'ASSETID' };
    case 'ASSETID_LIST':
      return {
        value: (field.value as WireAsset[]).map((asset, position) =>
          withDownload(context, open, row, name, position, asset),
        ),
        type: 'ASSETID_LIST',
      };
    case 'INT64':
      return numbersAsStrings ? { value: String(field.value), type: 'INT64' } : field;
    case 'INT64_LIST':
      return numbersAsStrings ? { value: (field.value as unknown[]).map(String), type: 'INT64_LIST' } : field;
    default:
      return field;
  }
}

/** How long a download address may be used, ms; the person's right to the record is read again at every use anyway. */
const downloadLifetime = 60 * 60_000;

function withDownload(
  context: CallContext,
  open: OpenZone,
  row: RecordRow,
  fieldName: string,
  position: number,
  asset: WireAsset,
): WireAsset {
  const token = context.services.tokens.seal('download', [
    context.realm.key,
    context.caller.userName,
    open.zone.zone_id,
    row.record_name,
    fieldName,
    position,
    asset.sha256 ?? '',
    context.now + downloadLifetime,
  ]);
  return { ...asset, downloadURL: `${context.services.origin}/asset/${token}/\${f}` };
}
