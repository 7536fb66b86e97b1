import { entities } from '../../electron/core/store/entities.ts';
import type { Client } from './client.ts';
import type { Ledger } from './ledger.ts';

/** What a finished run says about a rule it broke: the rule's number in docs/sync.md and the facts. */
export interface Violation {
  readonly invariant: string;
  readonly message: string;
}

const people = new Set(['created_by', 'modified_by', 'trashed_by']);

/**
 * Every synced row of a library in one text, the same on every device that holds the same: rows by entity and id, local
 * columns left out, people by their record names, zones by owner and name.
 * @param visible which zones count, by owner and name; all when left out
 */
export function canonicalDump(
  client: Client,
  visible: (zone: { owner: string; name: string }) => boolean = () => true,
): string {
  const { raw } = client.store.connection;
  const lines: string[] = [];
  for (const { entity, table, synced } of entities) {
    const rows = raw
      .prepare(
        `SELECT t.id, CASE zone.owner WHEN '' THEN ? ELSE zone.owner END AS zone_owner, zone.name AS zone_name,
           ${synced.map((column) => `t."${column}"`).join(', ')}
         FROM ${table} AS t JOIN zone ON zone.id = t.zone_id ORDER BY t.id`,
      )
      .all(client.me) as Record<string, string | number | null>[];
    for (const row of rows) {
      if (!visible({ owner: String(row['zone_owner']), name: String(row['zone_name']) })) continue;
      for (const column of people) {
        if (!(column in row) || row[column] !== null) continue;
        row[column] = column === 'trashed_by' && row['trashed_at'] === null ? null : client.me;
      }
      lines.push(`${entity} ${JSON.stringify(row)}`);
    }
  }
  return lines.join('\n');
}

/** The first line in which two dumps differ, for the report. */
export function firstDifference(a: string, b: string): string {
  const left = new Set(a.split('\n'));
  const right = new Set(b.split('\n'));
  const onlyLeft = [...left].filter((line) => !right.has(line)).slice(0, 3);
  const onlyRight = [...right].filter((line) => !left.has(line)).slice(0, 3);
  return `only in the first: ${onlyLeft.join(' | ') || '-'}\n    only in the second: ${onlyRight.join(' | ') || '-'}`;
}

/** Rows whose parent lies in another zone (I7). */
export function crossZoneRows(client: Client): string[] {
  const { raw } = client.store.connection;
  const found: string[] = [];
  for (const [table, parent, column] of [
    ['resource', 'photo', 'photo_id'],
    ['edit', 'photo', 'photo_id'],
    ['comment', 'photo', 'photo_id'],
    ['photo_tag', 'photo', 'photo_id'],
    ['photo_tag', 'tag', 'tag_id'],
    ['album_item', 'album', 'album_id'],
  ] as const) {
    const rows = raw
      .prepare(
        `SELECT t.id, t.zone_id AS mine, p.zone_id AS theirs FROM ${table} AS t JOIN ${parent} AS p ON p.id = t.${column}
         WHERE t.zone_id <> p.zone_id`,
      )
      .all() as { id: string; mine: string; theirs: string }[];
    found.push(...rows.map((row) => `${table} ${row.id} in ${row.mine}, its ${parent} in ${row.theirs}`));
  }
  return found;
}

/** Rules that hold in one library at any moment. */
export function checkAlways(client: Client): Violation[] {
  const violations: Violation[] = [];
  const add = (invariant: string, message: string) =>
    violations.push({ invariant, message: `${client.name}: ${message}` });
  const { raw } = client.store.connection;
  const broken = raw.pragma('foreign_key_check') as unknown[];
  if (broken.length > 0) add('I32', `foreign keys are broken: ${JSON.stringify(broken.slice(0, 2))}`);
  for (const error of client.errors.splice(0)) {
    add('engine', `an error escaped: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
  return violations;
}

/** Rules about what people did, once everything is quiet. */
export function checkLedger(
  clients: readonly Client[],
  ledger: Ledger,
  facts: { readonly clocksJumped: boolean; readonly serverRestored: boolean },
): Violation[] {
  const violations: Violation[] = [];
  const add = (invariant: string, message: string) => violations.push({ invariant, message });
  for (const client of clients) {
    const { raw } = client.store.connection;
    const has = (table: string, id: string) => raw.prepare(`SELECT 1 FROM ${table} WHERE id = ?`).get(id) !== undefined;
    for (const [id, made] of ledger.created) {
      if (made.person !== client.person || made.entity !== 'Photo') continue;
      const own = !made.zone.includes(':');
      const refused = raw.prepare('SELECT 1 FROM sync_refused WHERE row_id = ?').get(id) !== undefined;
      if (own && !ledger.deleted.has(id) && !has('photo', id)) {
        add('I9', `${client.name}: photo ${id} of ${made.device} vanished without anybody deleting it`);
      }
      if (!own && made.device === client.name && !ledger.endedZones.has(made.zone) && !ledger.deleted.has(id)) {
        if (!has('photo', id) && !refused)
          add('I23', `${client.name}: photo ${id} is neither in ${made.zone} nor kept`);
      }
      if (!ledger.deleted.has(id) && has('photo', id) && own && !has('resource', `${id}-original`)) {
        add('I9', `${client.name}: photo ${id} lost its original's record`);
      }
      if (ledger.deleted.has(id) && !ledger.moved.has(id) && !facts.serverRestored && has('photo', id)) {
        add('I9', `${client.name}: deleted photo ${id} came back`);
      }
    }
    const known = new Map<string, Set<unknown>>();
    for (const edit of ledger.edits) {
      const key = `${edit.entity} ${edit.rowId} ${edit.field}`;
      known.set(key, (known.get(key) ?? new Set()).add(edit.value));
    }
    for (const edit of ledger.edits) {
      if (edit.entity !== 'Photo' || edit.field === 'trashed_at') continue;
      const row = raw.prepare(`SELECT "${edit.field}" AS value FROM photo WHERE id = ?`).get(edit.rowId) as
        | { value: string | number | null }
        | undefined;
      if (row === undefined) continue;
      const all = known.get(`Photo ${edit.rowId} ${edit.field}`);
      if (row.value !== null && all?.has(row.value) !== true) {
        add('I3', `${client.name}: ${edit.rowId}.${edit.field} is ${String(row.value)}, which nobody wrote`);
      }
      // An edit made on top of what is shown now must not have been lost to it.
      if (row.value !== edit.before || edit.value === row.value || facts.clocksJumped) continue;
      if (ledger.refusedDevices.has(edit.device)) continue;
      // Deleted by one while moved by another: the move brings it back as that other one knew it.
      if (ledger.deleted.has(edit.rowId)) continue;
      // The row was deleted by somebody who had not seen the edit, which is kept under "Not accepted".
      const keptAside = clients.some(
        (one) =>
          one.store.connection.raw.prepare('SELECT 1 FROM sync_refused WHERE row_id = ?').get(edit.rowId) !== undefined,
      );
      if (keptAside) continue;
      add(
        'I3',
        `${client.name}: ${edit.rowId}.${edit.field} fell back from ${String(edit.value)} to ${String(row.value)}`,
      );
    }
  }
  return violations;
}
