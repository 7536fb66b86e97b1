import { entities } from '../../electron/core/store/entities.ts';
import type { Store } from '../../electron/core/store/store.ts';
import type { Client } from './client.ts';
import type { SimulatedServer } from './simulatedServer.ts';

/** What a finished run says about a rule it broke: the rule's number in docs/sync.md and the facts. */
export interface Violation {
  readonly invariant: string;
  readonly message: string;
}

const people = new Set(['created_by', 'modified_by', 'trashed_by']);

interface ZoneName {
  readonly owner: string;
  readonly name: string;
}

/** One synced row, as `canonicalDump` writes it, and where it lies. */
export interface CanonicalRow {
  readonly zone: ZoneName;
  readonly line: string;
}

/** Every synced row of a library: rows by entity and id, local columns left out, people by their record names. */
export function canonicalRows(client: { readonly store: Store; readonly me: string }): readonly CanonicalRow[] {
  const { connection } = client.store;
  const found: CanonicalRow[] = [];
  for (const { entity, table, synced } of entities) {
    const rows = connection
      .statement<[string], Record<string, string | number | null>>(
        `SELECT t.id, CASE zone.owner WHEN '' THEN ? ELSE zone.owner END AS zone_owner, zone.name AS zone_name,
           ${synced.map((column) => `t."${column}"`).join(', ')}
         FROM ${table} AS t JOIN zone ON zone.id = t.zone_id ORDER BY t.id`,
      )
      .all(client.me);
    for (const row of rows) {
      for (const column of people) {
        if (!(column in row) || row[column] !== null) continue;
        row[column] = column === 'trashed_by' && row['trashed_at'] === null ? null : client.me;
      }
      found.push({
        zone: { owner: String(row['zone_owner']), name: String(row['zone_name']) },
        line: `${entity} ${JSON.stringify(row)}`,
      });
    }
  }
  return found;
}

/**
 * Rows in one text, the same for every device that holds the same.
 * @param visible which zones count, by owner and name
 */
export function dumpOf(rows: readonly CanonicalRow[], visible: (zone: ZoneName) => boolean): string {
  const known = new Map<string, boolean>();
  const counts = (zone: ZoneName): boolean => {
    const key = `${zone.owner} ${zone.name}`;
    const answer = known.get(key) ?? visible(zone);
    known.set(key, answer);
    return answer;
  };
  return rows
    .filter(({ zone }) => counts(zone))
    .map(({ line }) => line)
    .join('\n');
}

/** Every synced row of a library in one text; of some zones, by owner and name, or of all. */
export function canonicalDump(
  client: { readonly store: Store; readonly me: string },
  visible: (zone: ZoneName) => boolean = () => true,
): string {
  return dumpOf(canonicalRows(client), visible);
}

/** The first line in which two dumps differ, for the report. */
export function firstDifference(a: string, b: string): string {
  const left = new Set(a.split('\n'));
  const right = new Set(b.split('\n'));
  const onlyLeft = [...left].filter((line) => !right.has(line)).slice(0, 3);
  const onlyRight = [...right].filter((line) => !left.has(line)).slice(0, 3);
  return `only in the first: ${onlyLeft.join(' | ') || '-'}\n    only in the second: ${onlyRight.join(' | ') || '-'}`;
}

const families = [
  ['resource', 'photo', 'photo_id'],
  ['edit', 'photo', 'photo_id'],
  ['comment', 'photo', 'photo_id'],
  ['photo_tag', 'photo', 'photo_id'],
  ['photo_tag', 'tag', 'tag_id'],
  ['album_item', 'album', 'album_id'],
] as const;

/**
 * Rows whose parent lies in another zone (I7). Not those in a share that a restored server does not show to me: it is kept as
 * it was until I say what is to become of it, and what has moved out of it since has left these behind.
 */
export function crossZoneRows(client: Client): string[] {
  return families.flatMap(([table, parent, column]) =>
    client.store.connection
      .statement<[], { id: string; mine: string; theirs: string }>(
        `SELECT t.id, t.zone_id AS mine, p.zone_id AS theirs FROM ${table} AS t JOIN ${parent} AS p ON p.id = t.${column}
         JOIN zone ON zone.id = t.zone_id WHERE t.zone_id <> p.zone_id AND NOT (zone.store = 'shared' AND zone.state = 'ended')`,
      )
      .all()
      .map((row) => `${table} ${row.id} in ${row.mine}, its ${parent} in ${row.theirs}`),
  );
}

/** Records the server holds alive in two zones of one owner (I7). */
export function recordsInTwoZones(server: SimulatedServer): string[] {
  return server
    .rows<{ owner: string; name: string; zones: string }>(
      `SELECT z.owner, r.record_type || ' ' || r.record_name AS name, group_concat(z.name) AS zones
       FROM records AS r JOIN zones AS z ON z.zone_id = r.zone_id
       WHERE r.deleted = 0 AND z.deleted_at IS NULL AND r.record_name <> 'cloudkit.zoneshare'
       GROUP BY z.owner, r.record_type, r.record_name HAVING count(*) > 1`,
    )
    .map(({ owner, name, zones }) => `${owner}'s ${name} in ${zones}`);
}

/** What escaped to the error log since the last look; nothing may. */
export function checkErrors(client: Client): Violation[] {
  return client.errors.splice(0).map((error) => ({
    invariant: 'engine',
    message: `${client.name}: an error escaped: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  }));
}

/** Rules that hold in one library at any moment, after a crash as well. */
export function checkAlways(client: Client): Violation[] {
  const violations = checkErrors(client);
  const broken = client.store.connection.statement<[]>('SELECT * FROM pragma_foreign_key_check').all();
  if (broken.length > 0) {
    violations.push({
      invariant: 'I32',
      message: `${client.name}: foreign keys are broken: ${JSON.stringify(broken.slice(0, 2))}`,
    });
  }
  return violations;
}
