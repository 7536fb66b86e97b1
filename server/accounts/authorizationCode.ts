import { createHash } from 'node:crypto';
import { z } from 'zod';
import { CloudError, badRequest } from '../cloud/cloudError.ts';
import type { Services } from '../cloud/context.ts';
import { parseBody } from '../cloud/parseBody.ts';
import { hashSecret, randomText } from '../cloud/tokens.ts';
import type { Transaction } from '../database/database.ts';
import type { AccountAnswer } from './accountAnswer.ts';
import { describe } from './accountAnswer.ts';
import { issueSession } from './sessions.ts';

/**
 * Sign-in of a desktop program through the system browser: authorization code with PKCE (S256) and a loopback redirect
 * (RFC 8252, RFC 7636). The program starts `/authorize?…`, the person signs in there, the code comes back to the loopback.
 */

export const codeLifetime = 10 * 60_000;

const authorizeSchema = z.object({
  response_type: z.literal('code'),
  client_id: z.string().min(1).max(100),
  redirect_uri: z.string().max(500),
  code_challenge: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  code_challenge_method: z.literal('S256'),
  state: z.string().min(8).max(500),
});
export type AuthorizeRequest = z.infer<typeof authorizeSchema>;

/**
 * Checks what a program asks for. Only loopback addresses are ever redirected to.
 * @throws CloudError BAD_REQUEST
 */
export function parseAuthorize(query: URLSearchParams): AuthorizeRequest {
  const request = parseBody(authorizeSchema, Object.fromEntries(query));
  if (!isLoopback(request.redirect_uri))
    throw badRequest('redirect_uri must be http://127.0.0.1:<port>/… or http://[::1]:<port>/…');
  return request;
}

function isLoopback(address: string): boolean {
  if (!/^http:\/\/(127\.0\.0\.1|\[::1\]):\d{1,5}\/[A-Za-z0-9/_-]*$/.test(address)) return false;
  const { port } = new URL(address);
  return Number(port) > 0 && Number(port) < 65_536;
}

interface StoredCode {
  readonly userName: string;
  readonly challenge: string;
  readonly redirect: string;
  readonly client: string;
}

/** Makes the one-time code a signed-in person's browser carries back. @returns the address to redirect to */
export async function issueCode(services: Services, request: AuthorizeRequest, userName: string): Promise<string> {
  const code = randomText(services.random, 32);
  const now = services.clock();
  await services.database.write((sql) =>
    sql.run(
      'INSERT INTO verifications (id, identifier, value, expires_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
      [
        randomText(services.random, 16),
        `code:${hashSecret(code)}`,
        // The person first: `dropCodes` finds them by it.
        JSON.stringify({
          userName,
          challenge: request.code_challenge,
          redirect: request.redirect_uri,
          client: request.client_id,
        } satisfies StoredCode),
        now + codeLifetime,
        now,
        now,
      ],
    ),
  );
  const target = new URL(request.redirect_uri);
  target.searchParams.set('code', code);
  target.searchParams.set('state', request.state);
  return target.href;
}

/** Trades code and verifier for a session; a code is used up by the first try, right or wrong. */
export async function exchangeCode(
  services: Services,
  body: unknown,
  userAgent: string | undefined,
): Promise<AccountAnswer> {
  const given = parseBody(
    z.object({
      grant_type: z.literal('authorization_code'),
      code: z.string().max(200),
      code_verifier: z.string().min(43).max(128),
      redirect_uri: z.string().max(500),
      client_id: z.string().max(100),
    }),
    body,
  );
  const now = services.clock();
  const challenge = createHash('sha256').update(given.code_verifier).digest('base64url');
  // In one transaction: who takes a code back while it is traded finds either the code or the session (endSignIns.ts). A
  // refusal is thrown outside, since a wrong try uses the code up as well.
  const granted = await services.database.write(async (sql) => {
    const row = await sql.get<{ value: string }>(
      'DELETE FROM verifications WHERE identifier = ? AND expires_at > ? RETURNING value',
      [`code:${hashSecret(given.code)}`, now],
    );
    const stored = row === undefined ? undefined : (JSON.parse(row.value) as StoredCode);
    if (
      stored === undefined ||
      stored.challenge !== challenge ||
      stored.redirect !== given.redirect_uri ||
      stored.client !== given.client_id
    ) {
      return undefined;
    }
    const session = await issueSession(
      sql,
      { random: services.random, now },
      {
        userName: stored.userName,
        kind: 'device',
        lifetimeMs: services.config.sessionDays * 86_400_000,
        userAgent,
      },
    );
    return { session, userName: stored.userName };
  });
  if (granted === undefined) {
    throw new CloudError('AUTHENTICATION_FAILED', 'this sign-in is over or was not started by this program');
  }
  return {
    body: {
      access_token: granted.session.token,
      token_type: 'Bearer',
      expires_in: Math.floor((granted.session.expiresAt - now) / 1000),
      user: await describe(services, granted.userName),
    },
  };
}

/** Takes back the codes that were made for this person and not traded yet. */
export async function dropCodes(sql: Transaction, userName: string): Promise<void> {
  const start = `${JSON.stringify({ userName }).slice(0, -1)},`;
  await sql.run(`DELETE FROM verifications WHERE identifier LIKE 'code:%' AND substr(value, 1, ?) = ?`, [
    Array.from(start).length,
    start,
  ]);
}
