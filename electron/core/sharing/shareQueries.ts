import { AppError } from '../../../shared/errors.ts';
import type { ParticipantID, PhotoID, ShareLinkID, ZoneID } from '../../../shared/ids.ts';
import { formatShareLink } from '../../../shared/cloud/shareLink.ts';
import type {
  AccessRequest,
  OpenPreset,
  Participant,
  ParticipantState,
  Person,
  Share,
  ShareDetail,
  ShareLinkInfo,
  ShareNotifications,
} from '../../../shared/model/share.ts';
import { bitsToRights, presetOfRights, rightBits } from '../../../shared/shareRights.ts';
import type { Store } from '../store/store.ts';
import { displayOf } from './activityTable.ts';
import { readAccount } from './sharingContext.ts';

interface ShareRow {
  readonly id: string;
  readonly store: 'private' | 'shared';
  readonly zone_name: string;
  readonly owner: string;
  readonly zone_state: 'active' | 'ending' | 'ended';
  readonly rights: number;
  readonly title: string;
  readonly short_guid: string | null;
  readonly owner_name: string | null;
  readonly owner_display: string | null;
  readonly owner_email: string | null;
  readonly public_permission: string;
  readonly public_rights: number;
  readonly departure_rule: 'STAY' | 'GO';
  readonly ends_at: number | null;
  readonly created_at: number;
  readonly seen_at: number;
  readonly notifications: ShareNotifications;
  readonly deny_requests: number;
  readonly photos: number;
  readonly people: number;
  readonly invited: number;
  readonly requests: number;
  readonly unseen: number;
  readonly cover: string | null;
  readonly task: string | null;
}

interface ParticipantRow {
  readonly id: string;
  readonly user_name: string | null;
  readonly email: string | null;
  readonly display_name: string | null;
  readonly type: string;
  readonly rights: number;
  readonly acceptance: string;
  readonly invited_by: string | null;
  readonly invited_at: number | null;
  readonly joined_by_link: string | null;
  readonly is_me: number;
}

/** What sharing needs to know to address a share's zone on the server. */
export interface SharedZone {
  readonly id: string;
  readonly store: 'private' | 'shared';
  readonly name: string;
  /** Record name of the owner; empty when that is me. */
  readonly owner: string;
}

const columns = `zone.id, zone.store, zone.name AS zone_name, zone.owner, zone.state AS zone_state, zone.rights,
  share.title, share.short_guid, share.owner_name, share.owner_display, share.owner_email, share.public_permission,
  share.public_rights, share.departure_rule, share.ends_at, zone.created_at, share.seen_at,
  share.notifications, share.deny_requests,
  (SELECT count(*) FROM photo WHERE photo.zone_id = zone.id AND trashed_at IS NULL) AS photos,
  (SELECT count(*) FROM participant AS p WHERE p.zone_id = zone.id AND p.acceptance = 'ACCEPTED') AS people,
  (SELECT count(*) FROM participant AS p WHERE p.zone_id = zone.id AND p.acceptance = 'INVITED') AS invited,
  (SELECT count(*) FROM access_request AS r WHERE r.zone_id = zone.id) AS requests,
  (SELECT coalesce(sum(a.count), 0) FROM activity AS a WHERE a.zone_id = zone.id AND a.kind = 'added'
     AND a.actor IS NOT NULL AND a.at > share.seen_at) AS unseen,
  -- The chosen cover while it is shown, else the first photo: it is sent to people who have not joined.
  coalesce((SELECT photo.id FROM photo WHERE photo.id = share.cover_photo_id AND trashed_at IS NULL AND hidden = 0),
    (SELECT photo.id FROM photo WHERE photo.zone_id = zone.id AND trashed_at IS NULL AND hidden = 0
     ORDER BY sort_at, photo.id LIMIT 1)) AS cover,
  -- A stop taken over on suspicion (orphanedStops.ts) is none while the share itself says that it goes on.
  (SELECT kind FROM share_task AS t WHERE t.zone_id = zone.id
     AND (share.ends_at IS NOT NULL OR json_extract(t.state, '$.adopted') IS NULL)
     ORDER BY t.kind = 'stop' DESC, t.created_at LIMIT 1) AS task`;

/** Reads shares as this computer last saw them. Works offline. */
export interface ShareQueries {
  list(): Share[];
  /** @throws AppError notFound */
  get(id: string): Share;
  /** @throws AppError notFound */
  detail(id: string): ShareDetail;
  participants(id: string): Participant[];
  /** @throws AppError notFound */
  zone(id: string): SharedZone;
  zoneByServerName(owner: string, zoneName: string): SharedZone | undefined;
  shareOfGUID(shortGUID: string): Share | undefined;
}

