import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestLibrary, type TestLibrary } from '../helpers/testLibrary.ts';
import { startTestServer, type TestServer } from '../helpers/testServer.ts';
import { until } from '../helpers/until.ts';

const query = (library: TestLibrary, sql: string) =>
  library.app.store.connection.raw.prepare(sql).all() as Record<string, unknown>[];
const hashes = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      createHash('sha256')
        .update(readFileSync(join(entry.parentPath, entry.name)))
        .digest('hex'),
    )
    .sort();

describe('two computers of one person and a real server', { timeout: 60_000 }, () => {
  let server: TestServer;
  let a: TestLibrary;
  let b: TestLibrary;
  const photos = mkdtempSync(join(tmpdir(), 'shoebox-photos-'));
  const person = { email: 'ana@example.org', password: 'a long enough password', name: 'Ana' };

  beforeAll(async () => {
    server = await startTestServer();
    a = await openTestLibrary();
    b = await openTestLibrary();
    for (const [index, background] of ['#903', '#393', '#339'].entries()) {
      const image = sharp({ create: { width: 640, height: 480, channels: 3, background } });
      writeFileSync(join(photos, `picture ${index}.jpg`), await image.jpeg().toBuffer());
    }
    writeFileSync(
      join(photos, 'picture 0.xmp'),
      `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
       <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></rdf:RDF></x:xmpmeta>`,
    );
  }, 60_000);
  afterAll(async () => {
    await a.dispose();
    await b.dispose();
    await server.stop();
    rmSync(photos, { recursive: true });
  }, 60_000);

  test('an account is made on one and signed in on the other', async () => {
    const account = await a.client.account.signUp({ server: server.origin, ...person });
    expect(account).toMatchObject({ email: person.email, state: 'signedIn', server: server.origin });
    expect(await a.client.account.devices({})).toMatchObject([{ name: `Shoebox on ${hostname()}`, current: true }]);
    await b.client.account.signIn({ server: server.origin, email: person.email, password: person.password });
    await until(async () => (await b.client.sync.status({})).phase === 'idle', 'the second computer to be idle');
    expect(await a.client.account.devices({})).toHaveLength(2);
    await expect(
      b.client.account.signIn({ server: server.origin, email: person.email, password: 'wrong password' }),
    ).rejects.toMatchObject({ code: 'notAuthenticated' });
  });

  test('photos imported on one arrive on the other: the grid first, originals and sidecars byte for byte', async () => {
    await a.client.library.import({ paths: [photos] });
    await until(() => query(b, 'SELECT id FROM photo').length === 3, 'three photos on the other computer');
    await until(
      () => query(b, `SELECT id FROM resource WHERE local_state = 'here' AND kind = 'original'`).length === 3,
      'three originals on the other computer',
    );
    await until(
      () => query(b, `SELECT id FROM resource WHERE local_state = 'here' AND kind = 'sidecar'`).length === 1,
      'the sidecar on the other computer',
    );
    expect(query(b, `SELECT id FROM file WHERE state = 'sidecar'`)).toHaveLength(1);
    expect(hashes(join(b.directory, 'originals'))).toEqual(hashes(photos));
    await until(
      () => query(b, `SELECT id FROM resource WHERE local_state = 'here' AND kind = 'thumbnail'`).length === 3,
      'three grid pictures on the other computer',
    );
    for (const { id } of query(b, 'SELECT id FROM photo')) {
      const media = await b.app.media.open(String(id), 'thumb', new AbortController().signal);
      expect(media.size).toBeGreaterThan(100);
    }
    await until(
      async () => (await a.client.sync.status({})).state === 'upToDate',
      'the first computer to be up to date',
    );
    expect((await a.client.sync.status({})).live).toBe(true);
  });

  test('a caption written on one is on the other without touching it', async () => {
    const [{ id } = { id: '' }] = query(b, 'SELECT id FROM photo ORDER BY id');
    b.app.store.transaction('app', ({ raw }) => {
      raw.prepare('UPDATE photo SET caption = ?, modified_at = ? WHERE id = ?').run('seen from afar', Date.now(), id);
    });
    await until(
      () => query(a, 'SELECT caption FROM photo').some(({ caption }) => caption === 'seen from afar'),
      'the caption on the first computer',
    );
  });

  test('a computer that was closed catches up when it is opened', async () => {
    b = await b.reopen();
    a.app.store.transaction('app', ({ raw }) => {
      raw.prepare('UPDATE photo SET title = ?').run('while you were away');
    });
    await until(
      () => query(b, `SELECT id FROM photo WHERE title = 'while you were away'`).length === 3,
      'the titles on the other computer',
    );
    expect(await b.client.account.get({})).toMatchObject({ state: 'signedIn' });
  });

  test('signing out with changes on board asks first, and keeps them for the next time', async () => {
    await b.client.sync.pause({});
    b.app.store.transaction('app', ({ raw }) => {
      raw.prepare('UPDATE photo SET place = ?').run('unsent');
    });
    expect(await b.client.sync.now({})).toMatchObject({ state: 'paused', waitingChanges: 3 });
    await expect(b.client.account.signOut({})).rejects.toMatchObject({ code: 'conflict' });
    await b.client.account.signOut({ unsent: 'keep' });
    expect(await b.client.account.get({})).toMatchObject({ state: 'signedOut' });
    expect((await b.client.sync.status({})).state).toBe('off');
    expect(query(b, 'SELECT id FROM photo')).toHaveLength(3);
    await b.client.account.signIn({ server: server.origin, email: person.email, password: person.password });
    await until(
      () => query(a, `SELECT id FROM photo WHERE place = 'unsent'`).length === 3,
      'what was edited before signing out',
    );
  });

  test('another person does not get this library without saying so', async () => {
    await server.person('ben');
    await expect(
      b.client.account.signUp({
        server: server.origin,
        email: 'cleo@example.org',
        password: 'a long enough password',
        name: 'Cleo',
      }),
    ).rejects.toMatchObject({ code: 'conflict' });
    expect(await b.client.account.get({})).toMatchObject({ email: person.email });
    await b.client.account.signOut({ unsent: 'keep' });
    await expect(
      b.client.account.signUp({
        server: server.origin,
        email: 'cleo@example.org',
        password: 'a long enough password',
        name: 'Cleo',
      }),
    ).rejects.toMatchObject({ code: 'conflict', data: { email: person.email } });
    expect(await b.client.account.get({})).toMatchObject({ email: person.email, state: 'signedOut' });
    await b.client.account.signIn({ server: server.origin, email: person.email, password: person.password });
  });

  test('a device that is revoked stops, keeps everything, and asks to sign in', async () => {
    const other = (await a.client.account.devices({})).find((device) => !device.current);
    await a.client.account.revokeDevice({ id: other?.id ?? '' });
    await b.client.sync.now({});
    await until(
      async () => (await b.client.account.get({}))?.state === 'needsSignIn',
      'the revoked computer to notice',
    );
    expect((await b.client.sync.status({})).attention[0]).toMatchObject({ reason: 'signIn', action: 'signIn' });
    expect(query(b, 'SELECT id FROM photo')).toHaveLength(3);
  });

  test('the report for support names nobody and holds no secret', async () => {
    const { text } = await a.client.sync.diagnostics({});
    expect(text).toContain('photos 3');
    for (const secret of [person.email, 'Ana', server.origin, 'picture 0', 'seen from afar'])
      expect(text).not.toContain(secret);
    expect((await a.client.sync.events({})).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['setup', 'export']),
    );
  });
});
