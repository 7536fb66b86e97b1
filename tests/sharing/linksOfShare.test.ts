import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ZoneID } from '../../shared/ids.ts';
import { createPhotoMaker } from '../helpers/photos.ts';
import { openTestLibrary, type TestLibrary } from '../helpers/testLibrary.ts';
import { startTestServer, type TestServer } from '../helpers/testServer.ts';
import { startUnreliableProxy, type UnreliableProxy } from '../helpers/unreliableProxy.ts';
import { until } from '../helpers/until.ts';

/*
 * What a window and the command line are told of a share's links, with two computers of one person and a real server.
 */

const maker = createPhotoMaker();
let folder: string;
let proxy: UnreliableProxy;
let server: TestServer;
let desk: TestLibrary;
let laptop: TestLibrary;
let id: ZoneID;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'shoebox-links-'));
  await maker.folder(join(folder, 'photos'), 1);
  proxy = await startUnreliableProxy(() => 0.5);
  server = await startTestServer({ port: proxy.upstreamPort, publicURL: proxy.origin });
  [desk, laptop] = await Promise.all([openTestLibrary(), openTestLibrary()]);
  const { email, password } = await server.person('Ana');
  for (const { client } of [desk, laptop]) await client.account.signIn({ server: proxy.origin, email, password });
  const { ingest } = desk.app;
  await ingest.finished(await ingest.import([join(folder, 'photos')], { mode: 'copy' }));
  const photoIDs = await desk.client.photos.allIDs({ view: { source: { kind: 'library' } } });
  ({ shareID: id } = await desk.client.sharing.create({ title: 'Crete', what: { photoIDs } }));
  await until(async () => (await laptop.client.sharing.list({})).length === 1, 'the share on the other computer');
}, 60_000);
beforeEach(() => proxy.setWeather({ cut: false, latency: 0 }));
afterAll(async () => {
  await Promise.all([desk.dispose(), laptop.dispose()]);
  await server.stop();
  await proxy.stop();
  await maker.dispose();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const linksOf = async ({ client }: TestLibrary, links: 'server' | 'stored') =>
  (await client.sharing.get({ id, links })).links.map(({ label, state }) => `${label} ${state}`);

describe('a share as a window and the command line ask for it', { timeout: 60_000 }, () => {
  test('has the links of other computers, and one of them can be revoked', async () => {
    await desk.client.sharing.createLink({ id, preset: 'viewer', label: 'Family' });
    expect(await linksOf(laptop, 'stored')).toEqual([]);
    // As the command line asks.
    const { links } = await laptop.client.sharing.get({ id });
    expect(links).toMatchObject([{ label: 'Family', state: 'active' }]);
    expect(await linksOf(laptop, 'stored')).toEqual(['Family active']);
    await laptop.client.sharing.revokeLink({ id, linkID: links[0]?.id ?? '' });
    expect(await linksOf(desk, 'server')).toEqual(['Family revoked']);
  });

  test('is there at once from memory while the server is slow, and windows are told when the links have come', async () => {
    await desk.client.sharing.createLink({ id, preset: 'viewer', label: 'Friends' });
    const told: string[] = [];
    const listening = laptop.app.events.listen(({ type }) => void told.push(type));
    proxy.setWeather({ latency: 1_000 });
    const fresh = linksOf(laptop, 'server');
    expect(await linksOf(laptop, 'stored')).toEqual(['Family revoked']);
    expect(await fresh).toEqual(['Friends active', 'Family revoked']);
    listening.dispose();
    expect(told).toContain('sharingChanged');
    expect(await linksOf(laptop, 'stored')).toEqual(['Friends active', 'Family revoked']);
  });

  test('has them as they were last seen while nobody answers, and is not waited for long', async () => {
    proxy.setWeather({ cut: true });
    expect(await linksOf(laptop, 'server')).toEqual(['Friends active', 'Family revoked']);
    proxy.setWeather({ cut: false });
    const { connections } = proxy.counts;
    await until(
      () =>
        laptop.client.sharing.refresh({}).then(
          () => true,
          () => false,
        ),
      'an answer of the server',
    );
    expect(proxy.counts.connections).toBeGreaterThan(connections);
    proxy.setWeather({ latency: 600_000 });
    const start = Date.now();
    expect(await linksOf(laptop, 'server')).toEqual(['Friends active', 'Family revoked']);
    // Well before a call is given up otherwise, after 30 s.
    expect(Date.now() - start).toBeLessThan(20_000);
  });
});
