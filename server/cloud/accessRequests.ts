import {
  normaliseRights,
  requestAnswerSchema,
  requestCreateSchema,
  requestListSchema,
} from '../../shared/cloud/wireShares.ts';
import { spend } from '../accounts/rateLimits.ts';
import { CloudError, notFound } from './cloudError.ts';
import type { CallContext } from './context.ts';
import { openManaged } from './links.ts';
import { parseBody } from './parseBody.ts';
import { grantable } from './rights.ts';
import { nameComponents } from './shareRecord.ts';
import { announceToPeople } from './pushes.ts';
import { touchShare } from './touchShare.ts';
import { randomUUID } from './tokens.ts';
import { lockOwner } from './zones.ts';
import type { ZoneRow } from './zones.ts';

/** "Ask Ana for access" (section 14.5): a request by someone who holds a share's link but is not invited. */
export async function createAccessRequest(context: CallContext, body: unknown): Promise<string> {
  const request = parseBody(requestCreateSchema, body);
  const { userName } = context.caller;
  await spend(context.database, {
    key: `request\t${userName}`,
    limit: context.services.config.rateLimits.accessRequests,
    windowMs: 60 * 60_000,
    now: context.now,
  });
  return context.database.write(async (sql) => {
    const zone = await sql.get<ZoneRow>(
      `SELECT z.* FROM shares s JOIN zones z ON z.zone_id = s.zone_id
        WHERE s.short_guid = ? AND z.realm = ? AND z.deleted_at IS NULL AND s.deny_access_requests = 0 AND s.ends_at IS NULL`,
      [request.shortGUID, context.realm.key],
    );
    const inside =
      zone === undefined
        ? undefined
        : await sql.get(
            `SELECT 1 AS yes FROM participants WHERE zone_id = ? AND user_name = ? AND status = 'ACCEPTED'`,
            [zone.zone_id, userName],
          );
    if (zone === undefined || zone.owner === userName || inside !== undefined)
      throw notFound('this share takes no requests from you');
    const row = await sql.get<{ request_id: string }>(
      `INSERT INTO access_requests (request_id, zone_id, user_name, message, created_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (zone_id, user_name) DO UPDATE SET message = excluded.message RETURNING request_id`,
      [randomUUID(context.services.random), zone.zone_id, userName, request.message ?? null, context.now],
    );
    await announceToPeople(sql, context, zone, [zone.owner]);
    return JSON.stringify({ requestID: row?.request_id, state: 'OPEN' });
  });
}

export async function listAccessRequests(context: CallContext, body: unknown): Promise<string> {
  const { zoneID } = parseBody(requestListSchema, body);
  return context.database.read(async (sql) => {
    const open = await openManaged(sql, context, zoneID);
    const rows = await sql.all<{
      request_id: string;
      user_name: string;
      message: string | null;
      created_at: number;
      name: string;
      email: string;
    }>(
      `SELECT r.request_id, r.user_name, r.message, r.created_at, u.name, u.email FROM access_requests r
         JOIN users u ON u.id = r.user_name WHERE r.zone_id = ? ORDER BY r.created_at, r.request_id`,
      [open.zone.zone_id],
    );
    return JSON.stringify({
      requests: rows.map((row) => ({
        requestID: row.request_id,
        userIdentity: {
          userRecordName: row.user_name,
          nameComponents: nameComponents(row.name),
          lookupInfo: { emailAddress: row.email },
        },
        ...(row.message === null ? {} : { message: row.message }),
        createdAt: row.created_at,
      })),
    });
  });
}

/** Granting turns the request into an invitation, which its maker still accepts explicitly. */
export async function answerAccessRequests(context: CallContext, body: unknown): Promise<string> {
  const { requests } = parseBody(requestAnswerSchema, body);
  const results: string[] = [];
  for (const { requestID, decision, rights } of requests) {
    try {
      await answerOne(context, requestID, decision, normaliseRights(rights ?? []));
      results.push(JSON.stringify({ requestID, decision }));
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      results.push(error.item({ requestID }));
    }
  }
  return `{"requests":[${results.join(',')}]}`;
}

async function answerOne(
  context: CallContext,
  requestID: string,
  decision: 'GRANT' | 'REFUSE',
  rights: ReturnType<typeof normaliseRights>,
): Promise<void> {
  await context.database.write(async (sql) => {
    const row = await sql.get<ZoneRow & { user_name: string }>(
      `SELECT z.*, r.user_name FROM access_requests r JOIN zones z ON z.zone_id = r.zone_id
        WHERE r.request_id = ? AND z.realm = ? AND z.deleted_at IS NULL`,
      [requestID, context.realm.key],
    );
    if (row === undefined) throw notFound('this request does not exist');
    const zoneID = { zoneName: row.name, ownerRecordName: row.owner };
    try {
      await openManaged(sql, context, zoneID);
    } catch {
      throw notFound('this request does not exist');
    }
    const seq = await lockOwner(sql, context.realm.key, row.owner);
    const open = await openManaged(sql, context, zoneID);
    if (!grantable(open.access, rights))
      throw new CloudError('ACCESS_DENIED', 'nobody can give rights they do not have');
    await sql.run('DELETE FROM access_requests WHERE request_id = ?', [requestID]);
    if (decision === 'REFUSE') return;
    const maximum = context.services.config.limits.participantsPerShare;
    await sql.run(`DELETE FROM participants WHERE zone_id = ? AND user_name = ? AND status <> 'ACCEPTED'`, [
      row.zone_id,
      row.user_name,
    ]);
    const counted = await sql.get<{ people: number; last: number | null }>(
      'SELECT count(*) AS people, max(position) AS last FROM participants WHERE zone_id = ?',
      [row.zone_id],
    );
    if ((counted?.people ?? 0) >= maximum) {
      throw new CloudError('QUOTA_EXCEEDED', `a share has at most ${maximum} participants`, {
        limit: 'participantsPerShare',
        maximum,
      });
    }
    await sql.run(
      `INSERT INTO participants (participant_id, zone_id, user_name, status, rights, invited_by, invited_at, position)
       VALUES (?, ?, ?, 'INVITED', ?, ?, ?, ?)`,
      [
        randomUUID(context.services.random),
        row.zone_id,
        row.user_name,
        rights.join(','),
        context.caller.userName,
        context.now,
        (counted?.last ?? 0) + 1,
      ],
    );
    await touchShare(sql, context, open.zone, seq);
    await announceToPeople(sql, context, open.zone, [row.user_name]);
  });
}
