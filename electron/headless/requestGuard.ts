import type { IncomingMessage } from 'node:http';

/** Why a request is turned away; the body says no more than this. */
export type Refusal = { readonly status: 403 | 421; readonly reason: string };

/**
 * Decides from its headers alone whether a request may have come from our own page. Loopback is open to every page in
 * every browser on the machine, so being on 127.0.0.1 proves nothing.
 * - Host must be ours by address or as localhost: a name that was re-pointed here (DNS rebinding) carries its own name.
 * - An Origin must be ours. It may be missing only on GET and HEAD, where browsers leave it out for their own origin.
 * - Sec-Fetch-Site, which a page cannot forge, must not say that another site asked.
 * @param kind `upgrade` demands an Origin: every browser sends one with a WebSocket
 */
export function refusalOf(request: IncomingMessage, port: number, kind: 'request' | 'upgrade'): Refusal | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const host = request.headers.host ?? '';
  if (!hosts.includes(host)) return { status: 421, reason: 'This address is not served here.' };
  const { origin } = request.headers;
  const method = request.method ?? '';
  if (origin === undefined) {
    if (kind === 'upgrade' || (method !== 'GET' && method !== 'HEAD'))
      return { status: 403, reason: 'The request does not say where it comes from.' };
  } else if (origin !== `http://${host}`) {
    return { status: 403, reason: 'The request comes from another page.' };
  }
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return { status: 403, reason: 'The request comes from another page.' };
  return undefined;
}
