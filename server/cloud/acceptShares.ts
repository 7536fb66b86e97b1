import { presetRights, resolveRequestSchema, declineRequestSchema } from '../../shared/cloud/wireShares.ts';
import type { ParticipantType, ResolveRequest } from '../../shared/cloud/wireShares.ts';
import type { Sql, Transaction } from '../database/database.ts';
import { spend } from '../accounts/rateLimits.ts';
import { CloudError, notFound } from './cloudError.ts';
import type { CallContext } from './context.ts';
import type { Run } from './idempotency.ts';
import { invitationResult, ownerStanding } from './invitationResults.ts';
import type { Standing } from './invitationResults.ts';
import { linkUsable } from './links.ts';
import type { LinkRow } from './links.ts';
import { parseBody } from './parseBody.ts';
import { rightsOf } from './shareRecord.ts';
import type { ParticipantRow, ShareRow } from './shareRecord.ts';
import { touchShare } from './touchShare.ts';
import { hashSecret, randomUUID } from './tokens.ts';
import { showZone } from './views.ts';
import { lockOwner } from './zones.ts';
import type { ZoneRow } from './zones.ts';

/** One answer for whatever cannot be opened, so that nobody learns by trying which of it was wrong (I25). */
const unusable = (): CloudError => notFound('this share link does not exist or can no longer be used');

type Wanted = ResolveRequest['shortGUIDs'][number];

/** How the caller comes to a share: as owner, with an invitation, by its public permission, or by a link object. */
interface Way {
  readonly zone: ZoneRow;
  readonly standing: Standing;
  /** The row of an invitation or membership that exists already. */
  readonly participant: ParticipantRow | undefined;
  readonly link: LinkRow | undefined;
  readonly owner: boolean;
}

/** records/resolve (section 10.4): a preview; changes nothing but the count of wrong tries. */
export async function resolveShares(context: CallContext, body: unknown): Promise<string> {
  const { shortGUIDs } = parseBody(resolveRequestSchema, body);
  return eachGUID(shortGUIDs, async (wanted) => {
    await checkSecret(context, wanted);
    return context.database.read(async (sql) => {
      const way = await findWay(sql, context, wanted);
      return invitationResult(sql, context, way.zone, wanted.value, way.standing);
    });
  });
}

/** records/accept (section 10.4): joins; repeating it gives the same answer. */
export async function acceptShares(context: CallContext, body: unknown): Promise<string> {
  return (await prepareAccept(context, body))(context);
}

/** records/accept up to its transactions, and the rest of it: secrets and passwords are checked here, every one of them. */
export async function prepareAccept(context: CallContext, body: unknown): Promise<Run> {
  const { shortGUIDs } = parseBody(resolveRequestSchema, body);
  const refused = new Map<Wanted, CloudError>();
  for (const wanted of shortGUIDs) {
    try {
      await checkSecret(context, wanted);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      refused.set(wanted, error);
    }
  }
  return (inner) =>
    eachGUID(shortGUIDs, async (wanted) => {
      const refusal = refused.get(wanted);
      if (refusal !== undefined) throw refusal;
      return accept(inner, wanted);
    });
}

async function accept(context: CallContext, wanted: Wanted): Promise<string> {
  return context.database.write(async (sql) => {
    const seen = await findWay(sql, context, wanted);
    if (seen.owner || seen.standing.status === 'ACCEPTED') {
      return invitationResult(sql, context, seen.zone, wanted.value, seen.standing);
    }
    const seq = await lockOwner(sql, context.realm.key, seen.zone.owner);
    // Looked at again under the owner's lock: an invitation withdrawn or a link used up meanwhile counts.
    const way = await findWay(sql, context, wanted);
    const accepted = await join(sql, context, way, seq);
    return invitationResult(sql, context, way.zone, wanted.value, accepted);
  });
}

/** invitations/list (section 14.5): every invitation that waits for the caller, by name or by verified address. */
export async function listInvitations(context: CallContext): Promise<string> {
  return context.database.read(async (sql) => {
    const rows = await sql.all<{ short_guid: string }>(
      `SELECT s.short_guid FROM participants p JOIN shares s ON s.zone_id = p.zone_id JOIN zones z ON z.zone_id = p.zone_id
        WHERE z.realm = ? AND z.deleted_at IS NULL AND p.status = 'INVITED' AND (s.ends_at IS NULL OR s.ends_at > ?)
          AND (p.user_name = ? OR (p.user_name IS NULL AND p.email = ?)) ORDER BY p.invited_at, s.short_guid LIMIT 200`,
      [context.realm.key, context.now, context.caller.userName, provenAddress(context)],
    );
    const items: string[] = [];
    for (const { short_guid } of rows) {
      const way = await findWay(sql, context, { value: short_guid });
      items.push(await invitationResult(sql, context, way.zone, short_guid, way.standing));
    }
    return `{"invitations":[${items.join(',')}]}`;
  });
}

