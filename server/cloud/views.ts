import type { ZoneDeletedReason } from '../../shared/cloud/serverErrors.ts';
import type { Sql, Transaction } from '../database/database.ts';

/**
 * What a participant's shared database shows, as a feed of its own (section 16). A row per person and zone carries the
 * position at which something last happened to it *for this person*: it came into view, it changed, it went away.
 * Changes of content are noted when the feed is read, not when the zone is written, so a write costs nothing per
 * participant and no two people's counters are ever locked together by it.
 */
export interface ViewRow {
  readonly zone_id: number;
  readonly seq: number;
  readonly zone_seq: number;
  readonly gone_reason: ZoneDeletedReason | null;
  readonly owner: string;
  readonly name: string;
  readonly is_default: number;
  readonly incarnation: string;
  readonly last_seq: number;
  readonly ends_at: number | null;
  readonly zone_deleted_at: number | null;
}

/** The person's rows after a position, oldest first. */
export async function readViews(
  sql: Sql,
  realmKey: string,
  user: string,
  after: number,
  limit: number,
): Promise<ViewRow[]> {
  return sql.all<ViewRow>(`${viewColumns} WHERE v.realm = ? AND v.user_name = ? AND v.seq > ? ORDER BY v.seq LIMIT ?`, [
    realmKey,
    user,
    after,
    limit,
  ]);
}

const viewColumns = `SELECT v.zone_id, v.seq, v.zone_seq, v.gone_reason, z.owner, z.name, z.is_default, z.incarnation, z.last_seq,
    z.deleted_at AS zone_deleted_at, s.ends_at
  FROM views v JOIN zones z ON z.zone_id = v.zone_id LEFT JOIN shares s ON s.zone_id = v.zone_id`;

/** Rows whose zone moved on, ended or was deleted since the person's feed last said so. */
export async function staleViews(sql: Sql, realmKey: string, user: string, now: number): Promise<ViewRow[]> {
  return sql.all<ViewRow>(
    `${viewColumns} WHERE v.realm = ? AND v.user_name = ? AND v.gone_reason IS NULL
       AND (z.last_seq > v.zone_seq OR s.ends_at <= ? OR z.deleted_at IS NOT NULL) ORDER BY v.zone_id`,
    [realmKey, user, now],
  );
}

/** Brings the feed up to date with its zones; true when there was anything to note. */
export async function refreshViews(sql: Transaction, realmKey: string, user: string, now: number): Promise<boolean> {
  await lockViewer(sql, realmKey, user);
  const stale = await staleViews(sql, realmKey, user, now);
  for (const view of stale) {
    const ended = view.ends_at !== null && view.ends_at <= now;
    const reason = view.zone_deleted_at !== null ? 'DELETED' : ended ? 'SHARING_STOPPED' : null;
    // As far as the zone went, and not by one: two readings that find different things must not end at the same position, or
    // a database put back between them would not show (section 14.6).
    const moved = Math.max(1, view.last_seq - view.zone_seq);
    await writeView(sql, realmKey, user, { zoneID: view.zone_id, zoneSeq: view.last_seq, reason, moved });
  }
  return stale.length > 0;
}

/** The zone comes into the person's view, or back into it. */
export async function showZone(
  sql: Transaction,
  realmKey: string,
  user: string,
  zoneID: number,
  zoneSeq: number,
): Promise<void> {
  await writeView(sql, realmKey, user, { zoneID, zoneSeq, reason: null, moved: 1 });
}

/** The zone leaves the views of these people. */
export async function hideZone(
  sql: Transaction,
  realmKey: string,
  users: readonly string[],
  zoneID: number,
  reason: ZoneDeletedReason,
): Promise<void> {
  // Always in name order: two owners removing the same two people must not wait for each other.
  for (const user of [...users].sort()) {
    await writeView(sql, realmKey, user, { zoneID, zoneSeq: 0, reason, moved: 1 });
  }
}

/** The newest position of the person's feed. */
export async function viewPosition(sql: Sql, realmKey: string, user: string): Promise<number> {
  const row = await sql.get<{ view_seq: number }>('SELECT view_seq FROM viewers WHERE realm = ? AND user_name = ?', [
    realmKey,
    user,
  ]);
  return row?.view_seq ?? 0;
}

async function lockViewer(sql: Transaction, realmKey: string, user: string): Promise<void> {
  await sql.run('INSERT INTO viewers (realm, user_name) VALUES (?, ?) ON CONFLICT (realm, user_name) DO NOTHING', [
    realmKey,
    user,
  ]);
  await sql.get(`SELECT view_seq FROM viewers WHERE realm = ? AND user_name = ?${sql.forUpdate}`, [realmKey, user]);
}

interface ViewChange {
  readonly zoneID: number;
  readonly zoneSeq: number;
  readonly reason: ZoneDeletedReason | null;
  /** How far the person's feed goes on, at least 1. */
  readonly moved: number;
}

async function writeView(
  sql: Transaction,
  realmKey: string,
  user: string,
  { zoneID, zoneSeq, reason, moved }: ViewChange,
): Promise<void> {
  const row = await sql.get<{ view_seq: number }>(
    `INSERT INTO viewers (realm, user_name, view_seq) VALUES (?, ?, ?)
     ON CONFLICT (realm, user_name) DO UPDATE SET view_seq = viewers.view_seq + excluded.view_seq RETURNING view_seq`,
    [realmKey, user, moved],
  );
  await sql.run(
    `INSERT INTO views (realm, user_name, zone_id, seq, zone_seq, gone_reason) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (realm, user_name, zone_id)
     DO UPDATE SET seq = excluded.seq, zone_seq = excluded.zone_seq, gone_reason = excluded.gone_reason`,
    [realmKey, user, zoneID, row?.view_seq ?? moved, zoneSeq, reason],
  );
}
