import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openMemoryStore } from '../../electron/core/store/store.ts';
import type { CloudDatabase } from '../../electron/core/sync/cloudDatabase.ts';
import { overFetch, type Fetch } from '../../electron/core/sync/httpCloudDatabase.ts';
import { createMirror } from '../../electron/core/sync/mirror.ts';
import { formatStamp } from '../../shared/cloud/hybridClock.ts';
import { age, drawPhoto } from '../helpers/photos.ts';
import { openTestLibrary, type TestLibrary } from '../helpers/testLibrary.ts';
import { startTestServer, type TestServer } from '../helpers/testServer.ts';
import { noSharing } from '../helpers/noSharing.ts';
import { createFleet, rows, type Fleet } from './fleet.ts';

const library = { zoneName: 'library' };
const person = { email: 'ana@example.org', password: 'a long enough password', name: 'Ana' };
let server: TestServer;
let a: TestLibrary;
let pictures: string;

beforeEach(async () => {
  server = await startTestServer();
  a = await openTestLibrary();
  pictures = mkdtempSync(join(tmpdir(), 'shoebox-unsent-'));
});
afterEach(async () => {
  await a.dispose();
  await server.stop();
  rmSync(pictures, { recursive: true });
});

const originals = () =>
  a.app.store.connection.raw.prepare(`SELECT id FROM resource WHERE kind = 'original'`).pluck().all() as string[];
const states = () =>
  a.app.store.connection.raw
    .prepare(`SELECT state FROM sync_asset WHERE resource_id IN (SELECT id FROM resource WHERE kind = 'original')`)
    .pluck()
    .all();

/** Which of these records have bytes on the server. */
async function held(cloud: CloudDatabase, ids: readonly string[]): Promise<readonly boolean[]> {
  const records = await cloud.lookupRecords('private', library, ids);
  return records.map((record) => record.fields?.['data']?.value != null);
}

test('bytes that nobody sent are found and sent by a computer that has them', async () => {
  await a.client.account.signUp({ server: server.origin, ...person });
  for (const seed of [1, 2]) {
    const path = join(pictures, `${seed}.jpg`);
    writeFileSync(path, await drawPhoto({ seed, width: 64, height: 48 }));
    age(path);
  }
  await a.client.library.import({ paths: [pictures] });
  await expect.poll(() => states(), { timeout: 60_000 }).toEqual(['done', 'done']);
  const cloud = a.app.sync.cloud();
  if (cloud === undefined) throw new Error('The library is signed in');
  const ids = originals();

  // As if the computer that made the records had gone before it sent the bytes of the first.
  const [record] = await cloud.lookupRecords('private', library, ids.slice(0, 1));
  await cloud.modifyRecords('private', library, [
    {
      operationType: 'update',
      record: {
        recordName: record?.recordName ?? '',
        recordType: 'Resource',
        recordChangeTag: record?.recordChangeTag ?? '',
        fields: { data: { value: null, type: 'ASSETID' } },
      },
    },
  ]);
  expect(await held(cloud, ids)).toEqual([false, true]);
  a.app.store.transaction('maintenance', ({ raw }) => void raw.exec('DELETE FROM sync_asset'));

  await a.client.sync.now({});
  expect(await held(cloud, ids)).toEqual([true, true]);
  expect(states()).toEqual(['done', 'done']);
});

/** A library with nothing in it, mirrored by hand: what it sends goes through `pass`. */
async function mirrorOver(fleet: Fleet, pass: (request: Request, body: string) => Promise<Response>) {
  await fleet.device('ana');
  const token = await fleet.server.signIn('_ana');
  const bytes = Buffer.from('the bytes of a photo');
  const store = openMemoryStore({ now: () => fleet.time.now, newId: randomUUID });
  let stamps = 0;
  const stamp = () => {
    stamps += 1;
    return formatStamp({ ms: fleet.time.now, counter: stamps, node: 'm' });
  };
  const fetch: Fetch = async (request) => {
    if (request.url.endsWith('/events')) throw new TypeError('no stream here');
    return pass(request, request.method === 'POST' ? await request.clone().text() : '');
  };
  const mirror = createMirror({
    store,
    account: {
      server: fleet.server.origin,
      container: fleet.server.container,
      environment: fleet.server.environment,
      userName: '_ana',
    },
    token: () => token,
    requests: overFetch(fetch),
    fetch,
    files: {
      open: () =>
        Promise.resolve({
          size: bytes.length,
          read: (from, length) => Promise.resolve(bytes.subarray(from, from + length)),
          close: () => Promise.resolve(),
        }),
      partial: () => Promise.reject(new Error('nothing is fetched here')),
      place: () => Promise.reject(new Error('nothing is fetched here')),
      placePictures: () => Promise.reject(new Error('nothing is fetched here')),
      evict: () => Promise.resolve(0),
    },
    shares: noSharing,
    policy: { originals: 'everywhere', cacheLimitBytes: Number.POSITIVE_INFINITY, bytesPerSecond: null },
    paused: false,
    now: () => fleet.time.now,
    random: () => 0.5,
    newKey: randomUUID,
    timers: fleet.time.timersOf('mirror'),
    node: 'm',
    stamp,
    observeServerTime: () => undefined,
    offerThumbnails: () => 0,
    reportError: (error) => {
      throw error;
    },
  });
  // The look for unsent bytes is over before there are any: what has to notice is the reading of the record itself.
  await mirror.syncNow();
  return {
    mirror,
    /** A photo whose file is here. */
    addPhoto: (): void => {
      store.transaction('app', ({ raw }) => {
        raw.exec(`INSERT INTO photo (id, zone_id, kind, media_type, file_name, created_at, modified_at, sort_at)
          VALUES ('p', 'library', 'photo', 'image', 'a.jpg', 1, 1, 1)`);
        raw
          .prepare(
            `INSERT INTO resource (id, zone_id, photo_id, kind, file_name, byte_size, sha256, created_at, modified_at, local_state)
             VALUES ('r', 'library', 'p', 'original', 'a.jpg', ?, ?, 1, 1, 'here')`,
          )
          .run(bytes.length, createHash('sha256').update(bytes).digest('hex'));
      });
      mirror.storeChanged();
    },
    /** The photo goes to a share of this person's. */
    movePhoto: (): void => {
      store.transaction('app', ({ raw }) => {
        raw.exec(`INSERT INTO zone (id, store, name, owner, kind, created_at)
            VALUES ('share.1', 'private', 'share.1', '', 'share', 1);
          UPDATE photo SET zone_id = 'share.1'; UPDATE resource SET zone_id = 'share.1'`);
      });
      mirror.storeChanged();
    },
    assets: () => store.connection.raw.prepare('SELECT direction, state FROM sync_asset').all(),
    zones: () => store.connection.raw.prepare('SELECT zone_id FROM sync_asset').pluck().all(),
    waiting: () => store.connection.raw.prepare('SELECT entity, reason FROM sync_pending').all(),
    dispose: (): void => {
      mirror.dispose();
      store.dispose();
    },
  };
}

