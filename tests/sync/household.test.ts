import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { serverOrigin } from '../../electron/core/sync/accountServer.ts';
import { householdPort, startHouseholdServer } from '../../server/household.ts';

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

describe('the address of a server as a person types it', () => {
  it.each([
    ['photos.example', 'https://photos.example'],
    ['https://photos.example:8443/', 'https://photos.example:8443'],
    ['localhost:8787', 'http://localhost:8787'],
    ['192.168.1.5:8787', 'http://192.168.1.5:8787'],
    ['http://172.20.0.3:8787', 'http://172.20.0.3:8787'],
    ['nas.local', 'http://nas.local'],
  ])('%s is %s', (typed, origin) => expect(serverOrigin(typed)).toBe(origin));

  it.each([
    'http://photos.example',
    'http://10.evil.example',
    'http://192.168.1.5.evil.example',
    'http://8.8.8.8',
    'ftp://a',
  ])('%s is refused: a password would cross the internet in the clear', (typed) =>
    expect(() => serverOrigin(typed)).toThrow(/https:\/\//u),
  );
});
