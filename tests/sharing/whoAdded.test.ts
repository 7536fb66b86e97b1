import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cloudZoneOf } from '../../electron/core/sharing/shareServer.ts';
import type { CloudField, CloudItem, CloudOperation } from '../../electron/core/sync/cloudDatabase.ts';
import { joinedShare } from '../helpers/joinedShare.ts';
import { createSharingWorld, type Person, type SharingWorld } from '../helpers/sharingWorld.ts';

let world: SharingWorld;
let ana: Person;
let ben: Person;

beforeEach(async () => {
  world = await createSharingWorld();
  ana = await world.person('Ana');
  ben = await world.person('Ben');
});
afterEach(async () => world.dispose());

const onlyMine = { keep: 'mine', graceDays: 0 } as const;
const everything = { keep: 'everything', graceDays: 0 } as const;
const photosOf = (...photoIDs: string[]) => ({ photoIDs, albumID: null });
const text = (value: string | null): CloudField => ({ value, type: 'STRING' });

const share = (photoIDs: string[], preset: 'contributor' | 'editor') => joinedShare(ana, ben, { photoIDs, preset });

/** What Ben's own program could send, whatever the app does. */
async function send(share: string, operationType: 'create' | 'forceUpdate' | 'forceReplace', record: Wire) {
  const zone = cloudZoneOf(ben.sharing.queries.zone(share));
  const [item] = await ben.cloud.modifyRecords('shared', zone, [{ operationType, record }]);
  return item as CloudItem;
}
type Wire = CloudOperation['record'];

describe('who added a photo', () => {
  it.each([
    ['to themselves', { created_by: text('_ben') }, 'forceUpdate', 'ACCESS_DENIED'],
    ['to nobody', { created_by: text(null) }, 'forceUpdate', undefined],
    ['by leaving it out', {}, 'forceReplace', undefined],
  ] as const)('is not changed by a participant %s', async (_, fields, operationType, refused) => {
    const { anas, bens } = await share([ana.photo('of Ana')], 'editor');
    await ben.sharing.shares.addTo(bens, photosOf(ben.photo('of Ben')));
    await ben.sync();
    await ana.sync();
    const [photo] = ana.rows<{ id: string }>(`SELECT id FROM photo WHERE title = 'of Ana'`);
    const said = await ana.cloud.lookupRecords('private', { zoneName: anas }, [photo?.id ?? '']);
    expect(said[0]?.fields?.['created_by']?.value).toBe(ana.userName);
    const item = await send(bens, operationType, { recordName: photo?.id ?? '', recordType: 'Photo', fields });
    expect(item.serverErrorCode).toBe(refused);
    await ana.sync();
    expect(ana.rows('SELECT title, created_by FROM photo ORDER BY title')).toMatchObject([
      { title: 'of Ana', created_by: null },
      { title: 'of Ben', created_by: ben.userName },
    ]);
    await ana.sharing.shares.stop(anas, onlyMine);
    expect(ana.titles('library')).toEqual(['of Ana']);
  });

  it('stays as it was when a participant offers a restored server what somebody else had added', async () => {
    const { anas, bens } = await share([ana.photo('first')], 'contributor');
    const zone = cloudZoneOf(ben.sharing.queries.zone(bens));
    const [photo] = ben.rows<{ id: string }>('SELECT id FROM photo');
    const [record] = await ben.cloud.lookupRecords('shared', zone, [photo?.id ?? '']);
    await ana.cloud.modifyRecords('private', { zoneName: anas }, [
      { operationType: 'forceDelete', record: { recordName: photo?.id ?? '' } },
    ]);
    const fields = record?.fields as Wire['fields'];
    const again = await send(bens, 'create', { recordName: 'again', recordType: 'Photo', fields: fields ?? {} });
    expect(again.serverErrorCode).toBeUndefined();
    await ana.sync();
    expect(ana.rows(`SELECT title, created_by FROM photo WHERE id = 'again'`)).toEqual([
      { title: 'first', created_by: null },
    ]);
    const taken = await send(bens, 'forceUpdate', {
      recordName: 'again',
      recordType: 'Photo',
      fields: { created_by: text(ben.userName) },
    });
    expect(taken.serverErrorCode).toBe('ACCESS_DENIED');
  });

  it('is me once it has come into my library: shared again, it stays mine when I keep only what I added', async () => {
    const { anas, bens } = await share([ana.photo('first')], 'contributor');
    await ben.sharing.shares.addTo(bens, photosOf(ben.photo('from Ben')));
    await ben.sync();
    await ana.sync();
    await ana.sharing.shares.stop(anas, everything);
    await ana.sync();
    const laptop = await world.deviceOf(ana, 'laptop');
    await laptop.sync();
    const [photo] = ana.rows<{ id: string }>(`SELECT id FROM photo WHERE title = 'from Ben'`);
    const { shareID } = await ana.sharing.shares.create({
      title: 'Second',
      what: photosOf(photo?.id ?? ''),
      people: [],
      publicPreset: null,
      departureRule: 'STAY',
    });
    await ana.sync();
    await laptop.sync();
    await ana.sharing.shares.stop(shareID, onlyMine);
    await ana.sync();
    await laptop.sync();
    expect(ana.titles('library')).toEqual(['first', 'from Ben']);
    expect(laptop.titles('library')).toEqual(['first', 'from Ben']);
  });
});
