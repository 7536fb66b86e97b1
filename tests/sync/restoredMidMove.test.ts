import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Client } from '../simulation/client.ts';
import { addPhoto, createFleet, removePhoto, rows, type Fleet } from './fleet.ts';

/* A backup was made when a photo had reached its new place and had not left the old one, and that is put back later. */

let fleet: Fleet;
let a: Client;
let b: Client;
let photo: string;
const zone = 'share.trip';

beforeEach(async () => {
  fleet = await createFleet();
  a = await fleet.device('ana');
  b = await fleet.device('ana');
  await a.cloud.modifyZones('create', [{ zoneName: zone }]);
  await fleet.sync(a, b);
  photo = addPhoto(a);
  await fleet.sync(a, b);
});
afterEach(() => fleet.dispose());

/** As a person moves it, with its original. */
const move = (client: Client, zoneID: string): void =>
  client.store.transaction('app', ({ raw }) => {
    raw.prepare('UPDATE photo SET zone_id = ? WHERE id = ?').run(zoneID, photo);
    raw.prepare('UPDATE resource SET zone_id = ? WHERE photo_id = ?').run(zoneID, photo);
  });

/** A moves the photo, and a backup is made before it is taken away from where it was. */
async function backUpInTheMiddle(): Promise<void> {
  fleet.interfere(({ url, body }) =>
    url.includes('records/modify') && body.includes('"delete"') ? new Response('', { status: 502 }) : undefined,
  );
  move(a, zone);
  await fleet.sync(a);
  fleet.server.snapshot();
  fleet.interfere(undefined);
  fleet.time.advance(600_000);
  await fleet.sync(a);
}

/** Where the server has the photo and its original. */
const places = () =>
  fleet.server.rows<{ name: string; zone: string }>(
    `SELECT r.record_name AS name, z.name AS zone FROM records AS r JOIN zones AS z ON z.zone_id = r.zone_id
     WHERE r.deleted = 0 AND r.record_type IN ('Photo', 'Resource') ORDER BY 1, 2`,
  );
const inOnePlace = (zoneName: string) => [
  { name: photo, zone: zoneName },
  { name: `${photo}-original`, zone: zoneName },
];
const zonesOf = (client: Client) => rows(client, 'SELECT zone_id AS zone FROM photo');

describe.each([
  ['the computer that moved it asks first', true],
  ['another computer asks first', false],
])('where %s', (_what, moverFirst) => {
  async function restore(): Promise<void> {
    expect(await fleet.server.restore(true)).toBe(true);
    expect(places()).toContainEqual({ name: photo, zone: 'library' });
    expect(places()).toContainEqual({ name: photo, zone });
    for (let round = 0; round < 3; round += 1) {
      await fleet.sync(...(moverFirst ? [a, b] : [b, a]));
      fleet.time.advance(600_000);
    }
  }

  test('it is where it was moved to, and there alone', async () => {
    await backUpInTheMiddle();
    await fleet.sync(b);
    await restore();
    expect(places()).toEqual(inOnePlace(zone));
    expect([zonesOf(a), zonesOf(b)]).toEqual([[{ zone }], [{ zone }]]);
  });

  test('moved back since, it is where it was, and there alone', async () => {
    await backUpInTheMiddle();
    move(a, 'library');
    await fleet.sync(a, b);
    expect(places()).toEqual(inOnePlace('library'));
    await restore();
    expect(places()).toEqual(inOnePlace('library'));
    expect([zonesOf(a), zonesOf(b)]).toEqual([[{ zone: 'library' }], [{ zone: 'library' }]]);
  });

  test('moved back since and not heard of by the other computer, it is where it was, and there alone', async () => {
    await backUpInTheMiddle();
    await fleet.sync(b);
    move(a, 'library');
    await fleet.sync(a);
    await restore();
    expect(places()).toEqual(inOnePlace('library'));
    expect([zonesOf(a), zonesOf(b)]).toEqual([[{ zone: 'library' }], [{ zone: 'library' }]]);
  });

  test('deleted since, it comes back in one place', async () => {
    await backUpInTheMiddle();
    removePhoto(a, photo);
    await fleet.sync(a, b);
    expect(places()).toEqual([]);
    await restore();
    expect(places()).toEqual(inOnePlace(zone));
    expect([zonesOf(a), zonesOf(b)]).toEqual([[{ zone }], [{ zone }]]);
  });
});

test('moved back since, it is where it was, although a computer that has not heard of that takes it away there first', async () => {
  await backUpInTheMiddle();
  await fleet.sync(b);
  move(a, 'library');
  await fleet.sync(a);
  expect(await fleet.server.restore(true)).toBe(true);
  fleet.interfere(({ url, device }) =>
    device === 'ana1' && url.includes('records/modify') ? new Response('', { status: 502 }) : undefined,
  );
  await fleet.sync(a, b);
  expect(places()).toEqual(inOnePlace(zone));
  fleet.interfere(undefined);
  for (let round = 0; round < 3; round += 1) {
    fleet.time.advance(600_000);
    await fleet.sync(a, b);
  }
  expect(places()).toEqual(inOnePlace('library'));
  expect([zonesOf(a), zonesOf(b)]).toEqual([[{ zone: 'library' }], [{ zone: 'library' }]]);
});
