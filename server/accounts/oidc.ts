import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isAppError } from '../../shared/errors.ts';
import { CloudError, notFound } from '../cloud/cloudError.ts';
import type { Services } from '../cloud/context.ts';
import { hashSecret, randomText } from '../cloud/tokens.ts';
import type { ServerResponse } from '../http/message.ts';
import { addPerson, maxNameLength } from './people.ts';

/**
 * Optional sign-in by an OpenID provider the operator configured: authorization code with PKCE. Nobody's address is ever
 * taken as their identity: that is issuer and subject. The only addresses fetched are the configured issuer's own.
 */

const stateLifetime = 10 * 60_000;
const discoverySchema = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  userinfo_endpoint: z.string(),
});
const tokenSchema = z.object({ access_token: z.string() });
const userSchema = z.object({
  sub: z.string().min(1).max(255),
  email: z.string().optional(),
  email_verified: z.boolean().optional(),
  name: z.string().optional(),
});

/** Redirects to the provider. `login` or `authorize` of the query say what the sign-in is for. */
export async function startOIDC(services: Services, url: URL): Promise<ServerResponse> {
  const { oidc } = services.config;
  if (oidc === undefined) throw notFound('could not find handler for endpoint');
  const discovery = await discover(services, oidc.issuer);
  const state = randomText(services.random, 24);
  const verifier = randomText(services.random, 48);
  const now = services.clock();
  await services.database.write((sql) =>
    sql.run(
      'INSERT INTO verifications (id, identifier, value, expires_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
      [
        randomText(services.random, 16),
        `oidc:${hashSecret(state)}`,
        JSON.stringify({
          verifier,
          login: url.searchParams.get('login') ?? '',
          authorize: url.searchParams.get('authorize') ?? '',
        }),
        now + stateLifetime,
        now,
        now,
      ],
    ),
  );
  const target = new URL(discovery.authorization_endpoint);
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  for (const [name, value] of Object.entries({
    response_type: 'code',
    client_id: oidc.clientID,
    redirect_uri: `${services.origin}/oidc/callback`,
    scope: 'openid email profile',
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  })) {
    target.searchParams.set(name, value);
  }
  return {
    status: 302,
    headers: { location: target.href, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
    body: '',
  };
}

/** Takes the provider's answer; the person, made on first sight where sign-up is open, and what the sign-in was for. */
export async function finishOIDC(
  services: Services,
  url: URL,
): Promise<{ userName: string; login: string; authorize: string }> {
  const { oidc } = services.config;
  if (oidc === undefined) throw notFound('could not find handler for endpoint');
  const row = await services.database.write((sql) =>
    sql.get<{ value: string }>('DELETE FROM verifications WHERE identifier = ? AND expires_at > ? RETURNING value', [
      `oidc:${hashSecret(url.searchParams.get('state') ?? '')}`,
      services.clock(),
    ]),
  );
  const code = url.searchParams.get('code');
  if (row === undefined || code === null) throw refused('this sign-in is over; start again');
  const stored = JSON.parse(row.value) as { verifier: string; login: string; authorize: string };
  const discovery = await discover(services, oidc.issuer);
  // The token comes straight from the issuer over TLS, so the userinfo answer is the issuer's own word.
  const token = await ask(services, discovery.token_endpoint, tokenSchema, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: `${services.origin}/oidc/callback`,
      client_id: oidc.clientID,
      client_secret: oidc.clientSecret,
      code_verifier: stored.verifier,
    }).toString(),
  });
  const user = await ask(services, discovery.userinfo_endpoint, userSchema, {
    headers: { authorization: `Bearer ${token.access_token}` },
  });
  return {
    userName: await personOf(services, discovery.issuer, user),
    login: stored.login,
    authorize: stored.authorize,
  };
}

async function personOf(services: Services, issuer: string, user: z.infer<typeof userSchema>): Promise<string> {
  const provider = `oidc:${hashSecret(issuer).slice(0, 16)}`;
  const known = await services.database.read((sql) =>
    sql.get<{ user_id: string; disabled_at: number | null }>(
      'SELECT c.user_id, u.disabled_at FROM credentials c JOIN users u ON u.id = c.user_id WHERE c.provider_id = ? AND c.account_id = ?',
      [provider, user.sub],
    ),
  );
  if (known?.disabled_at === null) return known.user_id;
  if (known !== undefined) throw refused('this account is disabled');
  if (services.config.signUp !== 'open') throw refused('there is no account for you here yet; ask the operator');
  if (user.email === undefined) throw refused('the provider did not tell your e-mail address');
  const now = services.clock();
  const shown = user.name?.trim() ?? '';
  const person = {
    email: user.email,
    name: shown === '' ? user.email : shown.slice(0, maxNameLength),
    emailVerified: user.email_verified === true,
  };
  try {
    // Together: an account without the credential is one its person can never sign in to, nor make again.
    return await addPerson(services, person, async (sql, userName) => {
      await sql.run(
        'INSERT INTO credentials (id, user_id, account_id, provider_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
        [randomText(services.random, 16), userName, user.sub, provider, now, now],
      );
    });
  } catch (error) {
    // Never joined by the address alone: the provider's word for an address is not the account's password.
    if (isAppError(error) && error.code === 'alreadyExists')
      throw refused('there is an account with your address here already; sign in with its password');
    throw error;
  }
}

async function discover(services: Services, issuer: string): Promise<z.infer<typeof discoverySchema>> {
  const found = await ask(
    services,
    `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    discoverySchema,
    {},
  );
  if (found.issuer !== issuer) throw refused('the sign-in provider calls itself by another name than configured');
  return found;
}

async function ask<Schema extends z.ZodType>(
  services: Services,
  address: string,
  schema: Schema,
  init: RequestInit,
): Promise<z.infer<Schema>> {
  try {
    const response = await fetch(address, { ...init, redirect: 'error', signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return schema.parse(await response.json());
  } catch (error) {
    services.log.warn(
      { address: new URL(address).origin, error: error instanceof Error ? error.name : 'unknown' },
      'the sign-in provider did not answer',
    );
    throw refused('the sign-in provider does not answer as it should; try again later');
  }
}

function refused(reason: string): CloudError {
  return new CloudError('AUTHENTICATION_FAILED', reason);
}
