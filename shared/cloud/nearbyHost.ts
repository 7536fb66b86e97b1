/** Names and addresses that cannot leave the house: this computer, private networks (RFC 1918), mDNS names. */
const nearby =
  /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|172\.(1[6-9]|2\d|3[01])\.\d+\.\d+|[\w-]+\.local)$/iu;

/**
 * Whether a host is on this network, where a server at home has no certificate: only there is plain HTTP taken.
 * @param host as in `URL.hostname`
 */
export function isNearbyHost(host: string): boolean {
  return nearby.test(host);
}
