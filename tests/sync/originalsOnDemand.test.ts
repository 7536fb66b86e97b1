import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createORPCClient } from '@orpc/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLibraryApp } from '../../electron/core/app.ts';
import type { CoreClient } from '../../electron/cli/coreSession.ts';
import { createRouterServer } from '../../electron/core/rpc/routerServer.ts';
import type { PhotoID } from '../../shared/ids.ts';
import { exportOptions, type ExportEvent } from '../../shared/model/edit.ts';
import { createPhotoMaker } from '../helpers/photos.ts';
import { openTestLibrary, type TestLibrary } from '../helpers/testLibrary.ts';
import { startTestServer, type TestServer } from '../helpers/testServer.ts';
import { startUnreliableProxy, type UnreliableProxy } from '../helpers/unreliableProxy.ts';
import { until } from '../helpers/until.ts';

/*
 * Fetch on Demand: the originals lie on the server, and come when somebody wants to do something with the file.
 */

const names = ['one.jpg', 'two.jpg', 'three.jpg', 'four.jpg', 'five.jpg', 'six.jpg', 'seven.jpg'];
const original = exportOptions.parse({ original: true });
const away = 'The file of this photo lies only on the server, which does not answer now.';
const maker = createPhotoMaker();
let folder: string;
let proxy: UnreliableProxy;
let server: TestServer;
let a: TestLibrary;
let b: TestLibrary;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'shoebox-on-demand-'));
  for (const [seed, name] of names.entries()) await maker.write(join(folder, 'photos', name), { seed });
  proxy = await startUnreliableProxy(() => 0.5);
  server = await startTestServer({ port: proxy.upstreamPort, publicURL: proxy.origin });
  [a, b] = await Promise.all([openTestLibrary(), openTestLibrary()]);
  const { email, password } = await server.person('Ana');
  await a.client.account.signIn({ server: proxy.origin, email, password });
  await b.client.app.updateSettings({ originals: 'onDemand' });
  await b.client.account.signIn({ server: proxy.origin, email, password });
  await a.client.library.import({ paths: [join(folder, 'photos')] });
  await until(
    () => originals(a, `s.direction = 'upload' AND s.state = 'done'`) === names.length,
    'all originals on the server',
  );
  // The photos come first, and what is known of their bytes some time after.
  await until(
    () => originals(b, `s.direction = 'download'`) === names.length,
    'all originals known on the other computer',
  );
}, 120_000);
beforeEach(() => proxy.setWeather({ cut: false, latency: 0 }));
afterAll(async () => {
  await Promise.all([a.dispose(), b.dispose()]);
  await server.stop();
  await proxy.stop();
  await maker.dispose();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const rows = (library: TestLibrary, sql: string) =>
  library.app.store.connection.raw.prepare(sql).all() as Record<string, unknown>[];
/** How many originals have a transfer like that. */
const originals = (library: TestLibrary, transfer: string) =>
  rows(
    library,
    `SELECT 1 FROM resource AS r JOIN sync_asset AS s ON s.resource_id = r.id
      WHERE r.kind = 'original' AND ${transfer}`,
  ).length;
const stateOf = (name: string) =>
  rows(b, `SELECT local_state FROM resource WHERE kind = 'original' AND file_name LIKE '${name}'`).map(
    (row) => row['local_state'],
  );
const idOf = (name: string): PhotoID =>
  rows(b, `SELECT id FROM photo WHERE file_name = '${name}'`)[0]?.['id'] as PhotoID;
const bytesOf = (name: string) => readFileSync(join(folder, 'photos', name));
/** Exports originals into a folder of their own. */
async function exported(client: CoreClient, wanted: readonly string[], signal?: AbortSignal) {
  const directory = mkdtempSync(join(folder, 'out-'));
  mkdirSync(directory, { recursive: true });
  const events: ExportEvent[] = [];
  const ids = wanted.map(idOf);
  for await (const event of await client.edits.export(
    { ids, directory, options: original },
    signal === undefined ? {} : { signal },
  ))
    events.push(event);
  return { events, files: readdirSync(directory).toSorted(), directory };
}

describe('originals that lie on the server alone', { timeout: 60_000 }, () => {
  test('are brought for an export', async () => {
    expect(stateOf('one.jpg')).toEqual(['remote']);
    const { files, directory } = await exported(b.client, ['one.jpg']);
    expect(files).toEqual(['one.jpg']);
    expect(readFileSync(join(directory, 'one.jpg'))).toEqual(bytesOf('one.jpg'));
    expect(stateOf('one.jpg')).toEqual(['here']);
  });

  test('are brought for another program, the file manager, and a drag', async () => {
    await b.client.app.openExternal({ id: idOf('two.jpg') });
    await b.client.app.reveal({ id: idOf('three.jpg') });
    expect(b.host.opened.map((path) => readFileSync(path))).toEqual([bytesOf('two.jpg'), bytesOf('three.jpg')]);
    expect(await b.client.app.dragOut({ ids: [idOf('four.jpg')], original: true })).toEqual({ files: 1, reasons: [] });
    const [dragged = ''] = b.host.drags.at(-1)?.files ?? [];
    expect([basename(dragged), readFileSync(dragged)]).toEqual(['four.jpg', bytesOf('four.jpg')]);
  });

  test('offline the export says why one stayed away and goes on with the others', async () => {
    proxy.setWeather({ cut: true });
    const { events, files } = await exported(b.client, ['five.jpg', 'one.jpg']);
    expect(events).toMatchObject([
      { type: 'failed', photoID: idOf('five.jpg'), reason: away },
      { type: 'exported', photoID: idOf('one.jpg') },
      { type: 'finished', exported: 1, failed: 1 },
    ]);
    expect(files).toEqual(['one.jpg']);
    await expect(b.client.app.openExternal({ id: idOf('five.jpg') })).rejects.toMatchObject({
      code: 'offline',
      message: away,
    });
  });

  test('an export that waits for one is ended at once', async () => {
    proxy.setWeather({ latency: 600_000 });
    const stop = new AbortController();
    const before = proxy.counts.connections;
    const ended = exported(b.client, ['five.jpg', 'one.jpg'], stop.signal).catch((error: unknown) => error);
    await until(() => proxy.counts.connections > before, 'the request for the original');
    const partial = () =>
      readdirSync(folder).flatMap((name) =>
        readdirSync(join(folder, name)).filter((inside) => inside.startsWith('.shoebox-export-')),
      );
    expect(partial()).toHaveLength(1);
    const stoppedAt = Date.now();
    stop.abort();
    await ended;
    await until(() => partial().length === 0, 'the end of the export');
    // The request itself is given up after 30 s of silence.
    expect(Date.now() - stoppedAt).toBeLessThan(10_000);
    proxy.setWeather({ cut: true });
    expect(stateOf('five.jpg')).toEqual(['remote']);
  });

  test('a command that opens the library by itself brings them too', async () => {
    const { directory, host } = b;
    await b.app.dispose();
    const app = await createLibraryApp({
      directory,
      version: '0.0.0-test',
      platform: process.platform,
      host,
      background: false,
    });
    const router = createRouterServer(app.router, {
      newLogId: () => 'test',
      logFailure: ({ error }) => console.error(error),
    });
    try {
      const connection = app.store.connection.raw;
      const ids = connection.prepare(`SELECT id FROM photo WHERE file_name = 'six.jpg'`).all() as { id: PhotoID }[];
      const out = mkdtempSync(join(folder, 'out-'));
      const client = createORPCClient<CoreClient>(router.link());
      const events: string[] = [];
      for await (const event of await client.edits.export({
        ids: ids.map(({ id }) => id),
        directory: out,
        options: original,
      }))
        events.push(event.type === 'failed' ? event.reason : event.type);
      expect(events).toEqual(['exported', 'finished']);
      expect(readFileSync(join(out, 'six.jpg'))).toEqual(bytesOf('six.jpg'));
    } finally {
      router.dispose();
      await app.dispose();
      b = await openTestLibrary({ directory, host, remove: true });
    }
  });

  test('signed out, somebody is told to sign in', async () => {
    await b.client.account.signOut({ unsent: 'keep' });
    await expect(b.client.app.openExternal({ id: idOf('seven.jpg') })).rejects.toMatchObject({
      code: 'notAuthenticated',
      message: 'The file of this photo lies only on the server. Sign in to bring it here.',
    });
  });
});
