import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSharingWorld, type Person, type SharingWorld } from '../helpers/sharingWorld.ts';

let world: SharingWorld;
let ana: Person;
let ben: Person;
let shareID: string;

beforeEach(async () => {
  world = await createSharingWorld();
  ana = await world.person('Ana');
  ben = await world.person('Ben');
});
afterEach(async () => world.dispose());

async function invite(preset: 'editor' | 'manager'): Promise<void> {
  const made = await ana.sharing.shares.create({
    title: 'Crete',
    what: { photoIDs: [ana.photo('first')], albumID: null },
    people: [{ email: ben.email, preset }],
    publicPreset: null,
    departureRule: 'STAY',
  });
  shareID = made.shareID;
  await ana.sync();
  await ben.sync();
}
const bensEntry = (): string => ana.sharing.queries.participants(shareID).find(({ isOwner }) => !isOwner)?.id ?? '';

describe('an invitation that waits', () => {
  it('shows the terms the owner has changed since, stays where it was, and is announced once', async () => {
    await invite('editor');
    const [before] = ben.sharing.invitations.list();
    expect(before).toMatchObject({ title: 'Crete', preset: 'editor', departureRule: 'STAY', photos: 1 });
    await ana.sharing.participants.setRights(shareID, bensEntry(), 'viewer');
    await ana.sharing.shares.update(shareID, { title: 'Office', removePublicPeople: false, departureRule: 'GO' });
    world.skip(60_000);
    await ben.sync();
    expect(ben.sharing.invitations.list()).toEqual([
      { ...before, title: 'Office', preset: 'viewer', rights: [], departureRule: 'GO' },
    ]);
    expect(ben.notifications).toEqual(['Ana invites you: To “Crete”.']);
  });

  it('shows how many photos there are now', async () => {
    await invite('editor');
    await ana.sharing.shares.addTo(shareID, { photoIDs: [ana.photo('second')], albumID: null });
    await ana.sync();
    await ben.sync();
    expect(ben.sharing.invitations.list()).toMatchObject([{ photos: 2 }]);
  });

  it('is not written again while nothing about it changes', async () => {
    await invite('editor');
    const written = () => ben.rows('SELECT total_changes() AS rows');
    const before = written();
    await ben.sharing.invitations.refresh();
    expect(ben.sharing.invitations.list()).toHaveLength(1);
    expect(written()).toEqual(before);
  });
});

describe('what only managers see', () => {
  it('goes from the computer of somebody who manages no more', async () => {
    await invite('manager');
    const [invitation] = ben.sharing.invitations.list();
    const joined = await ben.sharing.invitations.acceptInvitation(invitation?.shortGUID ?? '');
    await ben.sync();
    const carol = await world.person('Carol');
    await carol.sharing.invitations.requestAccess(ana.sharing.queries.get(shareID).link ?? '', 'It is me');
    await ben.sharing.links.create(joined.id, {
      preset: 'viewer',
      expiresAt: null,
      maxUses: null,
      password: null,
      label: 'Family',
    });
    await ben.sync();
    await ana.sync();
    expect(ben.sharing.queries.detail(joined.id)).toMatchObject({
      accessRequests: [{ message: 'It is me' }],
      links: [{ label: 'Family' }],
    });
    await ana.sharing.participants.setRights(shareID, bensEntry(), 'editor');
    await ben.sync();
    expect(ben.sharing.queries.detail(joined.id)).toMatchObject({ mayManage: false, accessRequests: [], links: [] });
    expect(ben.sharing.activity.unseen().requests).toBe(0);
    expect(ben.rows('SELECT 1 FROM access_request UNION ALL SELECT 1 FROM share_link')).toEqual([]);
    // The owner still answers it.
    expect(ana.sharing.queries.detail(shareID).accessRequests).toMatchObject([{ message: 'It is me' }]);
  });
});