export function createShareQueries(store: Store): ShareQueries {
  const { connection } = store;
  const missing = (id: string) =>
    new AppError('notFound', 'This share is not in your library any more.', { shareID: id });

  const toShare = (row: ShareRow): Share => {
    const rights = bitsToRights(row.store === 'private' ? 15 : row.rights);
    const server = readAccount(store)?.server;
    const mine = row.store === 'private';
    return {
      id: row.id as ZoneID,
      title: row.title,
      mine,
      owner: personOf({ user_name: row.owner_name, display_name: row.owner_display, email: row.owner_email }),
      rights,
      preset: presetOfRights(rights),
      state:
        row.task === 'stop'
          ? 'stopping'
          : row.task === 'move'
            ? 'creating'
            : row.ends_at !== null
              ? 'ending'
              : 'active',
      endsAt: row.ends_at,
      departureRule: row.departure_rule,
      publicPreset: row.public_permission === 'NONE' ? null : openPresetOf(row.public_rights),
      link:
        row.short_guid === null || server === undefined
          ? null
          : formatShareLink({ serverOrigin: server, shortGUID: row.short_guid, needsPassword: false }),
      coverPhotoID: row.cover as PhotoID | null,
      photos: row.photos,
      people: row.people,
      invited: row.invited,
      requests: row.requests,
      unseen: row.unseen,
      notifications: row.notifications,
      createdAt: row.created_at,
    };
  };

  const read = (where: string, ...values: string[]): ShareRow[] =>
    connection
      .statement<string[], ShareRow>(
        `SELECT ${columns} FROM share JOIN zone ON zone.id = share.zone_id WHERE zone.state <> 'ended' ${where}
         ORDER BY zone.created_at DESC, zone.id`,
      )
      .all(...values);

  const participants = (id: string): Participant[] => {
    const [row] = read('AND zone.id = ?', id);
    if (row === undefined) throw missing(id);
    const mayManage = row.store === 'private' || (row.zone_state === 'active' && (row.rights & rightBits.MANAGE) !== 0);
    return connection
      .statement<[string], ParticipantRow>(
        `SELECT id, user_name, email, display_name, type, rights, acceptance, invited_by, invited_at, joined_by_link, is_me
         FROM participant WHERE zone_id = ? ORDER BY type = 'OWNER' DESC, is_me DESC, acceptance = 'ACCEPTED' DESC,
           coalesce(display_name, email, id)`,
      )
      .all(id)
      .map((one): Participant => {
        const rights = bitsToRights(one.rights);
        const isOwner = one.type === 'OWNER';
        return {
          id: one.id as ParticipantID,
          person: personOf(one),
          isMe: one.is_me === 1,
          isOwner,
          state: participantStateOf(one.acceptance),
          preset: presetOfRights(rights),
          rights,
          invitedBy: one.invited_by === null ? null : displayOf(connection, id, one.invited_by),
          invitedAt: one.invited_at,
          joinedByLink: one.joined_by_link,
          mayChange: mayManage && !isOwner && one.is_me === 0 && one.acceptance !== 'REMOVED',
        };
      });
  };

  const queries: ShareQueries = {
    list: () => read('').map(toShare),
    get: (id) => {
      const [row] = read('AND zone.id = ?', id);
      if (row === undefined) throw missing(id);
      return toShare(row);
    },
    detail: (id) => {
      const [row] = read('AND zone.id = ?', id);
      if (row === undefined) throw missing(id);
      const share = toShare(row);
      return {
        ...share,
        participants: participants(id),
        links: readLinks(store, id),
        accessRequests: readRequests(store, id),
        denyAccessRequests: row.deny_requests === 1,
        mayManage: share.mine || (row.zone_state === 'active' && share.rights.includes('MANAGE')),
      };
    },
    participants,
    zone: (id) => {
      const zone = connection
        .statement<[string], SharedZone>(`SELECT id, store, name, owner FROM zone WHERE id = ? AND kind = 'share'`)
        .get(id);
      if (zone === undefined) throw missing(id);
      return zone;
    },
    zoneByServerName: (owner, zoneName) =>
      connection
        .statement<[string, string], SharedZone>('SELECT id, store, name, owner FROM zone WHERE owner = ? AND name = ?')
        .get(owner, zoneName),
    shareOfGUID: (shortGUID) => {
      const [row] = read('AND share.short_guid = ?', shortGUID);
      return row === undefined ? undefined : toShare(row);
    },
  };
  return queries;
}

function readLinks(store: Store, id: string): ShareLinkInfo[] {
  return store.connection
    .statement<
      [string],
      {
        id: string;
        label: string | null;
        role: string;
        state: string;
        expires_at: number | null;
        max_uses: number | null;
        use_count: number;
        has_password: number;
      }
    >(
      `SELECT id, label, role, state, expires_at, max_uses, use_count, has_password FROM share_link WHERE zone_id = ?
       ORDER BY state = 'ACTIVE' DESC, created_at DESC, id`,
    )
    .all(id)
    .map((row) => ({
      id: row.id as ShareLinkID,
      label: row.label,
      preset: row.role === 'EDITOR' ? 'editor' : row.role === 'CONTRIBUTOR' ? 'contributor' : 'viewer',
      state:
        row.state === 'ACTIVE'
          ? 'active'
          : row.state === 'EXPIRED'
            ? 'expired'
            : row.state === 'USED_UP'
              ? 'usedUp'
              : 'revoked',
      expiresAt: row.expires_at,
      maxUses: row.max_uses,
      uses: row.use_count,
      hasPassword: row.has_password === 1,
    }));
}

export function readRequests(store: Store, id: string): AccessRequest[] {
  return store.connection
    .statement<
      [string],
      {
        id: string;
        user_name: string | null;
        display_name: string | null;
        email: string | null;
        message: string | null;
        at: number;
      }
    >('SELECT id, user_name, display_name, email, message, at FROM access_request WHERE zone_id = ? ORDER BY at, id')
    .all(id)
    .map((row) => ({ id: row.id, person: personOf(row), message: row.message, at: row.at }));
}

/** Somebody's three names as one value. */
export function personOf(row: {
  readonly user_name: string | null;
  readonly display_name: string | null;
  readonly email: string | null;
}): Person {
  return { userName: row.user_name, name: row.display_name, email: row.email };
}

function participantStateOf(acceptance: string): ParticipantState {
  switch (acceptance) {
    case 'ACCEPTED':
      return 'accepted';
    case 'DECLINED':
      return 'declined';
    case 'UNSUBSCRIBED':
      return 'left';
    case 'REMOVED':
      return 'removed';
    default:
      return 'invited';
  }
}

function openPresetOf(bits: number): OpenPreset {
  return (bits & rightBits.EDIT) !== 0 ? 'editor' : (bits & rightBits.ADD) !== 0 ? 'contributor' : 'viewer';
}
