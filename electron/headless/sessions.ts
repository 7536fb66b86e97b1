import type { IncomingHttpHeaders } from 'node:http';
import { newSecret, sameSecret } from './secrets.ts';

/** A start address that nobody opened is worthless after this long. */
const startLifetimeMs = 10 * 60_000;
/** Enough for every browser of one person; the oldest goes first, so that a loop of starts cannot grow memory. */
const maximumSessions = 64;

/** Who may talk to this shell: browsers that opened a start address once, and programs that hold the endpoint's token. */
export type Sessions = {
  /** The long-lived token of the endpoint file. Never printed. */
  readonly token: string;
  /** A secret for one start address; it works once, within ten minutes. */
  readonly newStartSecret: () => string;
  /** Trades a start secret for a session, or answers undefined when it is unknown, used or too old. */
  readonly trade: (startSecret: string) => string | undefined;
  /** True for a request with a session cookie or with the token as a bearer. */
  readonly admits: (headers: IncomingHttpHeaders) => boolean;
};

/** The cookie's name holds the port, because cookies do not: two shells on one machine would overwrite each other's. */
export function cookieName(port: number): string {
  return `shoebox-${port}`;
}

/** @param now milliseconds, monotonic or not; only differences matter */
export function createSessions(deps: { readonly now: () => number; readonly port: () => number }): Sessions {
  const token = newSecret();
  const starts = new Map<string, number>();
  const sessions = new Set<string>();
  const bounded = (size: number, oldest: () => void): void => {
    if (size > maximumSessions) oldest();
  };
  return {
    token,
    newStartSecret: () => {
      const secret = newSecret();
      starts.set(secret, deps.now() + startLifetimeMs);
      bounded(starts.size, () => starts.delete([...starts.keys()][0] ?? ''));
      return secret;
    },
    trade: (given) => {
      const match = [...starts].find(([secret]) => sameSecret(given, secret));
      if (match === undefined) return undefined;
      const [secret, expires] = match;
      starts.delete(secret);
      if (deps.now() > expires) return undefined;
      const session = newSecret();
      sessions.add(session);
      bounded(sessions.size, () => sessions.delete([...sessions][0] ?? ''));
      return session;
    },
    admits: (headers) => {
      const bearer = /^Bearer ([\w-]+)$/u.exec(headers.authorization ?? '')?.[1];
      if (bearer !== undefined) return sameSecret(bearer, token);
      const cookie = cookieValue(headers.cookie ?? '', cookieName(deps.port()));
      return cookie !== undefined && [...sessions].some((session) => sameSecret(cookie, session));
    },
  };
}

function cookieValue(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}
