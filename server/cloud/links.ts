import { linksListRequestSchema, linksModifyRequestSchema, presetRights } from '../../shared/cloud/wireShares.ts';
import type { LinkRole, LinkState, LinksModifyRequest } from '../../shared/cloud/wireShares.ts';
import type { ZoneIDInput } from '../../shared/cloud/wireRecords.ts';
import { formatShareLink } from '../../shared/cloud/shareLink.ts';
import type { Sql, Transaction } from '../database/database.ts';
import { CloudError, badRequest, notFound } from './cloudError.ts';
import type { CallContext } from './context.ts';
import type { Run } from './idempotency.ts';
import { parseBody } from './parseBody.ts';
import { grantable, mayManage } from './rights.ts';
import { announceToPeople } from './pushes.ts';
import { touchShare } from './touchShare.ts';
import { hashSecret, randomText, randomUUID } from './tokens.ts';
import { endUploads } from './uploadRights.ts';
import { hideZone } from './views.ts';
import { lockOwner, openZone, wireZoneID, zoneOwnerOf } from './zones.ts';
import type { OpenZone, ZoneRow } from './zones.ts';

/** Share links as objects (section 14.5): several per share, each with role, expiry, use limit and password. */
export interface LinkRow {
  readonly link_id: string;
  readonly zone_id: number;
  readonly short_guid: string;
  readonly secret_hash: string;
  readonly password_hash: string | null;
  readonly role: LinkRole;
  readonly expires_at: number | null;
  readonly max_uses: number | null;
  readonly use_count: number;
  readonly label: string | null;
  readonly revoked_at: number | null;
  readonly created_at: number;
  readonly created_by: string;
}

/** A share with very many links is a mistake, and listing them all must stay cheap. */
const linksPerShare = 200;

export function linkState(link: LinkRow, now: number): LinkState {
  if (link.revoked_at !== null) return 'REVOKED';
  if (link.expires_at !== null && link.expires_at <= now) return 'EXPIRED';
  return link.max_uses !== null && link.use_count >= link.max_uses ? 'USED_UP' : 'ACTIVE';
}

/** May somebody new come in by this link? */
export function linkUsable(link: LinkRow, now: number): boolean {
  return linkState(link, now) === 'ACTIVE';
}

export async function listLinks(context: CallContext, body: unknown): Promise<string> {
  const request = parseBody(linksListRequestSchema, body);
  return context.database.read(async (sql) => {
    const open = await openManaged(sql, context, request.zoneID);
    const rows = await sql.all<LinkRow>('SELECT * FROM links WHERE zone_id = ? ORDER BY created_at, link_id', [
      open.zone.zone_id,
    ]);
    return JSON.stringify({ links: rows.map((row) => wireLink(context, open, row)) });
  });
}

export async function modifyLinks(context: CallContext, body: unknown): Promise<string> {
  return (await prepareLinks(context, body))(context);
}

/**
 * links/modify up to its transaction, and the rest of it. Passwords are hashed here: Argon2id must hold neither the owner's
 * lock nor the transaction that keeps the answer for repeats.
 */
export async function prepareLinks(context: CallContext, body: unknown): Promise<Run> {
  const request = parseBody(linksModifyRequestSchema, body);
  const passwords = request.operations.map((operation) =>
    operation.operationType === 'revoke' ? undefined : operation.link.password,
  );
  // Nobody has this server hash for links they may not make.
  if (passwords.some((password) => typeof password === 'string')) {
    await context.database.read((sql) => openManaged(sql, context, request.zoneID));
  }
  const hashes: (string | null | undefined)[] = [];
  for (const password of passwords) {
    hashes.push(typeof password === 'string' ? await context.services.passwords.hash(password) : password);
  }
  return (inner) => applyLinks(inner, request, hashes);
}

function applyLinks(
  context: CallContext,
  request: LinksModifyRequest,
  hashes: readonly (string | null | undefined)[],
): Promise<string> {
  return context.database.write(async (sql) => {
    await openManaged(sql, context, request.zoneID);
    await lockOwner(sql, context.realm.key, zoneOwnerOf(context, request.zoneID).owner);
    const open = await openManaged(sql, context, request.zoneID);
    const items: unknown[] = [];
    for (const [index, operation] of request.operations.entries()) {
      try {
        items.push(await applyLinkOperation(sql, context, open, operation, hashes[index]));
      } catch (error) {
        if (!(error instanceof CloudError)) throw error;
        items.push(JSON.parse(error.item('linkID' in operation.link ? { linkID: operation.link.linkID } : {})));
      }
    }
    return JSON.stringify({ links: items });
  });
}

async function applyLinkOperation(
  sql: Transaction,
  context: CallContext,
  open: OpenZone,
  operation: LinksModifyRequest['operations'][number],
  passwordHash: string | null | undefined,
): Promise<Record<string, unknown>> {
  switch (operation.operationType) {
    case 'create':
      return createLink(sql, context, open, operation.link, passwordHash ?? null);
    case 'update': {
      const before = await findLink(sql, open, operation.link.linkID);
      const { role, expiresAt, maxUses, label } = operation.link;
      if (role !== undefined) requireRole(open, role);
      await sql.run(
        'UPDATE links SET role = ?, expires_at = ?, max_uses = ?, label = ?, password_hash = ? WHERE link_id = ?',
        [
          role ?? before.role,
          expiresAt === undefined ? before.expires_at : expiresAt,
          maxUses === undefined ? before.max_uses : maxUses,
          label ?? before.label,
          passwordHash === undefined ? before.password_hash : passwordHash,
          before.link_id,
        ],
      );
      return wireLink(context, open, await findLink(sql, open, before.link_id));
    }
    case 'revoke': {
      const before = await findLink(sql, open, operation.link.linkID);
      await sql.run('UPDATE links SET revoked_at = ? WHERE link_id = ? AND revoked_at IS NULL', [
        context.now,
        before.link_id,
      ]);
      if (operation.link.removeParticipants === true) await removeJoined(sql, context, open, before.link_id);
      return wireLink(context, open, await findLink(sql, open, before.link_id));
    }
    default:
      throw badRequest('unknown link operation');
  }
}

