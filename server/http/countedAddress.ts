import { isIPv4, isIPv6 } from 'node:net';

/**
 * A client's network address as rate limits count it. Of IPv6 the first half: a household gets 2^64 addresses behind it, and
 * would have that many times each limit. An IPv4 address that is written as an IPv6 one is the IPv4 address.
 * @param text as a socket has it, or an entry of `X-Forwarded-For`: some proxies write the port as well
 * @returns undefined for what is no address
 */
export function countedAddress(text: string): string | undefined {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  if (isIPv4(bare)) return bare;
  const address = bare.replace(/%.*$/, '');
  if (!isIPv6(address)) return undefined;
  const groups = groupsOf(address);
  const start = groups.slice(0, 6).join(':');
  // ::ffff:0:0/96, and what translates IPv4 for a server that has only IPv6 (RFC 6052).
  if (start === '0:0:0:0:0:ffff' || start === '64:ff9b:0:0:0:0') {
    return groups
      .slice(6)
      .map((group) => Number.parseInt(group, 16))
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** The eight groups of an IPv6 address in the spelling of RFC 5952, zeros written out. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [first, last] = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':')));
  const [before, after] = [first ?? [], last ?? []];
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
}
