import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { isLoopbackHost } from '../../shared/cloud/nearbyHost.ts';
import type { TrustedServers } from './deepLinks.ts';

/**
 * Remembers the servers whose links a person agreed to open. A damaged file asks again; it never trusts.
 *
 * Only a certificate makes an origin the same server tomorrow. `http://192.168.1.5:8787` is anybody's in the next network,
 * so a yes to such a server lasts until the app ends, and one that was written down counts no longer. The library's own
 * server is the exception: this computer sends it the session by itself wherever it is.
 * @param path absolute path of the file, in the app's own folder
 * @param isOwn whether the account that is signed in is of this origin
 * @param log takes the error of a yes that could not be written down; it counts until the app ends all the same
 */
export function openTrustedServers(
  path: string,
  isOwn: (origin: string) => boolean,
  log: (error: unknown) => void = console.error,
): TrustedServers {
  const written = new Set(read(path));
  const agreed = new Set<string>();
  const lasts = (origin: string): boolean => {
    if (!URL.canParse(origin)) return false;
    const { protocol, hostname } = new URL(origin);
    return protocol === 'https:' || isLoopbackHost(hostname) || isOwn(origin);
  };
  return {
    has: (origin) => agreed.has(origin) || (written.has(origin) && lasts(origin)),
    add: (origin) => {
      agreed.add(origin);
      written.add(origin);
      try {
        writeFileSync(`${path}.new`, JSON.stringify([...written].filter(lasts)));
        renameSync(`${path}.new`, path);
      } catch (error) {
        log(error);
      }
    },
  };
}

function read(path: string): readonly string[] {
  try {
    return z.array(z.string()).parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return [];
  }
}
