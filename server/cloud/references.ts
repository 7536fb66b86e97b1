import type { BulkInsert, Sql, Transaction } from '../database/database.ts';
import type { ReferenceAction } from '../../shared/cloud/wireRecords.ts';

/** References that bind (section 4.3): DELETE_SELF and VALIDATE. Pointing references (NONE) are only field values. */
export interface BindingReference {
  readonly source: string;
  readonly target: string;
  readonly action: ReferenceAction;
}

/** At most this many records may be deleted with one target. */
export const maxSourcesPerTarget = 750;

const insertReferences: BulkInsert = {
  table: 'record_refs',
  columns: [
    ['zone_id', 'bigint'],
    ['source', 'text'],
    ['target', 'text'],
    ['action', 'text'],
  ],
  onConflict: 'ON CONFLICT (zone_id, source, target, action) DO NOTHING',
};

/** References that point at any of these records. */
export async function referencesTo(sql: Sql, zoneID: number, targets: readonly string[]): Promise<BindingReference[]> {
  if (targets.length === 0) return [];
  return sql.all<BindingReference>(
    'SELECT source, target, action FROM record_refs WHERE zone_id = ? AND target IN (?*) ORDER BY source, target',
    [zoneID, targets],
  );
}

/** How many DELETE_SELF sources each of these targets has. */
export async function countSources(sql: Sql, zoneID: number, targets: readonly string[]): Promise<Map<string, number>> {
  if (targets.length === 0) return new Map();
  const rows = await sql.all<{ target: string; sources: number }>(
    `SELECT target, count(*) AS sources FROM record_refs
      WHERE zone_id = ? AND target IN (?*) AND action = 'DELETE_SELF' GROUP BY target`,
    [zoneID, targets],
  );
  return new Map(rows.map((row) => [row.target, row.sources]));
}

/** Replaces what these records refer to. */
export async function replaceReferences(
  sql: Transaction,
  zoneID: number,
  sources: readonly string[],
  references: readonly BindingReference[],
): Promise<void> {
  if (sources.length > 0) {
    await sql.run('DELETE FROM record_refs WHERE zone_id = ? AND source IN (?*)', [zoneID, sources]);
  }
  await sql.insertMany(
    insertReferences,
    references.map((reference) => [zoneID, reference.source, reference.target, reference.action]),
  );
}
