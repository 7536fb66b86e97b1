import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMemoryStorage } from '../../server/assets/memoryStorage.ts';
import { createContainerServer } from '../../server/containerServer.ts';
import type { ContainerServer } from '../../server/containerServer.ts';
import { migrationStatements, migrations, pendingMigrations } from '../../server/database/migrations.ts';
import { openPostgresDatabase } from '../../server/database/postgres/postgresDatabase.ts';
import { openSqliteDatabase } from '../../server/database/sqlite/sqliteDatabase.ts';
import { runCommand } from '../../server/commands/runCommand.ts';
import { routeName } from '../../server/http/httpHost.ts';
import { startTestPostgres } from '../helpers/embeddedPostgres.ts';
import { makePerson, quickPasswords, startTestServer } from '../helpers/testServer.ts';
import { createWireClient, sendInto, sendOver } from '../helpers/wireClient.ts';
import { serverProcess } from './campaigns/killLoop.ts';
import { createRandom } from './campaigns/fuzz.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoebox-operation-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function command(args: readonly string[]): Promise<{ code: number; out: string }> {
  let out = '';
  const code = await runCommand(args, {
    environment: {},
    out: { write: (text) => (out += text) },
    error: { write: () => undefined },
  });
  return { code, out };
}

async function simulated(seed: number): Promise<ContainerServer> {
  const random = createRandom(seed);
  let now = 1_800_000_000_000;
  return createContainerServer({
    database: openSqliteDatabase({ path: ':memory:' }),
    assets: createMemoryStorage(),
    clock: () => (now += 7),
    random: (bytes) => Uint8Array.from({ length: bytes }, () => random.below(256)),
    passwords: quickPasswords,
    mail: { send: async () => undefined },
    log: {
      info: () => undefined,
      warn: () => undefined,
      error: (facts) => {
        throw new Error(JSON.stringify(facts));
      },
    },
    config: { publicURL: 'https://server.test' },
  });
}

test('without sockets and timers, the same requests give byte for byte the same answers', async () => {
  const trace = async (): Promise<string> => {
    const container = await simulated(5);
    const ana = createWireClient(sendInto(container), (await makePerson(container, 'Ana')).token);
    const ben = createWireClient(sendInto(container), (await makePerson(container, 'Ben')).token);
    const answers: unknown[] = [];
    const zoneID = { zoneName: 'z', ownerRecordName: '_ana' };
    answers.push(
      await ana.call('private', 'zones/modify', { operations: [{ operationType: 'create', zone: { zoneID } }] }),
    );
    const share = await ana.call('private', 'records/modify', {
      zoneID,
      operations: [
        {
          operationType: 'create',
          record: {
            recordName: 'cloudkit.zoneshare',
            recordType: 'cloudkit.share',
            fields: {},
            publicPermission: 'READ_WRITE',
          },
        },
      ],
    });
    answers.push(
      share,
      await ben.call('public', 'records/accept', { shortGUIDs: [{ value: share.body.records[0].shortGUID }] }),
    );
    const device = await ben.send({
      method: 'POST',
      path: '/device/1/iCloud.org.example.shoebox/development/tokens/create',
      headers: { authorization: `Bearer ${(await makePerson(container, 'Ben')).token}` },
      body: '{"apnsEnvironment":"development"}',
    });
    answers.push(
      device,
      await ben.call('shared', 'subscriptions/modify', {
        operations: [{ operationType: 'create', subscription: { subscriptionID: 's', subscriptionType: 'database' } }],
      }),
    );
    const token = (
      await ana.call('private', 'assets/upload', {
        zoneID,
        tokens: [{ recordType: 'Photo', recordName: 'p', fieldName: 'data' }],
      })
    ).body.tokens[0];
    const sent = await ana.send({ method: 'POST', path: token.url as string, headers: {}, body: 'bytes' });
    answers.push(
      await Promise.all([
        ana.call('private', 'records/modify', {
          zoneID,
          operations: [
            {
              operationType: 'create',
              record: { recordType: 'Photo', recordName: 'p', fields: { data: { value: sent.body.singleFile } } },
            },
          ],
        }),
        ben.call('shared', 'records/modify', {
          zoneID,
          operations: [{ operationType: 'create', record: { recordType: 'Photo', fields: {} } }],
        }),
        ben.call('shared', 'changes/zone', { zones: [{ zoneID }] }),
      ]),
    );
    const polled = await ben.get(device.body.webcourierURL as string);
    expect(polled.body.ck.met.zid).toBe('z');
    answers.push(polled, await ben.get(device.body.webcourierURL as string), await container.maintain());
    await container.dispose();
    return JSON.stringify(answers);
  };
  expect(await trace()).toBe(await trace());
});

