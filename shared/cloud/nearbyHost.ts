/** This computer itself: nobody else can have these. */
const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/iu;

/**
 * What no router of the internet passes on: addresses of private networks (RFC 1918, and fc00::/7), those that computers
 * give themselves on one cable (169.254/16, fe80::/10), and mDNS names. Among them 100.64/10 too, which overlays that join
 * somebody's own computers use (RFC 6598); beyond them, it ends at the provider.
 */
const nearby = new RegExp(
  [
    String.raw`^10\.\d+\.\d+\.\d+$`,
    String.raw`^192\.168\.\d+\.\d+$`,
    String.raw`^172\.(1[6-9]|2\d|3[01])\.\d+\.\d+$`,
    String.raw`^169\.254\.\d+\.\d+$`,
    String.raw`^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+$`,
    String.raw`^\[(fe[89ab]|f[cd][\da-f])[\da-f]:[\da-f:]+\]$`,
    String.raw`^[\w-]+\.local$`,
  ].join('|'),
  'iu',
);

/**
 * Whether a host is on this network, where a server at home has no certificate: only there is plain HTTP taken.
 * @param host as in `URL.hostname`: names in punycode, IPv6 in brackets and without a zone
 */
export function isNearbyHost(host: string): boolean {
  return isLoopbackHost(host) || nearby.test(host);
}

/** Whether a host is this computer, in whatever network it is. @param host as in `URL.hostname` */
export function isLoopbackHost(host: string): boolean {
  return loopback.test(host);
}
