import { createHash } from 'node:crypto';
import { joinTransaction } from '../database/database.ts';
import { badRequest } from './cloudError.ts';
import type { CallContext } from './context.ts';

const keyPattern = /^[A-Za-z0-9_-]{8,100}$/;
/** How long an answer is kept for repeats, ms. */
export const idempotencyLifetime = 24 * 60 * 60_000;

/**
 * Runs a writing call at most once per `Idempotency-Key` and person (section 14.8): the answer is stored in the same
 * transaction as its effect, so whoever has one has the other.
 * @throws CloudError BAD_REQUEST when the key was used for a different request
 */
export async function runOnce(
  context: CallContext,
  key: string,
  request: { readonly url: string; readonly body: string },
  run: (context: CallContext) => Promise<string>,
): Promise<string> {
  if (!keyPattern.test(key)) throw badRequest('Idempotency-Key must be 8 to 100 letters, digits, - or _');
  const fingerprint = createHash('sha256').update(request.url).update('\0').update(request.body).digest('base64url');
  return context.database.write(async (sql) => {
    // Taking the row first makes a second request with the same key wait for the first one's answer.
    const mine = await sql.run(
      `INSERT INTO idempotency (user_name, key, fingerprint, status, body, created_at) VALUES (?, ?, ?, 0, '', ?)
       ON CONFLICT (user_name, key) DO NOTHING`,
      [context.caller.userName, key, fingerprint, context.now],
    );
    if (mine === 0) {
      const row = await sql.get<{ fingerprint: string; body: string }>(
        'SELECT fingerprint, body FROM idempotency WHERE user_name = ? AND key = ?',
        [context.caller.userName, key],
      );
      if (row?.fingerprint !== fingerprint) throw badRequest('this Idempotency-Key was used for another request');
      return row.body;
    }
    const body = await run({ ...context, database: joinTransaction(context.database, sql) });
    await sql.run('UPDATE idempotency SET status = 200, body = ? WHERE user_name = ? AND key = ?', [
      body,
      context.caller.userName,
      key,
    ]);
    return body;
  });
}
