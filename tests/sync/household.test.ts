import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isLoopbackHost, isNearbyHost } from '../../shared/cloud/nearbyHost.ts';
import { serverOrigin } from '../../electron/core/sync/accountServer.ts';
import { householdAddresses, householdPort, startHouseholdServer } from '../../server/household.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('sharing from this computer', () => {
  it('answers the computers of the network until it is stopped, and a second one says who has the port', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shoebox-household-'));
    folders.push(folder);
    const running = await startHouseholdServer(folder);
    try {
      expect(running.addresses.length).toBeGreaterThan(0);
      for (const address of running.addresses) {
        const info: unknown = await (await fetch(`${address}/shoebox/1/info`)).json();
        expect(info).toMatchObject({ product: 'shoebox' });
      }
      await expect(startHouseholdServer(folder)).rejects.toMatchObject({
        code: 'alreadyExists',
        data: { port: householdPort },
      });
    } finally {
      await running.stop();
    }
    await expect(fetch(`http://127.0.0.1:${householdPort}/shoebox/1/info`)).rejects.toThrow('fetch failed');
  });
});

describe('the addresses of a computer that shares', () => {
  const address = (text: string, family = 'IPv4', internal = false) => ({ address: text, family, internal });

  it('are those every Shoebox takes without a certificate first, in the order the system has them', () => {
    expect(
      householdAddresses({
        lo: [address('127.0.0.1', 'IPv4', true)],
        wan: [address('203.0.113.7'), address('2001:db8::1', 'IPv6')],
        vpn: [address('100.101.102.103')],
        lan: [address('192.168.1.5')],
        gone: undefined,
      }),
    ).toEqual(['100.101.102.103', '192.168.1.5', '203.0.113.7']);
  });

  it('are its own where it has no network', () => {
    expect(householdAddresses({ lo: [address('127.0.0.1', 'IPv4', true)] })).toEqual(['127.0.0.1']);
  });
});

describe('nearby hosts', () => {
  it.each([
    '127.0.0.1',
    '[::1]',
    '10.0.0.1',
    '172.31.255.255',
    '169.254.0.1',
    '100.64.0.0',
    '100.99.1.1',
    '100.127.255.255',
    '[fe80::1]',
    '[febf::1:2]',
    '[fc00::]',
    '[fdff:1:2:3:4:5:6:7]',
    'NAS.local',
  ])('%s is one', (host) => expect(isNearbyHost(host)).toBe(true));

  it.each([
    '100.63.255.255',
    '100.128.0.0',
    '169.253.0.1',
    '100.64.0.1.evil.example',
    '[fe00::1]',
    '[fec0::1]',
    '[fb00::1]',
    '[fe80]',
    '[2001:db8::fe80]',
    'fe80::1',
    'fd00.evil.example',
    'nas.local.evil.example',
  ])('%s is none', (host) => expect(isNearbyHost(host)).toBe(false));

  it.each(['localhost', '127.0.0.1', '127.1.2.3', '[::1]'])('%s is this computer', (host) =>
    expect(isLoopbackHost(host)).toBe(true),
  );

  it.each(['192.168.1.5', '[fe80::1]', 'localhost.evil.example', '127.0.0.1.evil.example'])(
    '%s is not this computer',
    (host) => expect(isLoopbackHost(host)).toBe(false),
  );
});

describe('the address of a server as a person types it', () => {
  it.each([
    ['photos.example', 'https://photos.example'],
    ['https://photos.example:8443/', 'https://photos.example:8443'],
    ['localhost:8787', 'http://localhost:8787'],
    ['192.168.1.5:8787', 'http://192.168.1.5:8787'],
    ['http://172.20.0.3:8787', 'http://172.20.0.3:8787'],
    ['nas.local', 'http://nas.local'],
    ['169.254.10.20:8787', 'http://169.254.10.20:8787'],
    ['100.64.0.1:8787', 'http://100.64.0.1:8787'],
    ['[fe80::1]:8787', 'http://[fe80::1]:8787'],
    ['[FD12:3456::1]', 'http://[fd12:3456::1]'],
  ])('%s is %s', (typed, origin) => expect(serverOrigin(typed)).toBe(origin));

  it.each([
    'http://photos.example',
    'http://10.evil.example',
    'http://192.168.1.5.evil.example',
    'http://8.8.8.8',
    'http://169.254.1.1.evil.example',
    'http://100.63.0.1',
    'http://100.128.0.1',
    'http://[2001:db8::1]',
    'http://[fec0::1]',
    'http://[::ffff:8.8.8.8]',
    'ftp://a',
  ])('%s is refused: a password would cross the internet in the clear', (typed) =>
    expect(() => serverOrigin(typed)).toThrow(/https:\/\//u),
  );
});
