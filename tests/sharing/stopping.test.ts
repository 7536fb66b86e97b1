import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../shared/errors.ts';
import { createSharingWorld, type Person, type SharingWorld } from '../helpers/sharingWorld.ts';

let world: SharingWorld;
let ana: Person;

beforeEach(async () => {
  world = await createSharingWorld();
  ana = await world.person('Ana');
});
afterEach(async () => world.dispose());

async function create(...photoIDs: string[]): Promise<string> {
  const { shareID } = await ana.sharing.shares.create({
    title: 'Crete',
    what: { photoIDs, albumID: null },
    people: [],
    publicPreset: null,
    departureRule: 'STAY',
  });
  return shareID;
}
async function share(...photoIDs: string[]): Promise<string> {
  const shareID = await create(...photoIDs);
  await ana.sync();
  return shareID;
}

const everything = { keep: 'everything', graceDays: 0 } as const;
const zonesOnTheServer = async () => (await ana.cloud.listZones('private')).zones.map(({ zoneID }) => zoneID.zoneName);

describe('stopping to share', () => {
  it('brings home what another computer adds in the very moment in which the share is deleted', async () => {
    const anas = await share(ana.photo('first'));
    const laptop = await world.deviceOf(ana, 'laptop');
    await laptop.sync();
    const { modifyZones } = laptop.cloud;
    let deletions = 0;
    laptop.cloud.modifyZones = async (operationType, zones) => {
      deletions += operationType === 'delete' ? 1 : 0;
      if (operationType === 'delete' && deletions === 1) {
        ana.photo('late', { zone: anas });
        await ana.sync();
        expect(ana.rows('SELECT 1 FROM sync_pending')).toEqual([]);
      }
      return modifyZones(operationType, zones);
    };
    await laptop.sharing.shares.stop(anas, { keep: 'everything', graceDays: 0 });
    expect(deletions).toBe(2);
    await laptop.sync();
    await ana.sync();
    expect(laptop.titles('library')).toEqual(['first', 'late']);
    expect(ana.titles('library')).toEqual(['first', 'late']);
    const { zones } = await ana.cloud.listZones('private');
    expect(zones.map(({ zoneID }) => zoneID.zoneName)).not.toContain(anas);
  });

  it('stays gone, with what was in it, although a new computer had begun to read it and had no token yet', async () => {
    const anas = await share(ana.photo('first'));
    ana.photo('second');
    await ana.sync();
    const asked = world.requests.length;
    const readBy = () => world.requests.slice(asked).filter((request) => request.includes('private/changes/zone'));
    const online = Object.getOwnPropertyDescriptor(world, 'offline') ?? {};
    // The line breaks when the laptop has read the first of the two zones.
    Object.defineProperty(world, 'offline', { configurable: true, get: () => readBy().length > 0 });
    const laptop = await world.deviceOf(ana, 'laptop');
    await expect.poll(() => laptop.engine.status.phase).toBe('waiting');
    laptop.engine.pause();
    expect(readBy()).toEqual([expect.stringContaining(anas)]);
    Object.defineProperty(world, 'offline', online);
    await ana.cloud.modifyZones('delete', [{ zoneName: anas, ownerRecordName: ana.userName }]);
    await ana.sync();
    // The laptop's first token will stand for a time behind the deletion.
    ana.photo('third');
    await ana.sync();
    laptop.engine.resume();
    await laptop.sync();
    await ana.sync();
    expect(await zonesOnTheServer()).not.toContain(anas);
    expect([ana.titles(anas), laptop.titles(anas)]).toEqual([[], []]);
    expect(laptop.titles('library')).toEqual(['second', 'third']);
  });

  it('goes on after the server could not be reached, and is shown until all is home', async () => {
    const anas = await share(ana.photo('first'));
    const { modifyZones } = ana.cloud;
    let isCut = true;
    ana.cloud.modifyZones = (operationType, zones) =>
      operationType === 'delete' && isCut
        ? Promise.reject(new AppError('offline', 'No answer.'))
        : modifyZones(operationType, zones);
    await expect(ana.sharing.shares.stop(anas, everything)).rejects.toMatchObject({ code: 'offline' });
    await ana.sync();
    expect(ana.errors.splice(0)).toMatchObject([{ code: 'offline' }]);
    expect(ana.sharing.queries.list()).toMatchObject([{ title: 'Crete', state: 'stopping' }]);
    expect(await zonesOnTheServer()).toContain(anas);

    isCut = false;
    await ana.sync();
    expect(ana.sharing.queries.list()).toEqual([]);
    expect(ana.titles('library')).toEqual(['first']);
    expect(ana.rows('SELECT 1 FROM share_task')).toEqual([]);
    expect(await zonesOnTheServer()).not.toContain(anas);
  });

  it('ends also when the zone is read for the first time after it has become empty', async () => {
    const photo = ana.photo('first');
    ana.engine.pause();
    const shareID = await create(photo);
    const stopping = ana.sharing.shares.stop(shareID, everything);
    ana.engine.resume();
    await stopping;
    expect(ana.sharing.queries.list()).toEqual([]);
    expect(await zonesOnTheServer()).not.toContain(shareID);
  });
});
