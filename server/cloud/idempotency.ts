import { createCipheriv, createDecipheriv, hash, hkdfSync } from 'node:crypto';
import { joinTransaction } from '../database/database.ts';
import type { Sql } from '../database/database.ts';
import { badRequest } from './cloudError.ts';
import type { CloudError } from './cloudError.ts';
import type { CallContext } from './context.ts';
import { writeWithEffects } from './effects.ts';

const keyPattern = /^[A-Za-z0-9_-]{8,100}$/;
/** How long an answer is kept for repeats, ms. */
export const idempotencyLifetime = 24 * 60 * 60_000;

/**
 * What the database keeps instead of a key: its hash, and the answer sealed with it. Answers may hold secrets (a new
 * share link's); whoever reads the database or a backup shall not have them, and the key is only its sender's.
 */
interface SealedKey {
  readonly hash: string;
  seal(answer: string): string;
  /** Undefined when the text was not sealed with this key. */
  open(sealed: string): string | undefined;
}

function sealedKey(user: string, key: string): SealedKey {
  const derive = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', key, user, `shoebox ${purpose}`, 32));
  // Each key seals one answer, once: a fixed nonce repeats nothing.
  const nonce = Buffer.alloc(12);
  return {
    hash: derive('name').toString('base64url'),
    seal(answer) {
      const cipher = createCipheriv('aes-256-gcm', derive('answer'), nonce);
      const sealed = Buffer.concat([cipher.update(answer, 'utf8'), cipher.final()]);
      return Buffer.concat([cipher.getAuthTag(), sealed]).toString('base64');
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64');
      try {
        const decipher = createDecipheriv('aes-256-gcm', derive('answer'), nonce);
        decipher.setAuthTag(bytes.subarray(0, 16));
        return Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}

/** A call, or the rest of a prepared one: makes its answer over the database of the context it is given. */
export type Run = (context: CallContext) => Promise<string>;

/** A writing call, in two halves where the first takes long. */
export interface WritingCall {
  /**
   * What takes long and needs no transaction (password hashing), done before one is open: on SQLite everybody waits for an
   * open one. Gives the rest of the call. Done twice when a repeat comes before the first one's answer is there.
   */
  readonly prepare: ((context: CallContext) => Promise<Run>) | undefined;
  /** The whole call, where nothing is prepared. */
  readonly run: Run;
}

/**
 * Runs a writing call at most once per `Idempotency-Key` and person (section 14.8): the answer is stored in the same
 * transaction as its effect, so whoever has one has the other; letters wait until it has committed.
 * @throws CloudError BAD_REQUEST when the key was used for a different request
 */
export async function runOnce(
  context: CallContext,
  key: string,
  request: { readonly url: string; readonly body: string },
  call: WritingCall,
): Promise<string> {
  if (!keyPattern.test(key)) throw badRequest('Idempotency-Key must be 8 to 100 letters, digits, - or _');
  const fingerprint = hash('sha256', `${request.url}\0${request.body}`, 'base64url');
  const sealed = sealedKey(context.caller.userName, key);
  const storedAnswer = async (sql: Sql): Promise<string | undefined> => {
    const row = await sql.get<{ fingerprint: string; body: string }>(
      'SELECT fingerprint, body FROM idempotency WHERE user_name = ? AND key = ?',
      [context.caller.userName, sealed.hash],
    );
    if (row === undefined) return undefined;
    const answer = row.fingerprint === fingerprint ? sealed.open(row.body) : undefined;
    if (answer === undefined) throw usedBefore();
    return answer;
  };
  let { run } = call;
  if (call.prepare !== undefined) {
    // Whoever repeats a call is answered as before, and neither waits for the long part nor has a try at a password counted.
    const answer = await context.database.read(storedAnswer);
    if (answer !== undefined) return answer;
    run = await call.prepare(context);
  }
  return writeWithEffects(context, async (sql, effects) => {
    // Taking the row first makes a second request with the same key wait for the first one's answer.
    const mine = await sql.run(
      `INSERT INTO idempotency (user_name, key, fingerprint, status, body, created_at) VALUES (?, ?, ?, 0, '', ?)
       ON CONFLICT (user_name, key) DO NOTHING`,
      [context.caller.userName, sealed.hash, fingerprint, context.now],
    );
    if (mine === 0) {
      const answer = await storedAnswer(sql);
      if (answer === undefined) throw usedBefore();
      return answer;
    }
    const body = await run({ ...context, database: joinTransaction(context.database, sql), effects });
    await sql.run('UPDATE idempotency SET status = 200, body = ? WHERE user_name = ? AND key = ?', [
      sealed.seal(body),
      context.caller.userName,
      sealed.hash,
    ]);
    return body;
  });
}

function usedBefore(): CloudError {
  return badRequest('this Idempotency-Key was used for another request');
}
