import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTrustedServers } from '../../electron/desktop/trustedServers.ts';

const atHome = 'http://192.168.1.5:8787';

let folder: string;
let path: string;
/** The server of the account that is signed in, if any. */
let own: string | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shoebox-trusted-'));
  path = join(folder, 'trusted.json');
  own = undefined;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The servers as one start of the app has them. */
const start = () => openTrustedServers(path, (origin) => origin === own);
const written = (): unknown => JSON.parse(readFileSync(path, 'utf8'));

describe('servers that were agreed to', () => {
  it.each(['https://photos.example', 'http://localhost:8787', 'http://127.0.0.1:8787', 'http://[::1]:8787'])(
    '%s is remembered over a restart',
    (origin) => {
      start().add(origin);
      expect([start().has(origin), start().has('https://evil.example')]).toEqual([true, false]);
    },
  );

  it('a damaged file trusts nobody', () => {
    writeFileSync(path, '{"https://evil.example":true}');
    expect(start().has('https://evil.example')).toBe(false);
  });

  it.each([atHome, 'http://nas.local:8787', 'http://[fe80::1]:8787'])(
    '%s is remembered until the app ends: in another network that is anybody’s address',
    (origin) => {
      const servers = start();
      servers.add(origin);
      servers.add('https://photos.example');
      expect([servers.has(origin), start().has(origin)]).toEqual([true, false]);
      expect(written()).toEqual(['https://photos.example']);
    },
  );

  it('one of a home network that an older Shoebox wrote down is asked about again, and forgotten', () => {
    writeFileSync(path, JSON.stringify([atHome, 'https://photos.example']));
    const servers = start();
    expect([servers.has(atHome), servers.has('https://photos.example')]).toEqual([false, true]);
    servers.add('https://other.example');
    expect(written()).toEqual(['https://photos.example', 'https://other.example']);
  });

  it('the one the library is mirrored to is remembered while somebody is signed in there', () => {
    own = atHome;
    start().add(atHome);
    expect(start().has(atHome)).toBe(true);
    own = undefined;
    expect(start().has(atHome)).toBe(false);
  });

  it('one that cannot be written down, the disk being full, is agreed to all the same until the app ends', () => {
    const logged: unknown[] = [];
    const unwritable = join(folder, 'nowhere', 'trusted.json');
    const servers = openTrustedServers(
      unwritable,
      () => false,
      (error) => logged.push(error),
    );
    servers.add('https://photos.example');
    expect(servers.has('https://photos.example')).toBe(true);
    expect(logged).toEqual([expect.objectContaining({ code: 'ENOENT' })]);
  });

  it('the one the library is mirrored to is asked about too, the first time', () => {
    own = atHome;
    expect(start().has(atHome)).toBe(false);
  });
});
