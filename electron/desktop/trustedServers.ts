import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { TrustedServers } from './deepLinks.ts';

/**
 * Remembers the servers whose links a person agreed to open. A damaged file asks again; it never trusts.
 * @param path absolute path of the file, in the app's own folder
 */
export function openTrustedServers(path: string): TrustedServers {
  const origins = new Set(read(path));
  return {
    has: (origin) => origins.has(origin),
    add: (origin) => {
      origins.add(origin);
      writeFileSync(`${path}.new`, JSON.stringify([...origins]));
      renameSync(`${path}.new`, path);
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
