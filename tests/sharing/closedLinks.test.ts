import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../shared/errors.ts';
import { createSharingWorld, type Person, type SharingWorld } from '../helpers/sharingWorld.ts';

let world: SharingWorld;
let ana: Person;
let carol: Person;
let shareID: string;

beforeEach(async () => {
  world = await createSharingWorld();
  ana = await world.person('Ana');
  carol = await world.person('Carol');
  const made = await ana.sharing.shares.create({
    title: 'Crete',
    what: { photoIDs: [ana.photo('first')], albumID: null },
    people: [],
    publicPreset: null,
    departureRule: 'STAY',
  });
  shareID = made.shareID;
  await ana.sync();
});
afterEach(async () => world.dispose());

const options = { preset: 'viewer' as const, expiresAt: null, maxUses: null, password: null, label: null };
const participantOf = (person: Person): string =>
  ana.sharing.queries.participants(shareID).find((one) => one.person.userName === person.userName)?.id ?? '';
const linkStates = async (): Promise<Record<string, string>> =>
  Object.fromEntries((await ana.sharing.links.list(shareID)).map(({ id, state }) => [id, state]));

/** Carol comes in by a link, becomes a manager, and makes links of her own. */
async function carolManages() {
  const door = await ana.sharing.links.create(shareID, options);
  const joined = await carol.sharing.invitations.accept(door.url, null);
  await carol.sync();
  await ana.sync();
  await ana.sharing.participants.setRights(shareID, participantOf(carol), 'manager');
  await carol.sync();
  const backDoor = await carol.sharing.links.create(joined.id, { ...options, preset: 'editor' });
  const ended = await carol.sharing.links.create(joined.id, { ...options, expiresAt: world.now() + 60_000 });
  world.skip(120_000);
  const anas = await ana.sharing.links.create(shareID, options);
  await ana.sync();
  return { door, backDoor, ended, anas, joined };
}

describe('links of somebody who is removed', () => {
  it('a manager who is removed with the links they knew is not let in by a link they made', async () => {
    const { door, backDoor, ended, anas } = await carolManages();
    await ana.sharing.participants.remove(shareID, participantOf(carol), true);
    await carol.sync();
    expect(await linkStates()).toEqual({
      [door.link.id]: 'revoked',
      [backDoor.link.id]: 'revoked',
      [ended.link.id]: 'revoked',
      [anas.link.id]: 'active',
    });
    await expect(carol.sharing.invitations.accept(backDoor.url, null)).rejects.toMatchObject({ code: 'notFound' });
    await carol.sync();
    expect(carol.sharing.queries.list()).toEqual([]);
    expect(carol.rows('SELECT 1 FROM photo')).toEqual([]);
  });

  it('a manager who is removed and may come back by the link they knew is not let in by one they made', async () => {
    const { door, backDoor } = await carolManages();
    await ana.sharing.participants.remove(shareID, participantOf(carol), false);
    await carol.sync();
    await expect(carol.sharing.invitations.accept(backDoor.url, null)).rejects.toMatchObject({ code: 'notFound' });
    expect(await linkStates()).toMatchObject({ [door.link.id]: 'active', [backDoor.link.id]: 'revoked' });
  });

  it('a connection that drops before the removal leaves no link open, and removing again goes on', async () => {
    const { door, backDoor, ended, anas } = await carolManages();
    const { modifyRecords } = ana.cloud;
    ana.cloud.modifyRecords = () => Promise.reject(new AppError('offline', 'No answer.'));
    await expect(ana.sharing.participants.remove(shareID, participantOf(carol), true)).rejects.toMatchObject({
      code: 'offline',
    });
    ana.cloud.modifyRecords = modifyRecords;
    const closed = { [door.link.id]: 'revoked', [backDoor.link.id]: 'revoked', [ended.link.id]: 'revoked' };
    expect(await linkStates()).toEqual({ ...closed, [anas.link.id]: 'active' });
    await ana.sharing.participants.remove(shareID, participantOf(carol), true);
    await carol.sync();
    expect(carol.sharing.queries.list()).toEqual([]);
    expect(await linkStates()).toEqual({ ...closed, [anas.link.id]: 'active' });
  });

  it('links that cannot be revoked leave the person in, so that the removal can be tried again', async () => {
    await carolManages();
    const { extension } = ana.cloud;
    ana.cloud.extension = (path, body) =>
      path === 'links/modify' ? Promise.reject(new AppError('offline', 'No answer.')) : extension(path, body);
    await expect(ana.sharing.participants.remove(shareID, participantOf(carol), true)).rejects.toMatchObject({
      code: 'offline',
    });
    ana.cloud.extension = extension;
    await ana.sync();
    expect(ana.sharing.queries.participants(shareID).map(({ state }) => state)).toEqual(['accepted', 'accepted']);
  });

  it('with very many links all that the person made are revoked', { timeout: 30_000 }, async () => {
    const { joined } = await carolManages();
    for (let made = 0; made < 55; made += 1) await carol.sharing.links.create(joined.id, options);
    const { modifyRecords } = ana.cloud;
    ana.cloud.modifyRecords = () => Promise.reject(new AppError('offline', 'No answer.'));
    await expect(ana.sharing.participants.remove(shareID, participantOf(carol), true)).rejects.toMatchObject({
      code: 'offline',
    });
    ana.cloud.modifyRecords = modifyRecords;
    expect(Object.values(await linkStates()).filter((state) => state !== 'revoked')).toEqual(['active']);
  });
});

describe('a link that was used up', () => {
  it('lets in who joined by it when the answer got lost, and says that they are in', async () => {
    const { url, link } = await ana.sharing.links.create(shareID, { ...options, maxUses: 1 });
    const { extension } = carol.cloud;
    carol.cloud.extension = async (path, body) => {
      await extension(path, body);
      throw new AppError('offline', 'No answer.');
    };
    await expect(carol.sharing.invitations.accept(url, null)).rejects.toMatchObject({ code: 'offline' });
    carol.cloud.extension = extension;
    expect(carol.sharing.queries.list()).toEqual([]);
    const joined = await carol.sharing.invitations.accept(url, null);
    expect(joined).toMatchObject({ title: 'Crete', preset: 'viewer' });
    await carol.sync();
    expect(carol.titles(joined.id)).toEqual(['first']);
    expect(await carol.sharing.invitations.resolve(url, { allowServer: false, password: null })).toEqual({
      outcome: 'member',
      shareID: joined.id,
    });
    expect((await ana.sharing.links.list(shareID)).find(({ id }) => id === link.id)).toMatchObject({
      uses: 1,
      state: 'usedUp',
    });
  });
});
