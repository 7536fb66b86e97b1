import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatStamp } from '../../shared/cloud/hybridClock.ts';
import type { Client } from '../simulation/client.ts';
import { addPhoto, createFleet, rows, type Fleet } from './fleet.ts';

/* A moved a photo out of the library and has not said so; B moved it out and, later than A, back again. */

let fleet: Fleet;
let a: Client;
let b: Client;
let photo: string;

const move = (client: Client, zoneID: string): void =>
  client.store.transaction('app', ({ raw }) => {
    raw.prepare('UPDATE photo SET zone_id = ? WHERE id = ?').run(zoneID, photo);
  });

/** The version of the photo's record in a zone of ana's. */
const recordIn = async (zoneName: string) => {
  const [record] = await a.cloud.lookupRecords('private', { zoneName }, [photo]);
  return record?.deleted === true || record?.serverErrorCode !== undefined ? undefined : record;
};

beforeEach(async () => {
  fleet = await createFleet();
  a = await fleet.device('ana');
  b = await fleet.device('ana');
  await a.cloud.modifyZones('create', [{ zoneName: 'share.one' }, { zoneName: 'share.two' }]);
  await fleet.sync(a, b);
  photo = addPhoto(a);
  await fleet.sync(a, b);
});
afterEach(() => fleet.dispose());

test('a field of a newer version, added where the photo was in between, reaches the place where it stays', async () => {
  move(b, 'share.two');
  await fleet.sync(b);
  fleet.time.advance(60_000);
  move(a, 'share.one');
  fleet.time.advance(60_000);
  move(b, 'library');
  // B's photo has arrived, and is not yet gone from where it was.
  fleet.interfere(({ url, body }) =>
    url.includes('records/modify') && body.includes('"delete"') ? new Response('', { status: 502 }) : undefined,
  );
  await fleet.sync(b);
  b.engine.pause();
  fleet.interfere(undefined);
  const between = await recordIn('share.two');
  const later = formatStamp({ ms: fleet.time.now, counter: 0, node: 'n' });
  const stamps = JSON.parse(String(between?.fields?.['stamps']?.value)) as Record<string, string>;
  await b.cloud.modifyRecords('private', { zoneName: 'share.two' }, [
    {
      operationType: 'update',
      record: {
        recordName: photo,
        recordType: 'Photo',
        recordChangeTag: between?.recordChangeTag ?? '',
        fields: {
          mood: { value: 'calm', type: 'STRING' },
          stamps: { value: JSON.stringify({ ...stamps, mood: later }), type: 'STRING' },
        },
      },
    },
  ]);
  // The library is the zone that changed last.
  await b.cloud.modifyRecords('private', { zoneName: 'library' }, [
    {
      operationType: 'create',
      record: { recordName: 'tag-1', recordType: 'Tag', fields: { name: { value: 'Sea', type: 'STRING' } } },
    },
  ]);
  await fleet.sync(a);
  b.engine.resume();
  await fleet.sync(b);
  await fleet.sync(a);
  expect(rows(a, `SELECT zone_id AS zone FROM photo WHERE id = '${photo}'`)).toEqual([{ zone: 'library' }]);
  expect((await recordIn('library'))?.fields?.['mood']?.value).toBe('calm');
  expect(await recordIn('share.one')).toBeUndefined();
  expect(await recordIn('share.two')).toBeUndefined();
});
