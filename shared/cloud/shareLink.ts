import { AppError } from '../errors.ts';
import { isNearbyHost } from './nearbyHost.ts';

/** The standard URL class, present in Node and in browsers; named here because this layer has neither's types. */
declare const URL: new (text: string) => {
  readonly username: string;
  readonly password: string;
  readonly port: string;
  readonly hostname: string;
  readonly protocol: string;
  readonly pathname: string;
  readonly origin: string;
  readonly hash: string;
};

/**
 * A share link taken apart. `secret` opens a link object and lives only in the fragment: it never reaches a server log,
 * a query string or a referrer (docs/security.md, "Share links"). Keep it out of titles, histories and reports.
 */
export interface ShareLink {
  /** Origin of the server, in punycode: `https://photos.example` or `http://localhost:8787`. */
  readonly serverOrigin: string;
  readonly shortGUID: string;
  readonly secret?: string;
  /** The link asks for a password. */
  readonly needsPassword: boolean;
}

const maxLength = 2048;
const guidPattern = /^[A-Za-z0-9_-]{16,64}$/;
const secretPattern = /^[A-Za-z0-9_-]{20,128}$/;
/** Controls, spaces, and every mark that can turn text around or hide in it. */
const hiddenCharacters =
  /[\u0000-\u0020\u007f-\u00a0\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]/u;

/** The landing page's address for a share or, with a secret, for a link object. */
export function formatShareLink(link: ShareLink): string {
  const fragment = link.secret === undefined ? '' : `#k=${link.secret}${link.needsPassword ? '&p=1' : ''}`;
  return `${link.serverOrigin}/share/${link.shortGUID}${fragment}`;
}

/** The deep link `shoebox://share?link=…` that opens the app with this share link. */
export function formatDeepLink(link: ShareLink): string {
  return `shoebox://share?link=${encodeURIComponent(formatShareLink(link))}`;
}

/**
 * Parses what a person pastes, the scheme hands over, or a command line gives: a landing address or a deep link.
 * Strict on purpose: one scheme form, one path form, https (http only for this machine and hosts of its network, whoever
 * that is today: `isNearbyHost`), at most 2 KB, no credentials, no port 0, no control or bidi characters, nothing unknown
 * in query or fragment.
 * @throws AppError invalidInput with one clear sentence; the message never contains the link
 */
export function parseShareLink(text: string): ShareLink {
  if (text.length > maxLength) throw refused('This link is too long to be a share link.');
  const trimmed = text.trim();
  if (hiddenCharacters.test(trimmed)) throw refused('This link contains hidden or control characters.');
  return /^shoebox:/i.test(trimmed) ? parseDeepLink(trimmed) : parseLandingAddress(trimmed);
}

/** True for a single command-line argument that could be a deep link: the only ones main looks at. */
export function looksLikeDeepLink(argument: string): boolean {
  return argument.length <= maxLength && /^shoebox:\/\/share\/?\?link=[A-Za-z0-9%._~!*'()-]+$/i.test(argument);
}

function parseDeepLink(text: string): ShareLink {
  if (!looksLikeDeepLink(text)) throw refused('This is not a Shoebox share link.');
  let inner: string;
  try {
    inner = decodeURIComponent(text.slice(text.indexOf('=') + 1));
  } catch {
    throw refused('This link is damaged: its encoding cannot be read.');
  }
  if (hiddenCharacters.test(inner)) throw refused('This link contains hidden or control characters.');
  return parseLandingAddress(inner);
}

function parseLandingAddress(text: string): ShareLink {
  if (!/^https?:\/\/[^/\\@?#]+\/share\/[A-Za-z0-9_-]+\/?(#[^#]*)?$/i.test(text)) {
    throw refused('This is not a Shoebox share link.');
  }
  let url: InstanceType<typeof URL>;
  try {
    url = new URL(text);
  } catch {
    throw refused('This link is damaged: its address cannot be read.');
  }
  if (url.username !== '' || url.password !== '') throw refused('A share link never contains a user name or password.');
  if (url.port === '0') throw refused('This link names a port that cannot exist.');
  // A server at home ("Share from this computer") has no certificate, and its links do not work outside.
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isNearbyHost(url.hostname))) {
    throw refused('A share link must start with https://.');
  }
  const shortGUID = url.pathname.split('/')[2] ?? '';
  if (!guidPattern.test(shortGUID)) throw refused('This link is damaged: the share it names cannot exist.');
  return { serverOrigin: url.origin, shortGUID, ...parseFragment(url.hash) };
}

function parseFragment(hash: string): { secret?: string; needsPassword: boolean } {
  if (hash === '' || hash === '#') return { needsPassword: false };
  const match = /^#k=([^&]+)(&p=1)?$/.exec(hash);
  const secret = match?.[1];
  if (secret === undefined || !secretPattern.test(secret))
    throw refused('This link is damaged: its secret part cannot be read.');
  return { secret, needsPassword: match?.[2] !== undefined };
}

function refused(message: string): AppError {
  return new AppError('invalidInput', message);
}
