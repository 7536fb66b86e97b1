import { randomUUIDv7 } from 'node:crypto';
import { expect, test } from 'vitest';
import { createHttpCloudDatabase, overFetch } from '../../electron/core/sync/httpCloudDatabase.ts';
import { createBehaviourKit } from '../server/behaviourKit.ts';
import { startTestServer, testContainer } from '../helpers/testServer.ts';

/* Records are looked up in as many requests as the server wants, from a real server over HTTP. */

const kit = createBehaviourKit(() => startTestServer({ limits: { records: 2 } }));
const zone = { zoneName: 'z' };

async function makeComputer(name: string) {
  const person = await kit.meet(name);
  await kit.makeZone(person, 'z');
  await kit.save(person, 'private', zone, [kit.create('a', {}), kit.create('b', {}), kit.create('c', {})]);
  const asked: number[] = [];
  const cloud = createHttpCloudDatabase({
    fetch: overFetch(async (request) => {
      const body = (await request.clone().json()) as { readonly records?: readonly unknown[] };
      asked.push(body.records?.length ?? 0);
      return fetch(request);
    }),
    server: kit.server.origin,
    container: testContainer,
    environment: 'development',
    token: () => person.token,
    newKey: randomUUIDv7,
  });
  return { cloud, asked };
}

test('more records than one request may name are looked up a few at a time, and come in the order they were named in', async () => {
  const { cloud, asked } = await makeComputer('ana');
  const found = await cloud.lookupRecords('private', zone, ['c', 'nowhere', 'a', 'b', 'also nowhere']);
  expect(found.map(({ recordName }) => recordName)).toEqual(['c', 'nowhere', 'a', 'b', 'also nowhere']);
  expect(found.map(({ serverErrorCode }) => serverErrorCode)).toEqual([
    undefined,
    'NOT_FOUND',
    undefined,
    undefined,
    'NOT_FOUND',
  ]);
  expect(asked).toEqual([5, 2, 2, 1]);
});

test('as many as it may name are looked up in one', async () => {
  const { cloud, asked } = await makeComputer('ben');
  expect(await cloud.lookupRecords('private', zone, ['a', 'b'])).toHaveLength(2);
  expect(asked).toEqual([2]);
});

test('another refusal is not asked again in pieces', async () => {
  const { cloud, asked } = await makeComputer('cleo');
  await expect(cloud.lookupRecords('private', { zoneName: 'elsewhere' }, ['a', 'b'])).rejects.toMatchObject({
    data: { serverErrorCode: 'ZONE_NOT_FOUND' },
  });
  expect(asked).toEqual([2]);
});