test('bytes are sent although the answer to the save that announced them was lost', async () => {
  const fleet = await createFleet();
  let lost = 0;
  const ana = await mirrorOver(fleet, async (request, body) => {
    const answer = await fleet.server.handle(request);
    if (lost > 0 || !request.url.includes('records/modify') || !body.includes('"Resource"')) return answer;
    lost += 1;
    throw new TypeError('socket hang up');
  });
  ana.addPhoto();
  await expect.poll(() => ana.mirror.status.phase, { timeout: 30_000 }).toBe('waiting');
  expect(lost).toBe(1);
  expect(ana.assets()).toEqual([]);
  fleet.time.advance(5_000);
  await expect.poll(ana.assets, { timeout: 30_000 }).toEqual([{ direction: 'upload', state: 'done' }]);
  ana.dispose();
  await fleet.dispose();
});

test('bytes are sent again when a computer slept for two days before it could announce them', async () => {
  const fleet = await createFleet();
  let slept = false;
  const ana = await mirrorOver(fleet, (request, body) => {
    if (!slept && request.url.includes('records/modify') && body.includes('"receipt"')) {
      slept = true;
      fleet.time.advance(48 * 3_600_000);
    }
    return fleet.server.handle(request);
  });
  ana.addPhoto();
  await expect.poll(ana.waiting, { timeout: 30_000 }).toEqual([{ entity: 'Resource', reason: 'rejected' }]);
  expect(slept).toBe(true);
  fleet.time.advance(11 * 60_000);
  const goOn = () => {
    fleet.time.advance(1_000);
    return ana.assets();
  };
  await expect.poll(goOn, { timeout: 30_000 }).toEqual([{ direction: 'upload', state: 'done' }]);
  expect(ana.waiting()).toEqual([]);
  ana.dispose();
  await fleet.dispose();
});

test('a photo that goes to a share between the sending of its bytes and the word of it has them there at once', async () => {
  const fleet = await createFleet();
  let isMoved = false;
  const refused: string[] = [];
  const ana = await mirrorOver(fleet, async (request, body) => {
    if (!isMoved && request.url.includes('records/modify') && body.includes('"receipt"')) {
      isMoved = true;
      ana.movePhoto();
      throw new TypeError('socket hang up');
    }
    const answer = await fleet.server.handle(request);
    if ((await answer.clone().text()).includes('BAD_REQUEST')) refused.push(body);
    return answer;
  });
  ana.addPhoto();
  const goOn = () => {
    fleet.time.advance(1_000);
    return [...ana.assets(), ...ana.zones(), ...ana.waiting()];
  };
  await expect.poll(goOn, { timeout: 30_000 }).toEqual([{ direction: 'upload', state: 'done' }, 'share.1']);
  expect([isMoved, refused]).toEqual([true, []]);
  ana.dispose();
  await fleet.dispose();
});

test('after a server was put back, what it held of bytes is asked for again', async () => {
  const fleet = await createFleet();
  const device = await fleet.device('ana');
  device.store.transaction('sync', ({ raw }) => {
    raw.exec(`INSERT INTO sync_asset (resource_id, zone_id, direction, rank, state)
      VALUES ('sent', 'library', 'upload', 3, 'done'), ('under way', 'library', 'upload', 3, 'queued')`);
  });
  fleet.server.snapshot();
  expect(await fleet.server.restore(true)).toBe(true);
  const token = await fleet.server.signIn('_ana');
  fleet.interfere(({ url, body }) =>
    fleet.server.handle(
      new Request(url, {
        ...(body === '' ? {} : { method: 'POST', body }),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      }),
    ),
  );
  await fleet.sync(device);
  device.engine.resume();
  await device.engine.settled();
  expect(rows(device, 'SELECT resource_id FROM sync_asset')).toEqual([{ resource_id: 'under way' }]);
  await fleet.dispose();
});