/** invitations/decline (section 14.5). */
export async function declineInvitations(context: CallContext, body: unknown): Promise<string> {
  const request = parseBody(declineRequestSchema, body);
  const results: string[] = [];
  for (const { value } of request.shortGUIDs) {
    try {
      await context.database.write(async (sql) => {
        const seen = await findWay(sql, context, { value });
        const seq = await lockOwner(sql, context.realm.key, seen.zone.owner);
        const { participant, zone, owner } = await findWay(sql, context, { value });
        if (owner || participant === undefined || participant.status === 'ACCEPTED') throw unusable();
        if (participant.status === 'DECLINED') return;
        await sql.run(`UPDATE participants SET status = 'DECLINED' WHERE participant_id = ?`, [
          participant.participant_id,
        ]);
        await touchShare(sql, context, zone, seq);
      });
      results.push(JSON.stringify({ shortGUID: value, participantStatus: 'DECLINED' }));
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      results.push(error.item({ shortGUID: value }));
    }
  }
  return `{"results":[${results.join(',')}]}`;
}

async function eachGUID(shortGUIDs: readonly Wanted[], answer: (wanted: Wanted) => Promise<string>): Promise<string> {
  const results: string[] = [];
  for (const wanted of shortGUIDs) {
    try {
      results.push(await answer(wanted));
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      results.push(error.item({ shortGUID: wanted.value }));
    }
  }
  return `{"results":[${results.join(',')}]}`;
}

/**
 * Checks secret and password of a link before any transaction is open: Argon2id takes its time, and takes it for every
 * refusal alike, whatever was wrong.
 */
async function checkSecret(context: CallContext, wanted: Wanted): Promise<void> {
  const { link, share, opens } = await context.database.read(async (sql) => {
    const found = await sql.get<LinkRow>('SELECT * FROM links WHERE short_guid = ?', [wanted.value]);
    return {
      link: found,
      share: await sql.get('SELECT zone_id FROM shares WHERE short_guid = ?', [wanted.value]),
      // Who is in is looked for behind the secret only: without it a link that exists takes no longer than one that does not.
      opens:
        found !== undefined &&
        hashSecret(wanted.linkSecret ?? '') === found.secret_hash &&
        (linkUsable(found, context.now) || (await isInside(sql, context, found.zone_id))),
    };
  });
  if (share !== undefined) return;
  const passwordHash = link?.password_hash ?? null;
  if (opens && passwordHash === null) return;
  // Counted before the slow part: who guesses in parallel is stopped all the same.
  await spend(context.database, {
    key: `link\t${context.caller.userName}`,
    limit: context.services.config.rateLimits.linkTries,
    windowMs: 15 * 60_000,
    now: context.now,
  });
  const passwordFits = await context.services.passwords.verify(opens ? passwordHash : null, wanted.linkPassword ?? '');
  if (!opens || !passwordFits) throw unusable();
}

async function findWay(sql: Sql, context: CallContext, wanted: Wanted): Promise<Way> {
  const link = await sql.get<LinkRow>('SELECT * FROM links WHERE short_guid = ?', [wanted.value]);
  const share = await sql.get<ShareRow>(
    link === undefined ? 'SELECT * FROM shares WHERE short_guid = ?' : 'SELECT * FROM shares WHERE zone_id = ?',
    [link?.zone_id ?? wanted.value],
  );
  const zone =
    share === undefined
      ? undefined
      : await sql.get<ZoneRow>('SELECT * FROM zones WHERE zone_id = ? AND realm = ? AND deleted_at IS NULL', [
          share.zone_id,
          context.realm.key,
        ]);
  if (share === undefined || zone === undefined) throw unusable();
  if (link !== undefined && hashSecret(wanted.linkSecret ?? '') !== link.secret_hash) throw unusable();
  if (zone.owner === context.caller.userName)
    return { zone, standing: ownerStanding, participant: undefined, link, owner: true };
  if (share.ends_at !== null && share.ends_at <= context.now) throw unusable();
  const participant = await findParticipant(sql, context, zone.zone_id);
  // Who is in already is told so, also when a link lets nobody new in: the answer to their accept may have got lost.
  if (link !== undefined && participant?.status !== 'ACCEPTED' && !linkUsable(link, context.now)) throw unusable();
  const standing = await standingOf(sql, zone, share, participant, link);
  return { zone, standing, participant, link, owner: false };
}

