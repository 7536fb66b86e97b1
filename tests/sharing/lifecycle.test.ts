import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../shared/errors.ts';
import type { PhotoID } from '../../shared/ids.ts';
import { joinedShare, type JoinedShareOptions } from '../helpers/joinedShare.ts';
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

const photosOf = (...ids: string[]) => ({ photoIDs: ids, albumID: null });

const share = (
  photoIDs: string[],
  preset: JoinedShareOptions['preset'] = 'viewer',
  departureRule: 'STAY' | 'GO' = 'STAY',
) => joinedShare(ana, ben, { photoIDs, preset, departureRule });

describe('sharing between two people', () => {
  it('a shared photo leaves the library for the share, and the invited person sees it with its tags', async () => {
    const photo = ana.photo('sunset', { tags: ['Beach'] });
    ana.photo('private');
    const { anas, bens } = await share([photo]);
    expect(ana.titles('library')).toEqual(['private']);
    expect(ana.titles(anas)).toEqual(['sunset']);
    expect(ben.titles(bens)).toEqual(['sunset']);
    expect(ben.rows('SELECT name FROM tag WHERE zone_id = ?', bens)).toEqual([{ name: 'Beach' }]);
    expect(ben.rows('SELECT id FROM photo')).toEqual([{ id: photo }]);
    expect(ben.rows(`SELECT created_by FROM photo`)).toEqual([{ created_by: ana.userName }]);
  });

  it('an invitation is listed with title, owner, rights and rule before anything is accepted', async () => {
    const photos = [ana.photo('one'), ana.photo('two')];
    await ana.sharing.shares.create({
      title: 'Crete',
      what: photosOf(...photos),
      people: [{ email: ben.email, preset: 'editor' }],
      publicPreset: null,
      departureRule: 'GO',
    });
    await ben.sync();
    expect(ben.sharing.invitations.list()).toMatchObject([
      {
        title: 'Crete',
        photos: 2,
        preset: 'editor',
        rights: ['ADD', 'EDIT'],
        departureRule: 'GO',
        owner: { name: 'Ana' },
      },
    ]);
    expect(ben.rows('SELECT 1 FROM photo')).toEqual([]);
    expect(ben.notifications).toEqual(['Ana invites you: To “Crete”.']);
  });

  it('declining tells the owner and leaves nothing', async () => {
    await ana.sharing.shares.create({
      title: 'Crete',
      what: photosOf(ana.photo('one')),
      people: [{ email: ben.email, preset: 'viewer' }],
      publicPreset: null,
      departureRule: 'STAY',
    });
    await ben.sync();
    await ben.sharing.invitations.decline(ben.sharing.invitations.list()[0]?.shortGUID ?? '');
    await ben.sync();
    await ana.sync();
    expect(ben.sharing.invitations.list()).toEqual([]);
    const [share] = ana.sharing.queries.list();
    expect(ana.sharing.queries.participants(share?.id ?? '').map(({ state }) => state)).toEqual([
      'accepted',
      'declined',
    ]);
    expect(ana.sharing.activity.list({ shareID: null, before: null, limit: 10 }).map(({ text }) => text)).toContain(
      'ben@example.org declined Crete',
    );
  });

  it('a photo added later arrives, is news, and is counted until it was looked at', async () => {
    const { anas, bens } = await share([ana.photo('first')]);
    expect(ben.sharing.activity.list({ shareID: null, before: null, limit: 10 })).toEqual([]);
    await ana.sharing.shares.addTo(anas, photosOf(ana.photo('second'), ana.photo('third')));
    await ana.sync();
    await ben.sync();
    expect(ben.titles(bens)).toEqual(['first', 'second', 'third']);
    expect(ben.sharing.activity.list({ shareID: null, before: null, limit: 10 })[0]).toMatchObject({
      text: 'Ana added 2 photos to Crete',
      actor: 'Ana',
      seen: false,
    });
    expect(ben.sharing.queries.get(bens).unseen).toBe(2);
    expect(ben.notifications).toContain('Crete: Ana added 2 photos to Crete.');
    ben.sharing.shares.markSeen(bens);
    expect(ben.sharing.queries.get(bens).unseen).toBe(0);
  });

  it('a contributor adds a copy and keeps the original; the owner sees who added it', async () => {
    const { anas, bens } = await share([ana.photo('first')], 'contributor');
    const bens1 = ben.photo('from ben');
    const outcome = await ben.sharing.shares.addTo(bens, photosOf(bens1));
    expect(outcome).toMatchObject({ moved: 0, copied: 1 });
    await ben.sync();
    await ana.sync();
    expect(ben.titles('library')).toEqual(['from ben']);
    expect(ana.rows('SELECT title, created_by, copied_from FROM photo WHERE created_by IS NOT NULL')).toEqual([
      { title: 'from ben', created_by: ben.userName, copied_from: bens1 },
    ]);
    expect(ana.titles(anas)).toEqual(['first', 'from ben']);
  });

  it('a viewer is refused by the app, by the store, and by the server, each with the reason', async () => {
    const photo = ana.photo('first');
    const { bens } = await share([photo]);
    await expect(ben.sharing.shares.addTo(bens, photosOf(ben.photo('mine')))).rejects.toMatchObject({
      code: 'permissionFailure',
      message: 'Ana can let you add photos.',
    });
    expect(() =>
      ben.store.transaction('app', (connection) =>
        connection.statement<[string]>(`UPDATE photo SET title = 'mine now' WHERE id = ?`).run(photo),
      ),
    ).toThrow(expect.objectContaining({ code: 'permissionFailure' }));
    const zone = ben.sharing.queries.zone(bens);
    const [item] = await ben.cloud.modifyRecords('shared', { zoneName: zone.name, ownerRecordName: zone.owner }, [
      {
        operationType: 'forceUpdate',
        record: { recordName: photo, recordType: 'Photo', fields: { title: { value: 'x', type: 'STRING' } } },
      },
    ]);
    expect(item).toMatchObject({ serverErrorCode: 'ACCESS_DENIED', neededRight: 'EDIT' });
  });

  it('rights that shrink while edits wait: the edit is taken back, kept, and can be copied into the library', async () => {
    const photo = ana.photo('first');
    const { anas, bens } = await share([photo], 'editor');
    const participant = ana.sharing.queries.participants(anas).find(({ isOwner }) => !isOwner);
    world.offline = true;
    ben.store.transaction('app', (connection) =>
      connection
        .statement<[string, string]>('UPDATE photo SET caption = ?, modified_by = NULL WHERE id = ?')
        .run('from the train', photo),
    );
    world.offline = false;
    await ana.sharing.participants.setRights(anas, participant?.id ?? '', 'viewer');
    await ben.sync();
    expect(ben.rows('SELECT caption FROM photo WHERE id = ?', photo)).toEqual([{ caption: null }]);
    const [refused] = ben.sharing.notAccepted.list();
    expect(refused).toMatchObject({ what: 'Caption of first.jpg', mayCopy: true, shareTitle: 'Crete' });
    expect(refused?.reason).toContain('Ana can let you edit');
    const copy: PhotoID = await ben.sharing.notAccepted.copy(refused?.id ?? '');
    expect(ben.rows('SELECT zone_id, caption FROM photo WHERE id = ?', copy)).toEqual([
      { zone_id: 'library', caption: 'from the train' },
    ]);
    expect(ben.sharing.notAccepted.list()).toEqual([]);
    expect(bens).toBe(ben.sharing.queries.list()[0]?.id);
  });

  it('removing somebody takes effect on their next request and everything of the share goes from their computer', async () => {
    const { anas, bens } = await share([ana.photo('first')]);
    const participant = ana.sharing.queries.participants(anas).find(({ isOwner }) => !isOwner);
    await ana.sharing.participants.remove(anas, participant?.id ?? '', false);
    const zone = ben.sharing.queries.zone(bens);
    const [answer] = await ben.cloud
      .lookupRecords('shared', { zoneName: zone.name, ownerRecordName: zone.owner }, ['x'])
      .catch((error: unknown) => [error]);
    expect(JSON.stringify(answer instanceof Error ? { ...answer } : answer)).toContain('ZONE_NOT_FOUND');
    await ben.sync();
    expect(ben.sharing.queries.list()).toEqual([]);
    expect(ben.rows('SELECT 1 FROM photo')).toEqual([]);
    expect(ben.sharing.activity.list({ shareID: null, before: null, limit: 5 })[0]?.text).toBe(
      'Ana stopped sharing with you',
    );
    await ana.sync();
    expect(ana.sharing.queries.participants(anas).map(({ state }) => state)).toEqual(['accepted', 'removed']);
    expect(ana.sharing.activity.list({ shareID: anas, before: null, limit: 20 }).map(({ text }) => text)).toContain(
      'You removed Ben from Crete',
    );
  });

  it('a photo of somebody who is removed is never lost: what they alone had comes home', async () => {
    const { anas, bens } = await share([ana.photo('first')], 'contributor');
    const only = ben.photo('only here', { zone: bens });
    await ben.sync();
    await ana.sync();
    expect(ana.titles(anas)).toEqual(['first', 'only here']);
    const participant = ana.sharing.queries.participants(anas).find(({ isOwner }) => !isOwner);
    await ana.sharing.participants.remove(anas, participant?.id ?? '', false);
    await ben.sync();
    expect(ben.titles('library')).toEqual(['only here']);
    expect(ben.rows('SELECT copied_from FROM photo')).toEqual([{ copied_from: only }]);
  });

  it('a rescue that fails half way is done again before anything of the ended share goes', async () => {
    const { anas, bens } = await share([ana.photo('first')], 'contributor');
    ben.photo('only here', { zone: bens });
    await ben.sync();
    await ana.sync();
    const participant = ana.sharing.queries.participants(anas).find(({ isOwner }) => !isOwner);
    await ana.sharing.participants.remove(anas, participant?.id ?? '', false);
    ben.store.connection.raw.exec(
      `CREATE TEMP TRIGGER no_room BEFORE INSERT ON photo BEGIN SELECT RAISE(ABORT, 'no room'); END`,
    );
    await ben.sync();
    expect(ben.errors.splice(0)).not.toEqual([]);
    // The engine tries again by itself after a pause; here it is told to.
    ben.engine.resume();
    await ben.engine.settled();
    expect(ben.errors.splice(0)).not.toEqual([]);
    expect(ben.titles(bens)).toContain('only here');
    ben.store.connection.raw.exec('DROP TRIGGER no_room');
    ben.engine.resume();
    await ben.sync();
    expect(ben.titles('library')).toEqual(['only here']);
    expect(ben.titles(bens)).toEqual([]);
  });

  it('what another of my computers rescued and I threw away since does not stop the rescue of the rest', async () => {
    const { anas, bens } = await share([ana.photo('first')], 'contributor');
    ben.photo('one', { zone: bens });
    ben.photo('two', { zone: bens });
    await ben.sync();
    const laptop = await world.deviceOf(ben, 'laptop');
    await laptop.sync();
    await ana.sync();
    const participant = ana.sharing.queries.participants(anas).find(({ isOwner }) => !isOwner);
    await ana.sharing.participants.remove(anas, participant?.id ?? '', false);
    await ben.sync();
    expect(ben.titles('library')).toEqual(['one', 'two']);
    ben.store.transaction('app', (connection) =>
      connection
        .statement<[number]>(`UPDATE photo SET trashed_at = ? WHERE title = 'one' AND zone_id = 'library'`)
        .run(world.now()),
    );
    await ben.sync();
    await laptop.sync();
    await ben.sync();
    expect(laptop.titles('library')).toEqual(['two']);
    expect(laptop.rows('SELECT title FROM photo ORDER BY title')).toEqual([{ title: 'one' }, { title: 'two' }]);
    expect(ben.titles('library')).toEqual(['two']);
  });

  it.each(['leaves', 'is left'] as const)(
    'a photo of mine that the owner threw away is mine again when the one who added it %s',
    async (end) => {
      const { anas, bens } = await share([ana.photo('first')], 'contributor');
      ben.photo('thrown away by Ana', { zone: bens });
      const mine = ben.photo('thrown away by Ben', { zone: bens });
      await ben.sync();
      await ana.sync();
      const trash = (person: Person, title: string) =>
        person.store.transaction('app', (connection) =>
          connection
            .statement<[number, string]>('UPDATE photo SET trashed_at = ?, trashed_by = NULL WHERE title = ?')
            .run(world.now(), title),
        );
      trash(ana, 'thrown away by Ana');
      await ana.sync();
      await ben.sync();
      trash(ben, 'thrown away by Ben');
      await ben.sync();
      if (end === 'leaves') await ben.sharing.shares.leave(bens, 'mine');
      else {
        await ana.sharing.shares.stop(anas, { keep: 'mine', graceDays: 0 });
        await ben.sync();
      }
      expect(ben.titles('library')).toEqual(['thrown away by Ana']);
      expect(ben.rows('SELECT copied_from FROM photo WHERE trashed_at IS NOT NULL')).toEqual(
        end === 'leaves' ? [] : [{ copied_from: mine }],
      );
    },
  );

  it('Remove Me with copies of what I added: the copies are in my library, the share is gone, the owner is told', async () => {
    const { anas, bens } = await share([ana.photo('first')], 'contributor');
    ben.photo('added directly', { zone: bens });
    await ben.sync();
    const { copied } = await ben.sharing.shares.leave(bens, 'mine');
    expect(copied).toBe(1);
    expect(ben.titles('library')).toEqual(['added directly']);
    expect(ben.sharing.queries.list()).toEqual([]);
    await ana.sync();
    expect(ana.titles(anas)).toEqual(['added directly', 'first']);
    expect(ana.sharing.queries.participants(anas).map(({ state }) => state)).toEqual(['accepted', 'left']);
  });

  it('with the departure rule GO what I added goes with me', async () => {
    const { anas, bens } = await share([ana.photo('first')], 'contributor', 'GO');
    ben.photo('added directly', { zone: bens });
    await ben.sync();
    await ana.sync();
    expect(ana.titles(anas)).toEqual(['added directly', 'first']);
    await ben.sharing.shares.leave(bens, 'mine');
    await ana.sync();
    expect(ana.titles(anas)).toEqual(['first']);
    expect(ben.titles('library')).toEqual(['added directly']);
  });

  it('Remove Me with copies of everything keeps what I may view', async () => {
    const { bens } = await share([ana.photo('first'), ana.photo('second')]);
    await ben.sharing.shares.leave(bens, 'everything');
    expect(ben.titles('library')).toEqual(['first', 'second']);
  });

  it('Stop Sharing at once: every photo is home with ids, tags and album, and the other person has nothing', async () => {
    const photos = [ana.photo('one', { tags: ['Beach'] }), ana.photo('two')];
    const album = ana.album('Holidays', photos);
    const { shareID } = await ana.sharing.shares.create({
      title: 'Crete',
      what: { photoIDs: [], albumID: album },
      people: [{ email: ben.email, preset: 'viewer' }],
      publicPreset: null,
      departureRule: 'STAY',
    });
    await ana.sync();
    await ben.sync();
    await ben.sharing.invitations.acceptInvitation(ben.sharing.invitations.list()[0]?.shortGUID ?? '');
    await ben.sync();
    expect(ben.rows('SELECT title FROM album')).toEqual([{ title: 'Holidays' }]);
    const hashes = ana.rows('SELECT id, sha256 FROM photo ORDER BY id');
    await ana.sharing.shares.stop(shareID, { keep: 'everything', graceDays: 0 });
    await ana.sync();
    await ben.sync();
    expect(ana.rows('SELECT id, sha256 FROM photo ORDER BY id')).toEqual(hashes);
    expect(ana.titles('library')).toEqual(['one', 'two']);
    expect(ana.rows(`SELECT zone_id FROM album`)).toEqual([{ zone_id: 'library' }]);
    expect(ana.rows(`SELECT DISTINCT zone_id FROM album_item`)).toEqual([{ zone_id: 'library' }]);
    expect(ana.rows(`SELECT tag.name, tag.zone_id FROM photo_tag JOIN tag ON tag.id = tag_id`)).toEqual([
      { name: 'Beach', zone_id: 'library' },
    ]);
    expect(ana.sharing.queries.list()).toEqual([]);
    expect(ana.rows(`SELECT id FROM zone WHERE kind = 'share'`)).toEqual([]);
    expect(ben.rows('SELECT 1 FROM photo')).toEqual([]);
    const { zones } = await ana.cloud.listZones('private');
    expect(zones.map(({ zoneID }) => zoneID.zoneName)).not.toContain(shareID);
  });

  it('Stop Sharing with a grace period: readable and copyable until then, nothing can be written, then it ends by itself', async () => {
    const { anas, bens } = await share([ana.photo('first')], 'editor');
    const { endsAt } = await ana.sharing.shares.stop(anas, { keep: 'everything', graceDays: 7 });
    expect(endsAt).toBeGreaterThan(world.now() + 6 * 86_400_000);
    await ben.sync();
    expect(ben.sharing.queries.get(bens)).toMatchObject({ state: 'ending', endsAt });
    expect(ben.titles(bens)).toEqual(['first']);
    expect(ben.notifications.at(-1)).toContain('Ana stopped sharing Crete; you can take copies');
    await expect(ben.sharing.shares.addTo(bens, photosOf(ben.photo('late')))).rejects.toMatchObject({
      code: 'permissionFailure',
    });
    const [id] = ben.rows<{ id: string }>('SELECT id FROM photo WHERE zone_id = ?', bens);
    await ben.sharing.shares.copyToLibrary([id?.id ?? '']);
    expect(ana.titles(anas)).toEqual(['first']);
    world.skip(8 * 86_400_000);
    await ben.sync().catch(() => undefined);
    // Each round looks once how far it has come.
    for (let round = 0; round < 4; round += 1) await ana.sync();
    expect(ana.titles('library')).toEqual(['first']);
    expect(ana.sharing.queries.list()).toEqual([]);
    expect(ben.titles('library')).toEqual(['first', 'late']);
  });

  it('stopping and keeping only mine leaves what others added to them', async () => {
    const { anas, bens } = await share([ana.photo('first')], 'contributor');
    ben.photo('from ben', { zone: bens });
    await ben.sync();
    await ana.sync();
    const outcome = await ana.sharing.shares.stop(anas, { keep: 'mine', graceDays: 0 });
    expect(outcome).toMatchObject({ kept: 1, left: 1 });
    await ana.sync();
    await ben.sync();
    expect(ana.rows('SELECT title FROM photo')).toEqual([{ title: 'first' }]);
    expect(ben.titles('library')).toEqual(['from ben']);
  });

  it('Stop Sharing brings home what was added last and had not arrived here yet', async () => {
    const { anas, bens } = await share([ana.photo('first')], 'contributor');
    const laptop = await world.deviceOf(ana, 'laptop');
    await laptop.sync();
    ben.photo('from ben', { zone: bens });
    await ben.sync();
    ana.photo('from the desktop', { zone: anas });
    await ana.sync();
    expect(laptop.titles(anas)).toEqual(['first']);
    await laptop.sharing.shares.stop(anas, { keep: 'everything', graceDays: 0 });
    await laptop.sync();
    await ana.sync();
    expect(laptop.titles('library')).toEqual(['first', 'from ben', 'from the desktop']);
    expect(ana.titles('library')).toEqual(['first', 'from ben', 'from the desktop']);
  });

  it('a photo that is in one share and added to another becomes a copy, and the plan says so first', async () => {
    const photo = ana.photo('first');
    const { anas } = await share([photo]);
    const plan = ana.sharing.shares.plan(photosOf(photo, ana.photo('new')), null);
    expect(plan).toMatchObject({ photos: 1, copies: 1, already: 0 });
    const { shareID } = await ana.sharing.shares.create({
      title: 'Best of',
      what: photosOf(photo),
      people: [],
      publicPreset: null,
      departureRule: 'STAY',
    });
    expect(ana.titles(anas)).toEqual(['first']);
    expect(ana.rows('SELECT copied_from FROM photo WHERE zone_id = ?', shareID)).toEqual([{ copied_from: photo }]);
  });

  it('offline, sharing is refused in words and nothing is changed; editing goes on', async () => {
    const photo = ana.photo('first');
    world.offline = true;
    await expect(
      ana.sharing.shares.create({
        title: 'Crete',
        what: photosOf(photo),
        people: [],
        publicPreset: null,
        departureRule: 'STAY',
      }),
    ).rejects.toMatchObject({ code: 'offline', message: expect.stringContaining('Nothing was changed') as string });
    expect(ana.titles('library')).toEqual(['first']);
    expect(ana.sharing.queries.list()).toEqual([]);
    world.offline = false;
  });

  const unreadable = (status: number) =>
    new AppError('serviceUnavailable', `The server's answer (HTTP ${status}) could not be read.`, { status });
  it.each([
    ['the first answers of the server get lost', new AppError('offline', 'No answer.')],
    ['the first answers took too long', new AppError('timedOut', 'No answer in time.')],
    ['a proxy answers for the server first', unreadable(502)],
  ])('a share is made once, and whole, when %s', async (_what, failure) => {
    const photo = ana.photo('first');
    const { modifyZones, modifyRecords } = ana.cloud;
    const lost = { zones: 1, records: 2 };
    ana.cloud.modifyZones = async (...args) => {
      const answer = await modifyZones(...args);
      if (lost.zones-- > 0) throw failure;
      return answer;
    };
    ana.cloud.modifyRecords = async (...args) => {
      const answer = await modifyRecords(...args);
      if (lost.records-- > 0) throw failure;
      return answer;
    };
    const { anas } = await share([photo]);
    await ana.sync();
    expect(ana.titles(anas)).toEqual(['first']);
    expect(ana.sharing.queries.list().map(({ id }) => id)).toEqual([anas]);
    expect(lost.records).toBeLessThan(0);
  });

  it('a share that somebody before the server forbids is not asked for again', async () => {
    const photo = ana.photo('first');
    let asked = 0;
    ana.cloud.modifyRecords = () => {
      asked += 1;
      return Promise.reject(unreadable(403));
    };
    await expect(share([photo])).rejects.toMatchObject({ code: 'serviceUnavailable' });
    expect(asked).toBe(1);
  });

  it('nobody is told that nothing was changed when the server falls silent while a share is made', async () => {
    const photo = ana.photo('first');
    const { modifyZones } = ana.cloud;
    ana.cloud.modifyZones = async (...args) => {
      await modifyZones(...args);
      throw new AppError('offline', 'No answer.');
    };
    await expect(share([photo])).rejects.toMatchObject({
      code: 'offline',
      message: expect.stringMatching(/^(?!.*Nothing was changed).*Your photos are where they were/u) as string,
    });
    expect(ana.titles('library')).toEqual(['first']);
  });

  it('every device of the owner sees the share and its photos once', async () => {
    const { anas } = await share([ana.photo('first'), ana.photo('second')]);
    const laptop = await world.deviceOf(ana, 'laptop');
    await laptop.sync();
    expect(laptop.titles(anas)).toEqual(['first', 'second']);
    expect(laptop.sharing.queries.list()).toMatchObject([{ id: anas, title: 'Crete', mine: true, people: 2 }]);
    await ana.sharing.shares.stop(anas, { keep: 'everything', graceDays: 0 });
    await laptop.sync();
    expect(laptop.titles('library')).toEqual(['first', 'second']);
    expect(laptop.sharing.queries.list()).toEqual([]);
    expect(laptop.errors).toEqual([]);
  });
});
