import { createHash, randomUUIDv7 } from 'node:crypto';
import { expect, test } from 'vitest';
import type { AssetFiles, AssetResource } from '../../electron/core/sync/assetFiles.ts';
import type { AssetJob } from '../../electron/core/sync/assetQueue.ts';
import { createBandwidth } from '../../electron/core/sync/bandwidth.ts';
import { createHttpCloudDatabase, overFetch, type Fetch } from '../../electron/core/sync/httpCloudDatabase.ts';
import { createPictureBatches } from '../../electron/core/sync/pictureBatches.ts';
import { AppError } from '../../shared/errors.ts';
import { createBehaviourKit, type Person } from '../server/behaviourKit.ts';
import { startTestServer, testContainer } from '../helpers/testServer.ts';

/* Thumbnails of a share come many at a time, from a real server over HTTP; what is unusual goes the ordinary way. */

const kit = createBehaviourKit(() => startTestServer());
const pictures = ['a', 'b', 'c'].map((id) => ({ id, bytes: Buffer.from(`picture ${id} `.repeat(50)) }));

/** A person whose zone "z" holds the pictures as assets. */
async function somebody(): Promise<Person> {
  const ana = await kit.meet('ana');
  await kit.makeZone(ana, 'z');
  for (const { id, bytes } of pictures) {
    const value = await kit.upload(ana, 'private', { zoneName: 'z' }, id, bytes);
    await kit.save(ana, 'private', { zoneName: 'z' }, [kit.create(id, { data: { value } })]);
  }
  return ana;
}

const job = (id: string, bytes: Buffer, more: Partial<AssetResource> = {}): AssetJob => ({
  resource: {
    id,
    zoneId: 'z',
    photoId: id,
    kind: 'thumbnail',
    fileName: `${id}.webp`,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    byteSize: bytes.length,
    photoSha256: id,
    sortAt: 0,
    ...more,
  },
  direction: 'download',
  uploadUrl: null,
  attempts: 0,
});
const all = pictures.map(({ id, bytes }) => job(id, bytes));

/** Batches of a person's computer; `through` stands between it and the server. `here`: ids whose bytes lie here. */
function computerOf(
  person: Person,
  {
    through = (send) => send,
    here = [],
    diskFull = false,
  }: { through?: (send: Fetch) => Fetch; here?: string[]; diskFull?: boolean } = {},
) {
  const asked: string[] = [];
  const placed = new Map<string, string>();
  const refuse = () => Promise.reject(new Error('not expected in this test'));
  const files: AssetFiles = {
    open: ({ id }) =>
      Promise.resolve(here.includes(id) ? { size: 1, read: refuse, close: () => Promise.resolve() } : undefined),
    partial: refuse,
    place: refuse,
    placePictures: (found) => {
      if (diskFull) return Promise.reject(new AppError('diskFull', 'The disk is full.'));
      for (const { resource, bytes } of found) placed.set(resource.id, Buffer.from(bytes).toString());
      return Promise.resolve();
    },
    evict: refuse,
  };
  const send = through((request) => fetch(request));
  const cloud = createHttpCloudDatabase({
    fetch: overFetch((request) => {
      asked.push(new URL(request.url).pathname);
      return send(request);
    }),
    server: kit.server.origin,
    container: testContainer,
    environment: 'development',
    token: () => person.token,
    newKey: randomUUIDv7,
  });
  let moved = 0;
  const batches = createPictureBatches({
    cloud,
    files,
    zones: {
      byId: (id) => ({ id, store: 'private', name: id, owner: '', kind: 'share', state: 'active', rights: 15 }),
    },
    bandwidth: createBandwidth({ now: () => 0, timers: { set: (fn) => fn(), clear: () => undefined } }),
    alive: () => true,
    onBytes: (bytes) => {
      moved += bytes;
    },
  });
  return { batches, asked, placed, moved: () => moved };
}

test('all pictures come with one request and are the bytes that were sent', async () => {
  const { batches, asked, placed, moved } = computerOf(await somebody());
  expect([...(await batches.take(all))]).toEqual(['a', 'b', 'c']);
  expect(asked).toHaveLength(1);
  expect([...placed.values()]).toEqual(pictures.map(({ bytes }) => bytes.toString()));
  expect(moved()).toBe(pictures.reduce((sum, { bytes }) => sum + bytes.length, 0));
});

