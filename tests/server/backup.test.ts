import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { putAssetsBack } from '../../server/commands/backupAssets.ts';
import { backupInto } from '../../server/commands/backupCommands.ts';
import type { ContainerServer } from '../../server/containerServer.ts';
import type { Database } from '../../server/database/database.ts';
import { openSqliteDatabase } from '../../server/database/sqlite/sqliteDatabase.ts';
import { someBytes, startTestServer } from '../helpers/testServer.ts';
import type { TestServer } from '../helpers/testServer.ts';
import { createWireClient, sendOver } from '../helpers/wireClient.ts';
import type { Wire, WireClient } from '../helpers/wireClient.ts';

let folder: string;
let server: TestServer;
let ana: WireClient;
const zoneID = { zoneName: 'z' };
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoebox-backup-'));
  server = await startTestServer();
  ana = createWireClient(sendOver(server.origin), (await server.person('Ana')).token);
  await ana.call('private', 'zones/modify', { operations: [{ operationType: 'create', zone: { zoneID } }] });
});
afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const modify = (operation: Wire): Promise<Wire> =>
  ana.call('private', 'records/modify', { zoneID, operations: [operation] });

async function savePhoto(recordName: string, bytes: Buffer): Promise<void> {
  const asked = await ana.call('private', 'assets/upload', {
    zoneID,
    tokens: [{ recordType: 'Photo', recordName, fieldName: 'data' }],
  });
  const sent = await fetch(asked.body.tokens[0].url as string, { method: 'POST', body: new Uint8Array(bytes) });
  const { singleFile } = (await sent.json()) as { singleFile: unknown };
  const saved = await modify({
    operationType: 'create',
    record: { recordName, recordType: 'Photo', fields: { data: { value: singleFile } } },
  });
  expect(saved.body.records[0].serverErrorCode).toBeUndefined();
}

/** Deletes a photo and lets its bytes be collected at once. */
async function removePhoto(recordName: string): Promise<void> {
  await modify({ operationType: 'forceDelete', record: { recordName } });
  await server.container.services.database.write((sql) => sql.run('DELETE FROM uploads'));
  expect((await server.container.maintain()).removedBlobs).toBe(1);
}

/** Where a server's folder or a backup has these bytes. */
function assetIn(root: string, bytes: Buffer): string {
  const digest = createHash('sha256').update(bytes).digest('hex');
  return join(root, 'assets', 'blobs', digest.slice(0, 2), digest.slice(2, 4), digest);
}

/** The server, with something happening before and after its database is copied. */
function withCopying(around: (copy: () => Promise<void>) => Promise<void>): ContainerServer {
  const { container } = server;
  const { services } = container;
  const database: Database = {
    ...services.database,
    backupTo: (path) => around(() => services.database.backupTo(path)),
  };
  return { ...container, services: { ...services, database } };
}

/** Names of bytes the backup's database knows and its files lack. */
async function lacking(to: string): Promise<string[]> {
  const copy = new BetterSqlite3(join(to, 'container.sqlite'));
  const rows = copy.prepare('SELECT sha256 FROM blobs').all() as { sha256: string }[];
  expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
  copy.close();
  const gone: string[] = [];
  for (const { sha256 } of rows) {
    const digest = Buffer.from(sha256, 'base64').toString('hex');
    await access(join(to, 'assets', 'blobs', digest.slice(0, 2), digest.slice(2, 4), digest)).catch(() =>
      gone.push(digest),
    );
  }
  return gone;
}

test(
  'a backup ends although another process writes all the time, and is of one moment',
  { timeout: 30_000 },
  async () => {
    const path = join(folder, 'busy.sqlite');
    const database = openSqliteDatabase({ path });
    await database.migrate();
    const writer = new BetterSqlite3(path);
    writer.exec('CREATE TABLE pairs (a INTEGER NOT NULL, b TEXT NOT NULL)');
    const insert = writer.prepare('INSERT INTO pairs (a, b) VALUES (?, ?)');
    const write = (a: number, rows: number): void =>
      writer.transaction(() => {
        for (let row = 0; row < rows; row += 1) insert.run(a, 'x'.repeat(2000));
      })();
    write(0, 4000);
    let writes = 0;
    let stopped = false;
    const goOn = (): void => {
      if (stopped) return;
      writes += 1;
      write(writes, 2);
      setImmediate(goOn);
    };
    goOn();
    const copying = database.backupTo(join(folder, 'copy.sqlite'));
    try {
      const late = new Promise<string>((resolve) => setTimeout(() => resolve('still not ended'), 10_000).unref());
      expect(await Promise.race([copying.then(() => 'ended'), late])).toBe('ended');
    } finally {
      stopped = true;
    }
    expect(writes).toBeGreaterThan(10);
    const copy = new BetterSqlite3(join(folder, 'copy.sqlite'));
    expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
    const found = copy.prepare('SELECT count(*) AS n, max(a) AS last FROM pairs').get() as { n: number; last: number };
    expect(found.n).toBe(4000 + 2 * found.last);
    copy.close();
    writer.close();
    await database.dispose();
  },
);

