import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSharingWorld, type Person, type SharingWorld } from '../helpers/sharingWorld.ts';

let world: SharingWorld;
let ana: Person;
/** Another computer of hers. */
let laptop: Person;
let ben: Person;
let shareID: string;

beforeEach(async () => {
  world = await createSharingWorld();
  ana = await world.person('Ana');
  ben = await world.person('Ben');
  laptop = await world.deviceOf(ana, 'laptop');
  const made = await ana.sharing.shares.create({
    title: 'Crete',
    what: { photoIDs: [ana.photo('first')], albumID: null },
    people: [],
    publicPreset: null,
    departureRule: 'STAY',
  });
  shareID = made.shareID;
  await ana.sync();
  await laptop.sync();
});
afterEach(async () => world.dispose());

const options = { preset: 'viewer' as const, expiresAt: null, maxUses: null, password: null, label: null };
const stored = (person: Person, share = shareID) => person.sharing.queries.detail(share).links;
const asked = () => world.requests.filter((request) => request.includes('/links/list ')).length;

/** Ben comes in by a link and becomes a manager. @returns the share as he has it */
async function benManages(): Promise<string> {
  const door = await ana.sharing.links.create(shareID, { ...options, label: 'Door', maxUses: 1 });
  const joined = await ben.sharing.invitations.accept(door.url, null);
  await ben.sync();
  await ana.sync();
  const him = ana.sharing.queries.participants(shareID).find(({ isOwner }) => !isOwner)?.id ?? '';
  await ana.sharing.participants.setRights(shareID, him, 'manager');
  await ben.sync();
  return joined.id;
}

describe('links that others make, use and revoke', () => {
  it('one made on another computer is seen, and revoked from here; the other computer sees that', async () => {
    const { link } = await ana.sharing.links.create(shareID, { ...options, label: 'Family' });
    await laptop.sync();
    expect(stored(laptop)).toEqual([]);
    await laptop.sharing.links.refresh(shareID);
    expect(stored(laptop)).toEqual([link]);
    expect(await laptop.sharing.links.revoke(shareID, link.id, false)).toMatchObject({ state: 'revoked' });
    await ana.sharing.links.refresh(shareID);
    expect(stored(ana)).toEqual([{ ...link, state: 'revoked' }]);
  });

  it('one made by a co-manager is seen by the owner, and hers by him, with how often they were used', async () => {
    const bens = await benManages();
    await ben.sharing.links.create(bens, { ...options, label: 'Back', expiresAt: world.now() + 60_000 });
    world.skip(120_000);
    await ana.sharing.links.refresh(shareID);
    await ben.sharing.links.refresh(bens);
    const all = [
      { label: 'Back', uses: 0, state: 'expired' },
      { label: 'Door', uses: 1, state: 'usedUp' },
    ];
    expect(stored(ana)).toMatchObject(all);
    expect(stored(ben, bens)).toMatchObject(all);
  });

  it('come in the order they were made in, newest first', async () => {
    for (const label of ['one', 'two', 'three']) {
      await ana.sharing.links.create(shareID, { ...options, label });
      world.skip(1_000);
    }
    await laptop.sharing.links.refresh(shareID);
    expect(stored(laptop).map(({ label }) => label)).toEqual(['three', 'two', 'one']);
  });

  it('nobody who may not manage asks for them', async () => {
    const { url } = await ana.sharing.links.create(shareID, options);
    const joined = await ben.sharing.invitations.accept(url, null);
    await ben.sync();
    await ben.sharing.links.refresh(joined.id);
    expect(asked()).toBe(0);
    expect(stored(ben, joined.id)).toEqual([]);
  });

  it('offline they are as they were last seen', async () => {
    const { link } = await ana.sharing.links.create(shareID, options);
    world.offline = true;
    await ana.sharing.links.refresh(shareID);
    expect(stored(ana)).toEqual([link]);
  });

  it('an answer without news is not written: whoever hears of a change asks again', async () => {
    await ana.sharing.links.create(shareID, options);
    await ana.sharing.links.refresh(shareID);
    const heard: unknown[] = [];
    const listening = ana.store.didChange.subscribe((change) => heard.push(change));
    await ana.sharing.links.refresh(shareID);
    expect(asked()).toBe(2);
    expect(heard).toEqual([]);
    listening.dispose();
  });

  it('an answer that was under way while one was revoked does not bring it back', async () => {
    const { link } = await ana.sharing.links.create(shareID, options);
    const { extension } = ana.cloud;
    const [sent, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    ana.cloud.extension = async (path, body) => {
      const answer = await extension(path, body);
      if (path !== 'links/list') return answer;
      sent.resolve();
      await released.promise;
      return answer;
    };
    const reading = ana.sharing.links.refresh(shareID);
    await sent.promise;
    await ana.sharing.links.revoke(shareID, link.id, false);
    released.resolve();
    await reading;
    expect(stored(ana)).toMatchObject([{ state: 'revoked' }]);
    ana.cloud.extension = extension;
    await ana.sharing.links.refresh(shareID);
    expect(stored(ana)).toMatchObject([{ state: 'revoked' }]);
  });
});
