import type { ActivityEntry } from '../../../shared/model/share.ts';
import type { Connection, SqlValue } from '../store/connection.ts';

export type ActivityKind = ActivityEntry['kind'];

/** Something that happened in a share. `actor`: a record name, null for nobody known, undefined for who wrote the record. */
export interface NewActivity {
  readonly kind: ActivityKind;
  readonly actor: string | null | undefined;
  readonly actorDisplay?: string | null;
  readonly subject?: string | null;
  readonly count?: number;
  readonly photoIDs?: readonly string[];
}

/** Additions by one person within this time are one line of the feed; ms. */
const oneGo = 10 * 60_000;
const mostThumbnails = 12;

/**
 * Writes one line into the feed, or adds to the last one when the same person goes on with the same thing. What I did
 * myself is seen already. Call it inside a transaction.
 */
export function noteActivity(
  connection: Connection,
  zoneID: string,
  entry: NewActivity,
  context: { readonly me: string; readonly at: number; readonly id: string },
): void {
  const mine = entry.actor === context.me;
  const actor = mine ? null : (entry.actor ?? '');
  const photoIDs = entry.photoIDs ?? [];
  const display = mine ? null : (entry.actorDisplay ?? displayOf(connection, zoneID, actor));
  const last = connection
    .statement<[string, string, string | null, number], { id: string; count: number; photo_ids: string }>(
      `SELECT id, count, photo_ids FROM activity WHERE zone_id = ? AND kind = ? AND actor IS ? AND subject IS NULL
       AND at > ? ORDER BY at DESC LIMIT 1`,
    )
    .get(zoneID, entry.kind, actor, context.at - oneGo);
  if (last !== undefined && photoIDs.length > 0) {
    const all = [...new Set([...(JSON.parse(last.photo_ids) as string[]), ...photoIDs])].slice(0, mostThumbnails);
    connection
      .statement<[number, string, number, number, string]>(
        'UPDATE activity SET count = count + ?, photo_ids = ?, at = ?, seen = ? WHERE id = ?',
      )
      .run(entry.count ?? photoIDs.length, JSON.stringify(all), context.at, mine ? 1 : 0, last.id);
    return;
  }
  connection
    .statement<SqlValue[]>(
      `INSERT INTO activity (id, zone_id, kind, actor, actor_display, subject, count, photo_ids, at, seen, notified)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      context.id,
      zoneID,
      entry.kind,
      actor,
      display,
      entry.subject ?? null,
      entry.count ?? Math.max(1, photoIDs.length),
      JSON.stringify(photoIDs.slice(0, mostThumbnails)),
      context.at,
      mine ? 1 : 0,
      mine ? 1 : 0,
    );
}

/** The name a share's members know somebody by. */
export function displayOf(connection: Connection, zoneID: string, userName: string | null): string | null {
  if (userName === null || userName === '') return null;
  const member = connection
    .statement<[string, string], { name: string | null }>(
      'SELECT coalesce(display_name, email) AS name FROM participant WHERE zone_id = ? AND user_name = ? LIMIT 1',
    )
    .get(zoneID, userName)?.name;
  if (member !== undefined && member !== null) return member;
  return (
    connection
      .statement<[string, string], { name: string | null }>(
        'SELECT coalesce(owner_display, owner_email) AS name FROM share WHERE zone_id = ? AND owner_name = ?',
      )
      .get(zoneID, userName)?.name ?? null
  );
}

/** A line of the feed in words. `actor` null is me; an empty one somebody the share no longer names. */
export function activityText(row: {
  readonly kind: ActivityKind;
  readonly actor: string | null;
  readonly actor_display: string | null;
  readonly subject: string | null;
  readonly count: number;
  readonly title: string | null;
}): string {
  const who = row.actor === null ? 'You' : (row.actor_display ?? 'Somebody');
  const share = row.title ?? 'a share';
  const photos = row.count === 1 ? 'a photo' : `${row.count} photos`;
  const subject = row.subject ?? 'somebody';
  switch (row.kind) {
    case 'added':
      return `${who} added ${photos} to ${share}`;
    case 'edited':
      return `${who} edited ${photos} in ${share}`;
    case 'deleted':
      return `${who} moved ${photos} of ${share} to its trash`;
    case 'restored':
      return `${who} restored ${photos} in ${share}`;
    case 'commented':
      return `${who} commented on ${photos} in ${share}`;
    case 'liked':
      return `${who} liked ${photos} in ${share}`;
    case 'rated':
      return `${who} rated ${photos} in ${share}`;
    case 'invited':
      return `${who} invited ${subject} to ${share}`;
    case 'joined':
      return `${who} joined ${share}`;
    case 'declined':
      return `${who} declined ${share}`;
    case 'left':
      return `${who} left ${share}`;
    case 'removed':
      return `${who} removed ${subject} from ${share}`;
    case 'rightsChanged':
      return `${who} changed what ${subject} may do in ${share}`;
    case 'requested':
      return `${who} asked for access to ${share}`;
    case 'ending':
      return `${who} stopped sharing ${share}; you can take copies`;
    case 'ended':
      return `${who} stopped sharing with you`;
    case 'notAccepted':
      return `${row.count === 1 ? 'A change' : `${row.count} changes`} of yours in ${share} ${row.count === 1 ? 'was' : 'were'} not accepted`;
  }
}