test('an asset collected after the database was copied is in the backup', async () => {
  await savePhoto('kept', someBytes(500));
  await savePhoto('removed', someBytes(500));
  const busy = withCopying(async (copy) => {
    await copy();
    await removePhoto('removed');
  });
  await backupInto(busy, server.folder, folder);
  expect(await lacking(folder)).toEqual([]);
});

test('an asset that comes while assets are copied and goes while the database is leaves no gap in the backup', async () => {
  await savePhoto('kept', someBytes(500));
  let copies = 0;
  const busy = withCopying(async (copy) => {
    copies += 1;
    if (copies > 1) return copy();
    await savePhoto('brief', someBytes(500));
    await copy();
    return removePhoto('brief');
  });
  expect(await backupInto(busy, server.folder, folder)).toEqual({ assets: 1, missing: 0 });
  expect(copies).toBe(2);
  expect(await lacking(folder)).toEqual([]);
});

test('an asset the storage has lost is told and does not keep the rest from being backed up', async () => {
  await savePhoto('kept', someBytes(500));
  await savePhoto('lost', Buffer.from('lost'));
  await server.container.services.assets.remove(createHash('sha256').update('lost').digest('hex'));
  expect(await backupInto(server.container, server.folder, folder)).toEqual({ assets: 1, missing: 1 });
});

test('half a file that a power cut left in the backup is not taken for the asset', async () => {
  const bytes = someBytes(500);
  await savePhoto('kept', bytes);
  await backupInto(server.container, server.folder, folder);
  const copy = assetIn(folder, bytes);
  await rm(copy);
  await writeFile(copy, bytes.subarray(0, 100));
  expect(await backupInto(server.container, server.folder, folder)).toEqual({ assets: 1, missing: 0 });
  expect(await readFile(copy)).toEqual(bytes);
});

test('a good copy stays in the backup when the storage’s own file is damaged later', async () => {
  const bytes = someBytes(500);
  await savePhoto('kept', bytes);
  const copy = assetIn(folder, bytes);
  await mkdir(dirname(copy), { recursive: true });
  await writeFile(copy, bytes);
  await truncate(join(server.folder, relative(folder, copy)), 100);
  expect(await backupInto(server.container, server.folder, folder)).toEqual({ assets: 1, missing: 0 });
  expect(await readFile(copy)).toEqual(bytes);
});

test('what the storage has only half of is missing from the backup, and told', async () => {
  const bytes = someBytes(500);
  await savePhoto('half', bytes);
  await truncate(assetIn(server.folder, bytes), 100);
  expect(await backupInto(server.container, server.folder, folder)).toEqual({ assets: 1, missing: 1 });
});

test('putting a backup back mends what is damaged and leaves what is whole', async () => {
  const [whole, damaged, gone] = [someBytes(500), someBytes(600), someBytes(700)];
  for (const [index, bytes] of [whole, damaged, gone].entries()) await savePhoto(`photo${index}`, bytes);
  await backupInto(server.container, server.folder, folder);
  const at = (bytes: Buffer): string => assetIn(server.folder, bytes);
  // Not in place: the backup's files are hard links to these.
  await rm(at(damaged));
  await writeFile(at(damaged), damaged.subarray(0, 10));
  await rm(at(gone));
  const before = await stat(at(whole));
  await putAssetsBack(join(folder, 'container.sqlite'), folder, server.folder);
  expect([await readFile(at(damaged)), await readFile(at(gone))]).toEqual([damaged, gone]);
  expect((await stat(at(whole))).ino).toBe(before.ino);
});

test('a backup that fails leaves the one before it as it was', async () => {
  await savePhoto('first', someBytes(500));
  await backupInto(server.container, server.folder, folder);
  const before = await readFile(join(folder, 'container.sqlite'));
  await savePhoto('second', someBytes(500));
  const failing = withCopying(async (copy) => {
    await copy();
    throw new Error('the disk is full');
  });
  await expect(backupInto(failing, server.folder, folder)).rejects.toThrow('the disk is full');
  expect(await readFile(join(folder, 'container.sqlite'))).toEqual(before);
  await backupInto(server.container, server.folder, folder);
  expect(await lacking(folder)).toEqual([]);
  expect((await readdir(folder)).toSorted()).toEqual(['assets', 'container.sqlite']);
});