async function createLink(
  sql: Transaction,
  context: CallContext,
  open: OpenZone,
  given: {
    readonly role?: LinkRole | undefined;
    readonly expiresAt?: number | null | undefined;
    readonly maxUses?: number | null | undefined;
    readonly label?: string | undefined;
  },
  passwordHash: string | null,
): Promise<Record<string, unknown>> {
  const role = given.role ?? 'VIEWER';
  requireRole(open, role);
  const counted = await sql.get<{ links: number }>('SELECT count(*) AS links FROM links WHERE zone_id = ?', [
    open.zone.zone_id,
  ]);
  if ((counted?.links ?? 0) >= linksPerShare) {
    throw new CloudError('QUOTA_EXCEEDED', `a share has at most ${linksPerShare} links`, {
      limit: 'linksPerShare',
      maximum: linksPerShare,
    });
  }
  const secret = randomText(context.services.random, 32);
  const linkID = randomUUID(context.services.random);
  await sql.run(
    `INSERT INTO links (link_id, zone_id, short_guid, secret_hash, password_hash, role, expires_at, max_uses, label, created_at, created_by)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      linkID,
      open.zone.zone_id,
      randomText(context.services.random, 18),
      hashSecret(secret),
      passwordHash,
      role,
      given.expiresAt ?? null,
      given.maxUses ?? null,
      given.label ?? null,
      context.now,
      context.caller.userName,
    ],
  );
  const row = await findLink(sql, open, linkID);
  const url = formatShareLink({
    serverOrigin: context.services.origin,
    shortGUID: row.short_guid,
    secret,
    needsPassword: passwordHash !== null,
  });
  return { ...wireLink(context, open, row), url };
}

async function removeJoined(sql: Transaction, context: CallContext, open: OpenZone, linkID: string): Promise<void> {
  const joined = await sql.all<{ user_name: string }>(
    `SELECT user_name FROM participants WHERE zone_id = ? AND joined_by_link = ? AND user_name IS NOT NULL AND user_name <> ?`,
    [open.zone.zone_id, linkID, context.caller.userName],
  );
  if (joined.length === 0) return;
  const users = joined.map((row) => row.user_name);
  await sql.run('DELETE FROM participants WHERE zone_id = ? AND user_name IN (?*)', [open.zone.zone_id, users]);
  await endUploads(sql, open.zone, context.now);
  await revokeLinksOf(sql, context, open.zone, users);
  await hideZone(sql, context.realm.key, users, open.zone.zone_id, 'REMOVED');
  const seq = await lockOwner(sql, context.realm.key, open.zone.owner);
  await touchShare(sql, context, open.zone, seq);
  await announceToPeople(sql, context, open.zone, users);
}

/**
 * Revokes the links that people made who are taken out of a share: whoever managed it holds their secrets, and would come
 * back by them. The caller holds the owner's lock, under which links are made as well.
 */
export async function revokeLinksOf(
  sql: Transaction,
  context: CallContext,
  zone: ZoneRow,
  users: readonly string[],
): Promise<void> {
  if (users.length === 0) return;
  await sql.run('UPDATE links SET revoked_at = ? WHERE zone_id = ? AND revoked_at IS NULL AND created_by IN (?*)', [
    context.now,
    zone.zone_id,
    users,
  ]);
}

/**
 * The zone of a share the caller owns or manages.
 * @throws CloudError ZONE_NOT_FOUND, ACCESS_DENIED, NOT_FOUND when the zone is not shared
 */
export async function openManaged(sql: Sql, context: CallContext, zoneID: ZoneIDInput): Promise<OpenZone> {
  const scope = zoneOwnerOf(context, zoneID).owner === context.caller.userName ? 'private' : 'shared';
  const open = await openZone(sql, context, scope, zoneID);
  if (!mayManage(open.access)) {
    throw new CloudError('ACCESS_DENIED', 'only the owner, or who may manage, sees links and requests', {
      neededRight: 'MANAGE',
    });
  }
  const share = await sql.get('SELECT zone_id FROM shares WHERE zone_id = ?', [open.zone.zone_id]);
  if (share === undefined) throw notFound('this zone is not shared');
  return open;
}

function requireRole(open: OpenZone, role: LinkRole): void {
  if (grantable(open.access, presetRights[role])) return;
  throw new CloudError('ACCESS_DENIED', 'a link cannot give rights its maker does not have');
}

async function findLink(sql: Sql, open: OpenZone, linkID: string): Promise<LinkRow> {
  const row = await sql.get<LinkRow>('SELECT * FROM links WHERE link_id = ? AND zone_id = ?', [
    linkID,
    open.zone.zone_id,
  ]);
  if (row === undefined) throw notFound('this share has no such link');
  return row;
}

function wireLink(context: CallContext, open: OpenZone, row: LinkRow): Record<string, unknown> {
  return {
    linkID: row.link_id,
    zoneID: wireZoneID(open.zone),
    shortGUID: row.short_guid,
    role: row.role,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    ...(row.max_uses === null ? {} : { maxUses: row.max_uses }),
    useCount: row.use_count,
    hasPassword: row.password_hash !== null,
    ...(row.label === null ? {} : { label: row.label }),
    state: linkState(row, context.now),
    created: { timestamp: row.created_at, userRecordName: row.created_by },
  };
}
