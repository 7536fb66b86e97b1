import { shareAnswerSchema, type ShareAnswer } from '../../../shared/cloud/wireShares.ts';
import { rightsToBits } from '../../../shared/shareRights.ts';
import type { Connection, SqlValue } from '../store/connection.ts';
import { noteActivity, type NewActivity } from './activityTable.ts';

/** The fields of a share record that this app sets beside CloudKit's own. */
export const shareFields = {
  title: 'cloudkit.title',
  thumbnail: 'cloudkit.thumbnailImageData',
  photoCount: 'shoebox.photoCount',
} as const;

/** What is needed of a zone; the sync engine's own type has more. */
export interface ShareZone {
  readonly id: string;
  readonly store: 'private' | 'shared';
  readonly name: string;
}

interface KnownParticipant {
  readonly id: string;
  readonly user_name: string | null;
  readonly display_name: string | null;
  readonly email: string | null;
  readonly type: string;
  readonly rights: number;
  readonly acceptance: string;
}

interface WireParticipantRow {
  readonly id: string;
  readonly userName: string | null;
  readonly displayName: string | null;
  readonly email: string | null;
  readonly type: string;
  readonly rights: number;
  readonly acceptance: string;
  readonly invitedBy: string | null;
  readonly invitedAt: number | null;
  readonly joinedByLink: string | null;
}

export interface ShareRecordDependencies {
  readonly connection: Connection;
  /** ms since 1970 */
  readonly now: () => number;
  readonly newId: () => string;
  /** The record name of the person this library belongs to. */
  readonly me: () => string;
}

/** Puts share records of the server into the tables of shares, and what changed between two of them into the feed. */
export interface ShareRecords {
  /**
   * Takes a share record as the server sent it, from the change feed or as the answer to a change of mine; call it inside
   * a transaction. An older or unreadable record changes nothing. @param record null: the zone is not shared any more
   */
  apply(zone: ShareZone, record: unknown): void;
}

export function createShareRecords(deps: ShareRecordDependencies): ShareRecords {
  const { connection, now, newId, me } = deps;
  return {
    apply: (zone, record) => {
      if (record === null) {
        // Stopped here, and not all of it is home yet: until then it is shown as being stopped, and the rest goes on.
        connection
          .statement<[string]>(
            `DELETE FROM share WHERE zone_id = ? AND zone_id NOT IN (SELECT zone_id FROM share_task WHERE kind = 'stop')`,
          )
          .run(zone.id);
        connection.statement<[string]>('DELETE FROM participant WHERE zone_id = ?').run(zone.id);
        return;
      }
      const parsed = shareAnswerSchema.safeParse(record);
      if (!parsed.success) return;
      const share = parsed.data;
      const before = connection
        .statement<[string], { title: string; ends_at: number | null }>(
          'SELECT title, ends_at FROM share WHERE zone_id = ?',
        )
        .get(zone.id);
      upsertShare(connection, zone, share, now());
      const changes = reconcile(connection, zone, share, me());
      if (before === undefined) return;
      const actor = modifierOf(record);
      const ending: NewActivity[] =
        before.ends_at === null && share.endsAt !== undefined && zone.store === 'shared'
          ? [{ kind: 'ending', actor: actor ?? null }]
          : [];
      for (const entry of [...changes, ...ending]) {
        noteActivity(connection, zone.id, entry.actor === undefined ? { ...entry, actor: actor ?? null } : entry, {
          me: me(),
          at: now(),
          id: newId(),
        });
      }
    },
  };
}

function upsertShare(connection: Connection, zone: ShareZone, share: ShareAnswer, at: number): void {
  const owner = share.owner?.userIdentity;
  const fields = fieldsOf(share);
  connection
    .statement<SqlValue[]>(
      `INSERT INTO share (zone_id, title, short_guid, change_tag, owner_name, owner_display, owner_email,
         public_permission, public_rights, departure_rule, ends_at, deny_requests, created_at, seen_at, record)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (zone_id) DO UPDATE SET title = excluded.title, short_guid = excluded.short_guid,
         change_tag = excluded.change_tag, owner_name = excluded.owner_name, owner_display = excluded.owner_display,
         owner_email = excluded.owner_email, public_permission = excluded.public_permission,
         public_rights = excluded.public_rights, departure_rule = excluded.departure_rule, ends_at = excluded.ends_at,
         deny_requests = excluded.deny_requests`,
    )
    .run(
      zone.id,
      fields.title ?? zone.name,
      share.shortGUID,
      share.recordChangeTag,
      owner?.userRecordName ?? null,
      displayName(owner),
      owner?.lookupInfo?.emailAddress ?? null,
      share.publicPermission,
      rightsToBits(share.publicRights ?? []),
      share.departureRule === 'GO' ? 'GO' : 'STAY',
      share.endsAt ?? null,
      share.denyAccessRequests === true ? 1 : 0,
      at,
      at,
      null,
    );
}

