import { errorMessage } from '../../shared/errors.ts';
import { CloudError } from '../cloud/cloudError.ts';
import type { Realm, Services } from '../cloud/context.ts';
import type { ServerRequest, ServerResponse } from '../http/message.ts';
import { createAccountRoutes } from './accountRoutes.ts';
import { findSession, issueSession, renewWebSession, webSessionLifetime } from './sessions.ts';
import type { SignedIn } from './sessions.ts';

/** Who a request is from (section 3), and the pages and calls by which people get there. */
export interface SignIn {
  /**
   * Reads the person behind a request from its token.
   * @throws CloudError AUTHENTICATION_REQUIRED (421, redirectURL) without a token, AUTHENTICATION_FAILED with a bad one
   */
  authenticate(request: ServerRequest, url: URL, realm: Realm | undefined): Promise<Authenticated>;
  /** `/api/auth/…` */
  accounts(request: ServerRequest, url: URL): Promise<ServerResponse>;
  /** What a `redirectURL` asked for, while it is still good. */
  openLoginRequest(request: string): LoginRequest | undefined;
  /** A session for a plain protocol client, whose token rotates. */
  issueWebSession(userName: string): Promise<string>;
}

/** Who a request is from, and what its answer says of their session. */
export interface Authenticated {
  readonly signedIn: SignedIn;
  /**
   * Headers for the answer: of a web session its token, or its successor's once it is more than half over. Only for an answer
   * that carries them, and when nothing can fail any more: a successor that nobody is told of would end the session of whoever
   * goes on with the old token.
   */
  sessionHeaders(): Promise<Record<string, string>>;
}

/** The signed, stateless content of `/login?request=…`. */
export interface LoginRequest {
  readonly clientID: string;
  readonly container: string;
  readonly environment: string;
}

/** Web clients ask again every 14 minutes while signed out, so a request has to live longer, ms. */
const loginRequestLifetime = 20 * 60_000;

export function createSignIn(services: Services): SignIn {
  const { config } = services;

  const required = (clientID: string, realm: Realm | undefined): CloudError => {
    const request = services.tokens.seal('login', [
      clientID,
      realm?.container ?? '',
      realm?.environment ?? '',
      services.clock(),
    ]);
    return new CloudError('AUTHENTICATION_REQUIRED', 'sign in first', {
      redirectURL: `${services.origin}/login?request=${request}`,
    });
  };

  /** The request has had its effect already: a successor that cannot be written now is left to the next one. */
  const successor = async (signedIn: SignedIn): Promise<string | undefined> => {
    try {
      return await renewWebSession(services.database, { random: services.random, now: services.clock() }, signedIn);
    } catch (error) {
      services.log.warn({ error: errorMessage(error) }, 'a web session could not be renewed');
      return undefined;
    }
  };

  const authenticate: SignIn['authenticate'] = async (request, url, realm) => {
    const now = services.clock();
    const bearer = bearerToken(request.headers['authorization']);
    const apiToken = url.searchParams.get('ckAPIToken');
    const webToken = url.searchParams.get('ckWebAuthToken');
    if (bearer === undefined) {
      if (
        apiToken === null &&
        Object.keys(request.headers).some((name) => name.startsWith('x-apple-cloudkit-request-'))
      ) {
        throw failed('server-to-server keys are not supported');
      }
      if (apiToken !== null && !config.clients.some((client) => client.id === apiToken))
        throw failed('this ckAPIToken is not known here');
      if (webToken === null || webToken === '') throw required(apiToken ?? '', realm);
      if (apiToken === null) throw failed('ckWebAuthToken needs a ckAPIToken');
    }
    const token = bearer ?? webToken ?? '';
    const signedIn = token.length > 200 ? undefined : await findSession(services.database, token, now);
    if (signedIn === undefined) throw failed('this session is unknown, revoked or over');
    const sessionHeaders = async (): Promise<Record<string, string>> =>
      bearer === undefined ? { 'x-apple-cloudkit-web-auth-token': (await successor(signedIn)) ?? token } : {};
    return { signedIn, sessionHeaders };
  };

  const signIn: SignIn = {
    authenticate,
    accounts: (request, url) => routes(request, url),
    openLoginRequest(text) {
      const parts = services.tokens.open('login', text);
      if (parts === undefined || Number(parts[3]) + loginRequestLifetime < services.clock()) return undefined;
      return { clientID: parts[0] ?? '', container: parts[1] ?? '', environment: parts[2] ?? '' };
    },
    async issueWebSession(userName) {
      const now = services.clock();
      const { token } = await services.database.write((sql) =>
        issueSession(sql, { random: services.random, now }, { userName, kind: 'web', lifetimeMs: webSessionLifetime }),
      );
      return token;
    },
  };
  const routes = createAccountRoutes(services, signIn);
  return signIn;
}

/** @returns undefined without an Authorization header; '' for one that carries no bearer token, which no session has */
function bearerToken(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  return /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(header)?.[1] ?? '';
}

function failed(reason: string): CloudError {
  return new CloudError('AUTHENTICATION_FAILED', reason);
}
