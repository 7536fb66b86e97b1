import { z } from 'zod';
import { notFound } from '../cloud/cloudError.ts';
import type { Services } from '../cloud/context.ts';
import { parseBody } from '../cloud/parseBody.ts';
import { hashSecret, randomText } from '../cloud/tokens.ts';
import type { Transaction } from '../database/database.ts';
import type { AccountAnswer } from './accountAnswer.ts';
import { describe } from './accountAnswer.ts';
import { spend } from './rateLimits.ts';
import { issueSession } from './sessions.ts';

/** Device authorization (RFC 8628): a machine without a browser shows a code, a person approves it on the /device page. */

const lifetimeMs = 15 * 60_000;
const intervalSeconds = 5;
/** No vowels and nothing that looks like something else (RFC 8628, section 6.1): 20^8 codes. */
const codeLetters = 'BCDFGHJKLMNPQRSTVWXZ';

export async function startDeviceCode(services: Services, body: unknown, address: string): Promise<AccountAnswer> {
  const given = parseBody(
    z.object({ client_id: z.string().max(100).optional(), scope: z.string().max(200).optional() }),
    body,
  );
  const now = services.clock();
  await spend(services.database, { key: `device\t${address}`, limit: 60, windowMs: 3_600_000, now });
  const deviceCode = randomText(services.random, 32);
  const userCode = [...services.random(8)].map((byte) => codeLetters[byte % codeLetters.length] ?? 'B').join('');
  await services.database.write((sql) =>
    sql.run(
      `INSERT INTO device_codes (id, device_code, user_code, expires_at, status, polling_interval, client_id, scope)
       VALUES (?, ?, ?, ?, 'pending', ?, ?, ?)`,
      [
        randomText(services.random, 12),
        hashSecret(deviceCode),
        userCode,
        now + lifetimeMs,
        intervalSeconds,
        given.client_id ?? null,
        given.scope ?? null,
      ],
    ),
  );
  const shown = `${userCode.slice(0, 4)}-${userCode.slice(4)}`;
  return {
    body: {
      device_code: deviceCode,
      user_code: shown,
      verification_uri: `${services.origin}/device`,
      verification_uri_complete: `${services.origin}/device?user_code=${shown}`,
      expires_in: lifetimeMs / 1000,
      interval: intervalSeconds,
    },
  };
}

/** The waiting machine asks; answers and errors as RFC 8628, section 3.5 words them. */
export async function pollDeviceCode(
  services: Services,
  body: unknown,
  userAgent: string | undefined,
): Promise<AccountAnswer> {
  const given = parseBody(z.object({ device_code: z.string().max(200) }), body);
  const now = services.clock();
  const outcome = await services.database.write(async (sql) => {
    const row = await sql.get<{
      id: string;
      user_id: string | null;
      expires_at: number;
      status: string;
      last_polled_at: number | null;
    }>(
      `SELECT id, user_id, expires_at, status, last_polled_at FROM device_codes WHERE device_code = ?${sql.forUpdate}`,
      [hashSecret(given.device_code)],
    );
    if (row === undefined || row.expires_at <= now) return { error: 'expired_token' };
    if (row.status === 'denied') return { error: 'access_denied' };
    if (row.status !== 'approved' || row.user_id === null) {
      await sql.run('UPDATE device_codes SET last_polled_at = ? WHERE id = ?', [now, row.id]);
      const tooSoon = row.last_polled_at !== null && now - row.last_polled_at < intervalSeconds * 1000 - 500;
      return { error: tooSoon ? 'slow_down' : 'authorization_pending' };
    }
    await sql.run('DELETE FROM device_codes WHERE id = ?', [row.id]);
    const session = await issueSession(
      sql,
      { random: services.random, now },
      {
        userName: row.user_id,
        kind: 'device',
        lifetimeMs: services.config.sessionDays * 86_400_000,
        userAgent,
      },
    );
    return { session, userName: row.user_id };
  });
  if ('error' in outcome) return { status: 400, body: { error: outcome.error } };
  return {
    body: {
      access_token: outcome.session.token,
      token_type: 'Bearer',
      expires_in: Math.floor((outcome.session.expiresAt - now) / 1000),
      user: await describe(services, outcome.userName),
    },
  };
}

/** The person approves or refuses the code they see on the other machine. @throws CloudError NOT_FOUND */
export async function approveDevice(services: Services, body: unknown, userName: string): Promise<AccountAnswer> {
  const given = parseBody(z.strictObject({ userCode: z.string().max(40), approve: z.boolean().optional() }), body);
  const now = services.clock();
  await spend(services.database, { key: `deviceApprove\t${userName}`, limit: 30, windowMs: 15 * 60_000, now });
  const code = given.userCode.toUpperCase().replaceAll(/[^A-Z]/g, '');
  const changed = await services.database.write((sql) =>
    sql.run(
      `UPDATE device_codes SET status = ?, user_id = ? WHERE user_code = ? AND status = 'pending' AND expires_at > ?`,
      [given.approve === false ? 'denied' : 'approved', userName, code, now],
    ),
  );
  if (changed === 0) throw notFound('this code is wrong or over; look at the other machine again');
  return { body: { success: true } };
}

/** Takes back what this person approved and no machine has come for yet: it hears that its code is over. */
export async function dropApprovedDevices(sql: Transaction, userName: string): Promise<void> {
  await sql.run(`DELETE FROM device_codes WHERE user_id = ? AND status = 'approved'`, [userName]);
}
