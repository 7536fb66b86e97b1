import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { joinedShare } from '../helpers/joinedShare.ts';
import { createSharingWorld, type Person, type SharingWorld } from '../helpers/sharingWorld.ts';

/* Which bytes on their way a stop waits for, and who waits for the stop. */

const day = 86_400_000;
let world: SharingWorld;
let ana: Person;
let ben: Person;

beforeEach(async () => {
  world = await createSharingWorld();
  ana = await world.person('Ana');
  ben = await world.person('Ben');
});
afterEach(async () => world.dispose());

const share = async (photoID: string): Promise<string> =>
  (await joinedShare(ana, ben, { photoIDs: [photoID], preset: 'viewer' })).anas;
/** The bytes of a photo wait to be sent, as they do while a first upload runs. Bytes do not travel in this world. */
const queueUpload = (photoID: string) =>
  ana.store.bookkeeping(() =>
    ana.store.connection
      .statement<[string]>(
        `INSERT INTO sync_asset (resource_id, zone_id, direction, rank, state)
         SELECT id, zone_id, 'upload', 3, 'queued' FROM resource WHERE photo_id = ?`,
      )
      .run(photoID),
  );
const finishUploads = () =>
  ana.store.bookkeeping(() => ana.store.connection.statement<[]>('DELETE FROM sync_asset').run());
/** As the sync engine does when the record of a resource that moved is accepted without bytes. */
const followMoves = () =>
  ana.store.bookkeeping(() =>
    ana.store.connection
      .statement<[]>(
        'UPDATE sync_asset SET zone_id = (SELECT zone_id FROM resource WHERE resource.id = sync_asset.resource_id)',
      )
      .run(),
  );
const zonesOnTheServer = async () => (await ana.cloud.listZones('private')).zones.map(({ zoneID }) => zoneID.zoneName);
async function sync(times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await ana.sync();
}

describe('bytes on their way while a share is stopped', () => {
  it('other uploads of the library hold nothing up', async () => {
    const shareID = await share(ana.photo('first'));
    const other = ana.photo('other');
    await ana.sync();
    queueUpload(other);
    expect(await ana.sharing.shares.stop(shareID, { keep: 'everything', graceDays: 0 })).toMatchObject({ ended: true });
    expect(ana.titles('library')).toEqual(['first', 'other']);
    expect(await zonesOnTheServer()).not.toContain(shareID);
  });

  it('bytes of what came home keep the zone until they are there, and no round waits for them', async () => {
    const photo = ana.photo('first');
    const shareID = await share(photo);
    await ana.sharing.shares.stop(shareID, { keep: 'everything', graceDays: 7 });
    world.skip(7 * day + 1);
    queueUpload(photo);
    await sync(4);
    followMoves();
    await sync(1);
    expect(ana.titles('library')).toEqual(['first']);
    expect(ana.sharing.queries.list()).toMatchObject([{ state: 'stopping' }]);
    expect(await zonesOnTheServer()).toContain(shareID);

    await ben.sharing.shares.create({
      title: 'From Ben',
      what: { photoIDs: [ben.photo('b')], albumID: null },
      people: [{ email: ana.email, preset: 'viewer' }],
      publicPreset: null,
      departureRule: 'STAY',
    });
    world.skip(2_000);
    await ana.sharing.afterSync();
    expect(ana.sharing.invitations.list()).toMatchObject([{ title: 'From Ben' }]);

    finishUploads();
    await sync(4);
    expect(ana.sharing.queries.list()).toEqual([]);
    expect(ana.sharing.tasks.running).toEqual([]);
    expect(await zonesOnTheServer()).not.toContain(shareID);
  });

  it('a stop that an earlier version began waits for every upload, since nobody knows what came home', async () => {
    const shareID = await share(ana.photo('first'));
    const other = ana.photo('other');
    await ana.sync();
    queueUpload(other);
    ana.store.transaction('app', (connection) =>
      connection
        .statement<[string, string]>(
          `INSERT INTO share_task (id, kind, zone_id, state, created_at) VALUES ('old', 'stop', ?, ?, 0)`,
        )
        .run(shareID, JSON.stringify({ keep: 'everything', endsAt: 0 })),
    );
    await sync(4);
    expect(ana.titles('library')).toEqual(['first', 'other']);
    expect(await zonesOnTheServer()).toContain(shareID);
    finishUploads();
    await sync(4);
    expect(await zonesOnTheServer()).not.toContain(shareID);
  });

  it('Stop Sharing says that it goes on when not all is home in time', async () => {
    const photo = ana.photo('first');
    const shareID = await share(photo);
    queueUpload(photo);
    const stopping = ana.sharing.shares.stop(shareID, { keep: 'everything', graceDays: 0 });
    await expect.poll(() => ana.sharing.tasks.running).toMatchObject([{ phase: 'finishing' }]);
    world.skip(6 * 60_000);
    expect(await stopping).toEqual({ kept: 1, left: 0, endsAt: null, ended: false });
    expect(ana.sharing.queries.get(shareID)).toMatchObject({ state: 'stopping' });
    finishUploads();
    await sync(4);
    expect(ana.sharing.queries.list()).toEqual([]);
  });
});
