import type { ServerConfig } from '../config.ts';
import type { ServerRequest } from './message.ts';

/**
 * CORS for origins an operator registered with a client id (section 2), and nobody else: an unknown origin gets no
 * header at all. Addresses that are their own credential (uploads, downloads, polls) carry no cookie, so they need none.
 */
export function corsHeaders(config: ServerConfig, request: ServerRequest): Record<string, string> {
  const origin = request.headers['origin'];
  if (origin === undefined || !config.clients.some((client) => client.origins.includes(origin))) return {};
  return {
    'access-control-allow-origin': origin,
    vary: 'Origin',
    'access-control-expose-headers': 'X-Apple-CloudKit-Web-Auth-Token, Retry-After, ETag, Content-Range',
    ...(request.method === 'OPTIONS'
      ? {
          'access-control-allow-methods': 'GET, POST, PUT, OPTIONS',
          'access-control-allow-headers':
            'authorization, content-type, content-range, idempotency-key, last-event-id, x-shoebox-sha256',
          'access-control-max-age': '600',
        }
      : {}),
  };
}