test(
  'a restored backup has a new epoch, loses no asset, and takes back what clients still hold',
  { timeout: 240_000 },
  async () => {
    const data = join(folder, 'restore');
    const server = await serverProcess(data);
    // A folder that was meant to be another one: what would be copied is an empty database, made for the purpose.
    await expect(server.command(['backup', '--to', join(folder, 'of nothing')])).rejects.toThrow(
      'There is no server in',
    );
    await server.command(['user', 'add', 'ana@example.org', '--verified'], 'a boat on the lake\n');
    const token = await server.command(['user', 'token', 'ana@example.org']);
    await server.start();
    const ana = createWireClient(sendOver(server.origin), token);
    const zoneID = { zoneName: 'z' };
    await ana.call('private', 'zones/modify', { operations: [{ operationType: 'create', zone: { zoneID } }] });
    const upload = (
      await ana.call('private', 'assets/upload', {
        zoneID,
        tokens: [{ recordType: 'Photo', recordName: 'old', fieldName: 'data' }],
      })
    ).body.tokens[0];
    const sent = (await (await fetch(upload.url as string, { method: 'POST', body: 'before the backup' })).json()) as {
      singleFile: unknown;
    };
    await ana.call('private', 'records/modify', {
      zoneID,
      operations: [
        {
          operationType: 'create',
          record: { recordName: 'old', recordType: 'Photo', fields: { data: { value: sent.singleFile } } },
        },
      ],
    });

    // While the server runs.
    await server.command(['backup', '--to', join(folder, 'backup')]);
    const newer = await ana.call('private', 'records/modify', {
      zoneID,
      operations: [
        {
          operationType: 'create',
          record: { recordName: 'newer', recordType: 'Photo', fields: { title: { value: 'after the backup' } } },
        },
      ],
    });
    const { syncToken } = (await ana.call('private', 'changes/zone', { zones: [{ zoneID }] })).body.zones[0];
    await server.kill('SIGTERM');
    await rm(join(data, 'assets'), { recursive: true });
    await server.command(['restore', '--from', join(folder, 'backup')]);
    await server.start();

    const feed = (await ana.call('private', 'changes/zone', { zones: [{ zoneID, syncToken }] })).body;
    expect(feed.zones[0]).toMatchObject({ serverErrorCode: 'CHANGE_TOKEN_EXPIRED', expiredBecause: 'EPOCH' });
    const old = (
      await ana.call('private', 'records/lookup', { zoneID, records: [{ recordName: 'old' }, { recordName: 'newer' }] })
    ).body.records;
    expect(old[1].serverErrorCode).toBe('NOT_FOUND');
    expect(await (await fetch(old[0].fields.data.value.downloadURL as string)).text()).toBe('before the backup');
    const again = (
      await ana.call('private', 'records/modify', {
        zoneID,
        operations: [
          {
            operationType: 'create',
            record: { recordName: 'newer', recordType: 'Photo', fields: { title: { value: 'after the backup' } } },
          },
        ],
      })
    ).body.records[0];
    expect(again.recordChangeTag).not.toBe(newer.body.records[0].recordChangeTag);
    expect(again.recordChangeTag.startsWith(feed.serverEpoch)).toBe(true);
    await server.kill('SIGTERM');
  },
);

test('a database of every earlier version comes up to date, and a newer one is refused', async () => {
  for (let from = 0; from <= migrations.length; from += 1) {
    const path = join(folder, `from-${from}.sqlite`);
    const before = openSqliteDatabase({ path, migrations: migrations.slice(0, from) });
    await before.migrate();
    await before.dispose();
    const after = openSqliteDatabase({ path });
    await after.migrate();
    await after.migrate();
    expect(await after.read((sql) => sql.all('SELECT key FROM meta'))).toEqual([]);
    await after.dispose();
    const check = new BetterSqlite3(path);
    expect(check.pragma('user_version', { simple: true })).toBe(migrations.length);
    expect(check.pragma('integrity_check', { simple: true })).toBe('ok');
    check.close();
  }
  expect(() => pendingMigrations(migrations.length + 1)).toThrow(/newer than this program/);
  for (const migration of migrations) {
    for (const dialect of ['sqlite', 'postgres'] as const)
      expect(migrationStatements(migration, dialect).join(';')).not.toMatch(/[{}]/);
  }
});

test('PostgreSQL comes up from every version too, and several processes starting together migrate once', async () => {
  const postgres = await startTestPostgres();
  try {
    const url = await postgres.newDatabase();
    const servers = await Promise.all([1, 2, 3].map(() => openPostgresDatabase({ url, poolSize: 2 })));
    await Promise.all(servers.map((server) => server.migrate()));
    const rows = await servers[0]?.read((sql) =>
      sql.all<{ version: number }>('SELECT version FROM schema_version ORDER BY version'),
    );
    expect(rows).toEqual(migrations.map(({ version }) => ({ version })));
    await Promise.all(servers.map((server) => server.dispose()));
    const newer = await openPostgresDatabase({ url, migrations: [] });
    await expect(newer.migrate()).rejects.toThrow(/newer than this program/);
    await newer.dispose();
  } finally {
    await postgres.stop();
  }
});

