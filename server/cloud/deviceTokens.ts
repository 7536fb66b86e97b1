import { deviceTokenRequestSchema } from '../../shared/cloud/wireServices.ts';
import type { Sql } from '../database/database.ts';
import { badRequest, notFound } from './cloudError.ts';
import type { CallContext, Services } from './context.ts';
import { parseBody } from './parseBody.ts';
import { personKey, streamSubscription } from './pushes.ts';
import { hashSecret, randomText } from './tokens.ts';
import type { WakeHub } from './wakeHub.ts';

/** Device tokens and the long poll (section 11). The poll address is the credential; only its hash is stored. */

/** A poll address dies this long after its last use, ms. */
const pollLifetime = 24 * 60 * 60_000;

/** tokens/create: a new token, listening from now on. */
export async function createDeviceToken(context: CallContext, body: unknown): Promise<string> {
  const request = parseBody(deviceTokenRequestSchema, body);
  const apnsToken = Buffer.from(context.services.random(32)).toString('hex');
  const poll = await insertToken(context, apnsToken);
  return JSON.stringify({
    apnsEnvironment: request.apnsEnvironment,
    apnsToken,
    webcourierURL: `${context.services.origin}/poll/${poll}`,
  });
}

/** tokens/register: binds a token made earlier (perhaps for another container) to this person here. */
export async function registerDeviceToken(context: CallContext, body: unknown): Promise<string> {
  const request = parseBody(deviceTokenRequestSchema, body);
  if (request.apnsToken === undefined) throw badRequest('apnsToken is needed');
  const tokenHash = hashSecret(request.apnsToken);
  const known = await context.database.read((sql) =>
    sql.get<{ user_name: string }>('SELECT user_name FROM device_tokens WHERE token_hash = ? AND expires_at > ?', [
      tokenHash,
      context.now,
    ]),
  );
  if (known === undefined || known.user_name !== context.caller.userName)
    throw notFound('this device token is not known');
  const bound = await context.database.read((sql) =>
    sql.get('SELECT 1 AS yes FROM device_tokens WHERE token_hash = ? AND realm = ?', [tokenHash, context.realm.key]),
  );
  if (bound === undefined) await insertToken(context, request.apnsToken);
  return '{}';
}

async function insertToken(context: CallContext, apnsToken: string): Promise<string> {
  const poll = randomText(context.services.random, 32);
  await context.database.write(async (sql) => {
    const until = context.now + pollLifetime;
    const viewer = await sql.get<{ event_seq: number }>(
      `INSERT INTO viewers (realm, user_name, polls_until) VALUES (?, ?, ?)
       ON CONFLICT (realm, user_name) DO UPDATE SET polls_until = excluded.polls_until RETURNING event_seq`,
      [context.realm.key, context.caller.userName, until],
    );
    await sql.run(
      `INSERT INTO device_tokens (poll_hash, token_hash, realm, user_name, session_id, cursor, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      [
        hashSecret(poll),
        hashSecret(apnsToken),
        context.realm.key,
        context.caller.userName,
        context.caller.sessionID,
        viewer?.event_seq ?? 0,
        until,
      ],
    );
  });
  return poll;
}

interface PollRow {
  readonly token_hash: string;
  readonly realm: string;
  readonly user_name: string;
  readonly session_id: string;
  readonly cursor: number;
}

/**
 * One long poll: the next payload, or undefined when nothing came in time.
 * @throws CloudError NOT_FOUND for an address that is unknown, over, or whose session ended
 */
export async function pollOnce(services: Services, hub: WakeHub, poll: string): Promise<string | undefined> {
  const pollHash = hashSecret(poll);
  const first = await services.database.read((sql) => findPoll(sql, services.clock(), pollHash));
  if (first === undefined) throw notFound('this poll address is over; make a new token');
  const deadline = services.clock() + services.config.longPollSeconds * 1000;
  const listening = hub.listen([personKey(first.realm, first.user_name), `session\t${first.session_id}`]);
  try {
    for (;;) {
      const payload = await takeNext(services, pollHash);
      if (payload !== undefined) return payload;
      if (!(await listening.wait(deadline - services.clock()))) return undefined;
    }
  } finally {
    listening.dispose();
  }
}

async function findPoll(sql: Sql, now: number, pollHash: string): Promise<PollRow | undefined> {
  return sql.get<PollRow>(
    `SELECT d.* FROM device_tokens d JOIN sessions s ON s.id = d.session_id JOIN users u ON u.id = d.user_name
      WHERE d.poll_hash = ? AND d.expires_at > ? AND s.expires_at > ? AND u.disabled_at IS NULL`,
    [pollHash, now, now],
  );
}

async function takeNext(services: Services, pollHash: string): Promise<string | undefined> {
  return services.database.write(async (sql) => {
    const now = services.clock();
    const row = await findPoll(sql, now, pollHash);
    if (row === undefined) throw notFound('this poll address is over; make a new token');
    const event = await sql.get<{ event_seq: number; payload: string }>(
      `SELECT event_seq, payload FROM push_events
        WHERE realm = ? AND user_name = ? AND event_seq > ? AND channel <> ? AND origin <> ? ORDER BY event_seq LIMIT 1`,
      [row.realm, row.user_name, row.cursor, streamSubscription, row.session_id],
    );
    const until = now + pollLifetime;
    const moved = await sql.run(
      'UPDATE device_tokens SET cursor = ?, expires_at = ? WHERE poll_hash = ? AND cursor = ?',
      [event?.event_seq ?? row.cursor, until, pollHash, row.cursor],
    );
    await sql.run('UPDATE viewers SET polls_until = ? WHERE realm = ? AND user_name = ? AND polls_until < ?', [
      until,
      row.realm,
      row.user_name,
      until - pollLifetime / 2,
    ]);
    return moved === 0 ? undefined : event?.payload;
  });
}
