import { createHmac, createSecretKey, hash, timingSafeEqual } from 'node:crypto';

/**
 * Opaque tokens: text parts behind a MAC, base64url. A client can neither read meaning into them that we
 * would have to keep, nor make one up. Parts may hold any text.
 */
export interface Tokens {
  /** Signs parts for one purpose; a token of one purpose is never accepted for another. */
  seal(purpose: string, parts: readonly (string | number)[]): string;
  /** The parts, or undefined for anything this server did not sign for this purpose. */
  open(purpose: string, token: string): string[] | undefined;
}

const macBytes = 16;

export function createTokens(key: Uint8Array): Tokens {
  // Read once: from bytes, every MAC would make its own key object, which costs as much as the MAC.
  const secret = createSecretKey(key);
  const mac = (purpose: string, body: Buffer): Buffer =>
    createHmac('sha256', secret).update(purpose).update('\0').update(body).digest().subarray(0, macBytes);

  return {
    seal(purpose, parts) {
      const body = Buffer.from(parts.map((part) => encodeURIComponent(String(part))).join('&'), 'utf8');
      return Buffer.concat([mac(purpose, body), body]).toString('base64url');
    },
    open(purpose, token) {
      if (!/^[A-Za-z0-9_-]+$/.test(token)) return undefined;
      const bytes = Buffer.from(token, 'base64url');
      if (bytes.length <= macBytes) return undefined;
      const body = bytes.subarray(macBytes);
      if (!timingSafeEqual(bytes.subarray(0, macBytes), mac(purpose, body))) return undefined;
      return body.toString('utf8').split('&').map(decodeURIComponent);
    },
  };
}

/** How secrets are stored: SHA-256 as base64url. Enough for random secrets of 128 bits and more; passwords use Argon2id. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret, 'base64url');
}

/**
 * Random bytes as base64url. Never with a hyphen in front: some of these are typed on command lines, where that would
 * begin an option. Costs a fortieth of a bit.
 */
export function randomText(random: (bytes: number) => Uint8Array, bytes: number): string {
  for (;;) {
    const text = Buffer.from(random(bytes)).toString('base64url');
    if (!text.startsWith('-')) return text;
  }
}

/** A random (version 4) UUID from injected randomness. */
export function randomUUID(random: (bytes: number) => Uint8Array): string {
  const bytes = Buffer.from(random(16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