test('secrets never reach the log, and log lines name routes, not addresses', async () => {
  const data = join(folder, 'canary');
  const server = await serverProcess(data);
  const canary = 'canarycanarycanarycanary';
  const lines: string[] = [];
  const running = await startTestServer({ clients: [{ id: 'A', origins: [] }] });
  await running.stop();
  const { startServer } = await import('../../server/startServer.ts');
  const logged = await startServer(
    { dataFolder: data, port: 0, clients: [{ id: 'A', origins: [] }] },
    {
      passwords: quickPasswords,
      mail: { send: async () => undefined },
      log: {
        info: (facts, text) => void lines.push(JSON.stringify([facts, text])),
        warn: (facts, text) => void lines.push(JSON.stringify([facts, text])),
        error: (facts, text) => void lines.push(JSON.stringify([facts, text])),
      },
    },
  );
  const send = sendOver(logged.origin);
  const base = '/database/1/iCloud.org.example.shoebox/development';
  await send({ method: 'GET', path: `${base}/public/users/caller?ckAPIToken=A&ckWebAuthToken=${canary}`, headers: {} });
  await send({ method: 'GET', path: `/share/${canary}`, headers: {} });
  await send({ method: 'GET', path: `/asset/${canary}/x.jpg`, headers: {} });
  await send({ method: 'GET', path: `/poll/${canary}`, headers: {} });
  await send({ method: 'POST', path: `/upload/${canary}`, headers: { authorization: `Bearer ${canary}` }, body: 'x' });
  await send({
    method: 'POST',
    path: '/api/auth/sign-in/email',
    headers: {},
    body: JSON.stringify({ email: 'a@example.org', password: canary }),
  });
  await send({
    method: 'POST',
    path: `${base}/public/records/accept`,
    headers: { authorization: `Bearer ${canary}` },
    body: JSON.stringify({ shortGUIDs: [{ value: 'x', linkSecret: canary }] }),
  });
  await logged.stop();
  expect(lines.length).toBeGreaterThan(6);
  expect(lines.join('\n')).not.toContain(canary);
  expect(routeName(`/share/${canary}`)).toBe('share');
  expect(routeName(`/${canary}/x`)).toBe('other');
  await server.kill('SIGTERM');
});

test('the share page shows title and owner of a public share only, and one neutral page for all else', async () => {
  const server = await startTestServer();
  try {
    const ana = createWireClient(sendOver(server.origin), (await server.person('Ana')).token);
    const make = async (zoneName: string, publicPermission: string): Promise<string> => {
      await ana.call('private', 'zones/modify', {
        operations: [{ operationType: 'create', zone: { zoneID: { zoneName } } }],
      });
      const thumbnail = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]).toString('base64');
      const record = {
        recordName: 'cloudkit.zoneshare',
        recordType: 'cloudkit.share',
        publicPermission,
        fields: {
          'cloudkit.title': { value: '<b>Trip</b>' },
          'cloudkit.thumbnailImageData': { value: thumbnail, type: 'BYTES' },
        },
      };
      return (
        await ana.call('private', 'records/modify', {
          zoneID: { zoneName },
          operations: [{ operationType: 'create', record }],
        })
      ).body.records[0].shortGUID as string;
    };
    const open = await fetch(`${server.origin}/share/${await make('open', 'READ_ONLY')}`);
    const text = await open.text();
    expect(text).toContain('&#60;b&#62;Trip');
    expect(text).toContain('Shared by Ana');
    expect(text).toContain('src="data:image/jpeg;base64,');
    expect(Object.fromEntries(open.headers)).toMatchObject({
      'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-robots-tag': 'noindex',
    });
    expect(text).not.toMatch(/<script>|style=|https?:\/\//);
    const hidden = await fetch(`${server.origin}/share/${await make('hidden', 'NONE')}`);
    const unknown = await fetch(`${server.origin}/share/AAAAAAAAAAAAAAAAAAAAAAAA`);
    expect([hidden.status, await hidden.text()]).toEqual([unknown.status, await unknown.text()]);
  } finally {
    await server.stop();
  }
});

