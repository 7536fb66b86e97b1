import type { Connection, SqlValue } from '../store/connection.ts';
import { mayDelete, mayEdit, readZones, type ZoneRights } from '../store/zoneRights.ts';

/** How many rows a step changed, and how many were left out for want of a right. */
export interface Changed {
  readonly changed: number;
  readonly refused: number;
}

/** A photo a step is about, with what decides about rights. */
export interface Target {
  readonly id: string;
  readonly zone_id: string;
  readonly created_by: string | null;
}

/** Reads some columns of photos, in the order given, repeated ids once; ids that are gone are left out. */
export function readTargets<Row extends object = object>(
  connection: Connection,
  ids: readonly string[],
  columns: readonly string[] = [],
): (Target & Row)[] {
  const list = ['id', 'zone_id', 'created_by', ...columns].map((column) => `p.${column}`).join(', ');
  return connection
    .statement<[string], Target & Row>(
      `SELECT ${list} FROM json_each(?) AS wanted CROSS JOIN photo AS p ON p.id = wanted.value ORDER BY wanted.key`,
    )
    .all(JSON.stringify([...new Set(ids)]));
}

/** Splits targets by whether the person may do it. */
export function permitted<Row extends Target>(
  connection: Connection,
  targets: readonly Row[],
  act: 'edit' | 'delete',
): { allowed: Row[]; refused: number } {
  const zones: ReadonlyMap<string, ZoneRights> = readZones(connection);
  const may = act === 'edit' ? mayEdit : mayDelete;
  const allowed = targets.filter((target) => may(zones.get(target.zone_id), target.created_by));
  return { allowed, refused: targets.length - allowed.length };
}

/** Writes columns of one photo and who changed it when. Values that are already there make no history. */
export function updatePhoto(
  connection: Connection,
  id: string,
  now: number,
  values: Readonly<Record<string, SqlValue>>,
): void {
  const columns = Object.keys(values);
  connection
    .statement<SqlValue[]>(
      `UPDATE photo SET ${columns.map((column) => `${column} = ?`).join(', ')}, modified_at = ?, modified_by = NULL WHERE id = ?`,
    )
    .run(...Object.values(values), now, id);
}

/** "1 photo", "214 photos". */
export const photosText = (count: number): string =>
  count === 1 ? '1 photo' : `${count.toLocaleString('en-GB')} photos`;