/** Makes the participant rows those of the record and says what changed. Who is gone stays, as removed. */
function reconcile(connection: Connection, zone: ShareZone, share: ShareAnswer, me: string): NewActivity[] {
  const known = new Map(
    connection
      .statement<[string], KnownParticipant>(
        'SELECT id, user_name, display_name, email, type, rights, acceptance FROM participant WHERE zone_id = ?',
      )
      .all(zone.id)
      .map((row) => [row.id, row]),
  );
  const changes: NewActivity[] = [];
  const present = new Set<string>();
  for (const wire of share.participants) {
    const row = rowOf(wire);
    present.add(row.id);
    const before = known.get(row.id);
    save(
      connection,
      zone.id,
      row,
      row.userName === me || wire.participantId === share.currentUserParticipant?.participantId,
    );
    changes.push(...difference(before, row));
  }
  for (const gone of known.values()) {
    if (present.has(gone.id) || gone.acceptance === 'REMOVED') continue;
    connection
      .statement<[string, string]>(`UPDATE participant SET acceptance = 'REMOVED' WHERE zone_id = ? AND id = ?`)
      .run(zone.id, gone.id);
    const again = share.participants.map(rowOf).some((row) => samePerson(row, gone));
    if (!again) changes.push({ kind: 'removed', actor: undefined, subject: nameOf(gone.display_name, gone.email) });
  }
  // Somebody invited anew has a new entry; the old one would show them twice.
  for (const row of share.participants.map(rowOf)) {
    for (const gone of known.values()) {
      if (gone.id === row.id || present.has(gone.id) || !samePerson(row, gone)) continue;
      connection
        .statement<[string, string]>('DELETE FROM participant WHERE zone_id = ? AND id = ?')
        .run(zone.id, gone.id);
    }
  }
  return changes;
}

function difference(before: KnownParticipant | undefined, row: WireParticipantRow): NewActivity[] {
  if (row.type === 'OWNER') return [];
  const subject = nameOf(row.displayName, row.email);
  const themselves = { actor: row.userName, actorDisplay: subject, subject: null };
  if (before === undefined) {
    if (row.acceptance === 'ACCEPTED') return [{ kind: 'joined', ...themselves }];
    return row.acceptance === 'INVITED' ? [{ kind: 'invited', actor: row.invitedBy, subject }] : [];
  }
  if (before.acceptance !== row.acceptance) {
    switch (row.acceptance) {
      case 'ACCEPTED':
        return [{ kind: 'joined', ...themselves }];
      case 'DECLINED':
        return [{ kind: 'declined', ...themselves }];
      case 'UNSUBSCRIBED':
        return [{ kind: 'left', ...themselves }];
      default:
        return row.acceptance === 'INVITED' ? [{ kind: 'invited', actor: undefined, subject }] : [];
    }
  }
  return before.rights === row.rights ? [] : [{ kind: 'rightsChanged', actor: undefined, subject }];
}

function save(connection: Connection, zoneID: string, row: WireParticipantRow, isMe: boolean): void {
  connection
    .statement<SqlValue[]>(
      `INSERT INTO participant (zone_id, id, user_name, email, display_name, type, rights, acceptance, invited_by,
         invited_at, joined_by_link, is_me)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (zone_id, id) DO UPDATE SET user_name = excluded.user_name, email = coalesce(excluded.email, email),
         display_name = coalesce(excluded.display_name, display_name), type = excluded.type, rights = excluded.rights,
         acceptance = excluded.acceptance, invited_by = excluded.invited_by, invited_at = excluded.invited_at,
         joined_by_link = excluded.joined_by_link, is_me = excluded.is_me`,
    )
    .run(
      zoneID,
      row.id,
      row.userName,
      row.email,
      row.displayName,
      row.type,
      row.rights,
      row.acceptance,
      row.invitedBy,
      row.invitedAt,
      row.joinedByLink,
      isMe ? 1 : 0,
    );
}

function rowOf(wire: ShareAnswer['participants'][number]): WireParticipantRow {
  const identity = wire.userIdentity;
  return {
    id: wire.participantId,
    userName: identity?.userRecordName ?? null,
    displayName: displayName(identity),
    email: identity?.lookupInfo?.emailAddress ?? null,
    type: wire.type,
    rights: wire.type === 'OWNER' ? 15 : rightsToBits(wire.rights ?? []),
    acceptance: wire.acceptanceStatus,
    invitedBy: wire.invitedBy ?? null,
    invitedAt: wire.invitedAt ?? null,
    joinedByLink: wire.joinedByLinkID ?? null,
  };
}

const samePerson = (row: WireParticipantRow, known: KnownParticipant): boolean =>
  (row.userName !== null && row.userName === known.user_name) || (row.email !== null && row.email === known.email);

/** The person's name as the server verified it; null when it tells none. */
export function displayName(identity: ShareAnswer['participants'][number]['userIdentity']): string | null {
  const parts = [identity?.nameComponents?.givenName, identity?.nameComponents?.familyName].filter(
    (part) => part !== undefined && part !== '',
  );
  return parts.length === 0 ? null : parts.join(' ');
}

const nameOf = (display: string | null, email: string | null): string | null => display ?? email;

/** Title, number of photos and cover of a share record, as far as they are there and of the right type. */
export function fieldsOf(share: Readonly<Record<string, unknown>>): {
  readonly title?: string;
  readonly photoCount?: number;
  readonly thumbnail?: string;
} {
  const fields = share['fields'];
  if (typeof fields !== 'object' || fields === null) return {};
  const value = (name: string): unknown => {
    const field: unknown = Object.hasOwn(fields, name) ? fields[name as keyof typeof fields] : undefined;
    return typeof field === 'object' && field !== null && 'value' in field ? field.value : undefined;
  };
  const title = value(shareFields.title);
  const count = value(shareFields.photoCount);
  const thumbnail = value(shareFields.thumbnail);
  return {
    ...(typeof title === 'string' && title.trim() !== '' ? { title: title.slice(0, 200) } : {}),
    ...(typeof count === 'number' && Number.isSafeInteger(count) ? { photoCount: count } : {}),
    ...(typeof thumbnail === 'string' && thumbnail.length < 200_000 ? { thumbnail } : {}),
  };
}

function modifierOf(record: unknown): string | undefined {
  if (typeof record !== 'object' || record === null || !('modified' in record)) return undefined;
  const { modified } = record;
  if (typeof modified !== 'object' || modified === null || !('userRecordName' in modified)) return undefined;
  return typeof modified.userRecordName === 'string' ? modified.userRecordName : undefined;
}