test('operators add, list, limit, disable and count, and wrong usage says what is right', async () => {
  const data = join(folder, 'operator');
  const server = await serverProcess(data);
  await server.command(['user', 'add', 'ana@example.org', '--name', 'Ana'], 'a boat on the lake\n');
  await expect(server.command(['user', 'add', 'ana@example.org'], 'a boat on the lake\n')).rejects.toThrow(
    /exists already/,
  );
  await expect(server.command(['user', 'add', 'ben@example.org'], 'short\n')).rejects.toThrow(/at least 8 characters/);
  const flags = ['--data', data];
  expect(JSON.parse((await command([...flags, 'user', 'list'])).out)).toMatchObject({
    email: 'ana@example.org',
    disabled: false,
  });
  const limits = (): unknown => {
    const database = new BetterSqlite3(join(data, 'container.sqlite'), { readonly: true });
    const row = database.prepare('SELECT quota_bytes AS bytes, quota_zones AS zones FROM users').get();
    database.close();
    return row;
  };
  const quota = (...more: readonly string[]) => command([...flags, 'user', 'quota', 'ana@example.org', ...more]);
  await quota('--bytes', '1000');
  await quota('--zones', '5');
  expect(limits()).toEqual({ bytes: 1000, zones: 5 });
  await quota('--bytes', 'default');
  expect(limits()).toEqual({ bytes: null, zones: 5 });
  await expect(quota()).rejects.toThrow(/needs --bytes N, --zones N or both/);
  await command([...flags, 'user', 'disable', 'ana@example.org']);
  expect(JSON.parse((await command([...flags, 'user', 'list'])).out)).toMatchObject({ disabled: true });
  expect(JSON.parse((await command([...flags, 'stats', '--json'])).out)).toMatchObject({ users: 1, records: 0 });
  await expect(command([...flags, 'user', 'token', 'nobody@example.org'])).rejects.toThrow(/no account/);
  await expect(command([...flags, 'nonsense'])).rejects.toThrow(/no command "nonsense"/);
  await expect(command(['--port', 'x'])).rejects.toThrow(/--port must be a whole number/);
  expect((await command(['--help'])).out).toContain('schema deploy');
});

test('a server told to stop answers what it has begun, ends what waits, and frees its files', async () => {
  const server = await startTestServer({ longPollSeconds: 60 });
  const ben = await server.person('Ben');
  const made = await sendOver(server.origin)({
    method: 'POST',
    path: '/device/1/iCloud.org.example.shoebox/development/tokens/create',
    headers: { authorization: `Bearer ${ben.token}` },
    body: '{"apnsEnvironment":"development"}',
  });
  const waiting = fetch(made.body.webcourierURL as string).then(
    (response) => response.status,
    () => 'closed',
  );
  await expect.poll(() => server.container.hub.waiting).toBe(1);
  const began = performance.now();
  await server.stop();
  expect(performance.now() - began).toBeLessThan(5000);
  expect(await waiting).toSatisfy((status: unknown) => status === 204 || status === 'closed');
});

test('health and metrics answer without credentials and without names of people or things', async () => {
  const server = await startTestServer();
  try {
    await fetch(`${server.origin}/share/AAAAAAAAAAAAAAAAAAAAAAAA`);
    expect(await (await fetch(`${server.origin}/healthz`)).json()).toEqual({ status: 'ok' });
    const metrics = await (await fetch(`${server.origin}/metrics`)).text();
    expect(metrics).toContain('shoebox_requests_total{method="GET",route="share",status="200"} 1');
    expect(metrics).not.toContain('AAAAAAAA');
  } finally {
    await server.stop();
  }
});

test('metrics are for this machine, or for whoever holds the token', async () => {
  const server = await startTestServer();
  const metrics = (headers: Record<string, string>): Promise<number> =>
    fetch(`${server.origin}/metrics`, { headers }).then(({ status }) => status);
  try {
    expect(await metrics({})).toBe(200);
    expect(await metrics({ 'x-forwarded-for': '198.51.100.7' })).toBe(404);
  } finally {
    await server.stop();
  }
  const proxied = await startTestServer({ publicURL: 'https://photos.example.org' });
  try {
    expect((await fetch(`http://127.0.0.1:${proxied.running.port}/metrics`)).status).toBe(404);
  } finally {
    await proxied.stop();
  }
  const guarded = await startTestServer({ metricsToken: 'a token of some length' });
  try {
    const ask = (authorization?: string): Promise<number> =>
      fetch(`${guarded.origin}/metrics`, authorization === undefined ? {} : { headers: { authorization } }).then(
        ({ status }) => status,
      );
    expect(await ask()).toBe(404);
    expect(await ask('Bearer something else')).toBe(404);
    expect(await ask('Bearer a token of some length')).toBe(200);
  } finally {
    await guarded.stop();
  }
});

test('the schema of shared/cloud and its documentation agree on every error code', async () => {
  const { serverErrorCodes } = await import('../../shared/cloud/serverErrors.ts');
  const page = await readFile('docs/protocol.md', 'utf8');
  expect(serverErrorCodes.filter((code) => !page.includes(code))).toEqual([]);
});