test('a picture that is missing, or not what its record says, is left to the ordinary way', async () => {
  const { batches, placed } = computerOf(await somebody());
  const wrong = job('b', Buffer.from('something else entirely'));
  expect([
    ...(await batches.take([
      ...all.filter(({ resource }) => resource.id !== 'b'),
      wrong,
      job('nowhere', Buffer.from('x')),
    ])),
  ]).toEqual(['a', 'c']);
  expect([...placed.keys()]).toEqual(['a', 'c']);
});

test('an answer that breaks off gives what came whole before', async () => {
  const cut = 40;
  const { batches } = computerOf(await somebody(), {
    through: (send) => async (request) => {
      const bytes = new Uint8Array(await (await send(request)).arrayBuffer());
      const pieces = [bytes.subarray(0, bytes.length - cut)];
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          const piece = pieces.pop();
          if (piece === undefined) controller.error(new TypeError('terminated'));
          else controller.enqueue(piece);
        },
      });
      return new Response(body);
    },
  });
  expect([...(await batches.take(all))]).toEqual(['a', 'b']);
});

test('originals, uploads, large files and what lies here are not asked for, nor is one picture alone', async () => {
  const { batches, asked } = computerOf(await somebody(), { here: ['c'] });
  const [a, b, c] = all;
  if (a === undefined || b === undefined || c === undefined) throw new Error('There are three pictures');
  const others = [{ ...a, direction: 'upload' as const }, job('b', Buffer.alloc(1), { kind: 'original' }), c];
  expect((await batches.take([...others, job('d', Buffer.alloc(300 * 1024))])).size).toBe(0);
  expect((await batches.take([a, c])).size).toBe(0);
  expect(asked).toEqual([]);
});

test('a server that does not know the call is asked once', async () => {
  const { batches, asked } = computerOf(await somebody(), {
    through: () => () =>
      Promise.resolve(
        Response.json({ uuid: 'u', serverErrorCode: 'NOT_FOUND', reason: 'no such endpoint' }, { status: 404 }),
      ),
  });
  expect((await batches.take(all)).size).toBe(0);
  expect((await batches.take(all)).size).toBe(0);
  expect(asked).toHaveLength(1);
});

test('without a network, or when the server asks for time, the whole pass waits, as for any transfer', async () => {
  const person = await somebody();
  const away = computerOf(person, { through: () => () => Promise.reject(new TypeError('no network')) });
  await expect(away.batches.take(all)).rejects.toMatchObject({ code: 'offline' });
  for (const [status, serverErrorCode] of [
    [429, 'THROTTLED'],
    [503, 'TRY_AGAIN_LATER'],
  ] as const) {
    const answer = () => Response.json({ uuid: 'u', serverErrorCode, reason: 'later', retryAfter: 60 }, { status });
    const { batches } = computerOf(person, { through: () => () => Promise.resolve(answer()) });
    await expect(batches.take(all)).rejects.toMatchObject({ data: { serverErrorCode, retryAfter: 60 } });
  }
});

test('what goes wrong with the batch alone stops nothing: the pictures go the ordinary way', async () => {
  const person = await somebody();
  const full = computerOf(person, { diskFull: true });
  expect((await full.batches.take(all)).size).toBe(0);
  for (const [status, serverErrorCode] of [
    [500, 'INTERNAL_ERROR'],
    [403, 'ACCESS_DENIED'],
    [404, 'ZONE_NOT_FOUND'],
  ] as const) {
    const answer = () => Response.json({ uuid: 'u', serverErrorCode, reason: 'no' }, { status });
    const { batches } = computerOf(person, { through: () => () => Promise.resolve(answer()) });
    expect((await batches.take(all)).size).toBe(0);
  }
});

test('a server that sends without end is not listened to for ever', async () => {
  let sent = 0;
  const { batches } = computerOf(await somebody(), {
    through: () => () => {
      const head = Buffer.from(`${JSON.stringify({ assets: [{ recordName: 'a', size: 2 ** 40 }] })}\n`);
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          const part = sent === 0 ? head : new Uint8Array(1024 * 1024);
          sent += part.length;
          controller.enqueue(part);
        },
      });
      return Promise.resolve(new Response(body));
    },
  });
  expect((await batches.take(all)).size).toBe(0);
  expect(sent).toBeLessThan(16 * 1024 * 1024);
});