async function standingOf(
  sql: Sql,
  zone: ZoneRow,
  share: ShareRow,
  participant: ParticipantRow | undefined,
  link: LinkRow | undefined,
): Promise<Standing> {
  const counted = participant?.status;
  if (participant !== undefined && counted !== 'UNSUBSCRIBED' && counted !== 'REMOVED') {
    const rights = rightsOf(participant.rights);
    const type: ParticipantType = rights.includes('MANAGE')
      ? 'ADMINISTRATOR'
      : participant.public_user === 1
        ? 'PUBLIC_USER'
        : 'USER';
    return { type, status: participant.status, rights, participantID: participant.participant_id };
  }
  // A share that is ending takes nobody new in.
  if (share.ends_at === null && link !== undefined) {
    return { type: 'PUBLIC_USER', status: 'INVITED', rights: presetRights[link.role], participantID: '' };
  }
  if (share.ends_at === null && share.public_permission !== 'NONE') {
    return { type: 'PUBLIC_USER', status: 'INVITED', rights: rightsOf(share.public_rights), participantID: '' };
  }
  const owner = await sql.get<{ name: string }>('SELECT name FROM users WHERE id = ?', [zone.owner]);
  const mayRequestAccess = share.deny_access_requests === 0 && share.ends_at === null;
  const details = mayRequestAccess ? { mayRequestAccess, ownerDisplayName: owner?.name ?? '' } : {};
  throw new CloudError('ACCESS_DENIED', 'you are not invited to this share', details);
}

/** Does the caller own the zone, or take part in it? */
async function isInside(sql: Sql, context: CallContext, zoneID: number): Promise<boolean> {
  const zone = await sql.get<ZoneRow>('SELECT * FROM zones WHERE zone_id = ?', [zoneID]);
  if (zone?.owner === context.caller.userName) return true;
  return (await findParticipant(sql, context, zoneID))?.status === 'ACCEPTED';
}

async function findParticipant(sql: Sql, context: CallContext, zoneID: number): Promise<ParticipantRow | undefined> {
  const rows = await sql.all<ParticipantRow>(
    'SELECT * FROM participants WHERE zone_id = ? AND (user_name = ? OR (user_name IS NULL AND email = ?)) ORDER BY position',
    [zoneID, context.caller.userName, provenAddress(context)],
  );
  // The row that is bound to the account counts before one that only names its address.
  return (
    rows.find((row) => row.user_name !== null && row.status !== 'UNSUBSCRIBED') ??
    rows.find((row) => row.user_name === null) ??
    rows[0]
  );
}

/** The caller's address once it is verified; before that no invitation binds to it. */
function provenAddress(context: CallContext): string {
  return context.caller.emailVerified ? context.caller.email.toLowerCase() : '';
}

async function join(sql: Transaction, context: CallContext, way: Way, seq: number): Promise<Standing> {
  const { zone, standing, participant, link } = way;
  const invited = participant !== undefined && (participant.status === 'INVITED' || participant.status === 'DECLINED');
  let participantID = participant?.participant_id ?? '';
  if (invited) {
    await sql.run(`UPDATE participants SET status = 'ACCEPTED', user_name = ? WHERE participant_id = ?`, [
      context.caller.userName,
      participantID,
    ]);
  } else {
    await sql.run('DELETE FROM participants WHERE zone_id = ? AND user_name = ?', [
      zone.zone_id,
      context.caller.userName,
    ]);
    participantID = randomUUID(context.services.random);
    await insertPublicParticipant(sql, context, way, participantID);
    if (link !== undefined)
      await sql.run('UPDATE links SET use_count = use_count + 1 WHERE link_id = ?', [link.link_id]);
  }
  // One person, one row: the same person may have been invited by name and by address.
  await sql.run(
    'DELETE FROM participants WHERE zone_id = ? AND participant_id <> ? AND (user_name = ? OR (user_name IS NULL AND email = ?))',
    [zone.zone_id, participantID, context.caller.userName, provenAddress(context)],
  );
  await sql.run('DELETE FROM access_requests WHERE zone_id = ? AND user_name = ?', [
    zone.zone_id,
    context.caller.userName,
  ]);
  const last = await touchShare(sql, context, zone, seq);
  await showZone(sql, context.realm.key, context.caller.userName, zone.zone_id, last);
  return { ...standing, status: 'ACCEPTED', participantID };
}

async function insertPublicParticipant(
  sql: Transaction,
  context: CallContext,
  way: Way,
  participantID: string,
): Promise<void> {
  const maximum = context.services.config.limits.participantsPerShare;
  const counted = await sql.get<{ people: number; last: number | null }>(
    'SELECT count(*) AS people, max(position) AS last FROM participants WHERE zone_id = ?',
    [way.zone.zone_id],
  );
  if ((counted?.people ?? 0) >= maximum) {
    throw new CloudError('QUOTA_EXCEEDED', `a share has at most ${maximum} participants`, {
      limit: 'participantsPerShare',
      maximum,
    });
  }
  await sql.run(
    `INSERT INTO participants (participant_id, zone_id, user_name, status, rights, public_user, invited_at, joined_by_link, position)
     VALUES (?, ?, ?, 'ACCEPTED', ?, 1, ?, ?, ?)`,
    [
      participantID,
      way.zone.zone_id,
      context.caller.userName,
      way.standing.rights.join(','),
      context.now,
      way.link?.link_id ?? null,
      (counted?.last ?? 0) + 1,
    ],
  );
}
