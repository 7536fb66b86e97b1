import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { joinedShare } from '../helpers/joinedShare.ts';
import { createSharingWorld, type Person, type SharingWorld } from '../helpers/sharingWorld.ts';

/* Adding to a share: what can never be done, and several at once. */

let world: SharingWorld;
let ana: Person;
let ben: Person;

beforeEach(async () => {
  world = await createSharingWorld();
  ana = await world.person('Ana');
  ben = await world.person('Ben');
});
afterEach(async () => world.dispose());

const photosOf = (...photoIDs: string[]) => ({ photoIDs, albumID: null });
const share = () => joinedShare(ana, ben, { photoIDs: [ana.photo('first')], preset: 'contributor' });
/** What a computer that was switched off in the middle finds when it starts again. */
const leaveTask = (person: Person, kind: 'move' | 'stop', zoneID: string, state: object) =>
  person.store.transaction('app', (connection) =>
    connection
      .statement<[string, string, string, string]>(
        'INSERT INTO share_task (id, kind, zone_id, state, created_at) VALUES (?, ?, ?, ?, 0)',
      )
      .run(`left-${kind}`, kind, zoneID, JSON.stringify(state)),
  );
const tasks = (person: Person) => person.rows('SELECT kind FROM share_task');

describe('adding to a share', () => {
  it('what cannot be shared is refused and leaves the share as it was', async () => {
    const { anas } = await share();
    const album = ana.album('Holidays', [ana.photo('x')]);
    await ana.sharing.shares.create({
      title: 'Other',
      what: { photoIDs: [], albumID: album },
      people: [],
      publicPreset: null,
      departureRule: 'STAY',
    });
    await ana.sync();
    await expect(ana.sharing.shares.addTo(anas, { photoIDs: [], albumID: album })).rejects.toMatchObject({
      code: 'invalidInput',
    });
    expect(tasks(ana)).toEqual([]);
    expect(ana.sharing.queries.get(anas)).toMatchObject({ state: 'active' });
    await ana.sync();
    expect(await ana.sharing.shares.addTo(anas, photosOf(ana.photo('second')))).toMatchObject({ moved: 1 });
  });

  it('a move that was cut short and can never be done any more is given up, and the person is told once', async () => {
    const { anas, bens } = await share();
    leaveTask(ben, 'move', bens, photosOf(ben.photo('mine')));
    const him = ana.sharing.queries.participants(anas).find(({ isOwner }) => !isOwner);
    await ana.sharing.participants.setRights(anas, him?.id ?? '', 'viewer');
    await ben.sync();
    await ben.sync();
    expect(tasks(ben)).toEqual([]);
    expect(ben.notifications.filter((text) => text.startsWith('Not everything'))).toEqual([
      'Not everything was added to “Crete”: Ana can let you add photos.',
    ]);
    expect(ben.errors).toEqual([]);
    expect(ben.sharing.queries.get(bens)).toMatchObject({ state: 'active' });
    expect(ben.titles('library')).toEqual(['mine']);
  });

  it('a second move into the share follows the first instead of being refused', async () => {
    const { anas } = await share();
    const many = Array.from({ length: 250 }, (_, index) => ana.photo(`p${index}`));
    const first = ana.sharing.shares.addTo(anas, photosOf(...many));
    expect(ana.sharing.queries.get(anas)).toMatchObject({ state: 'creating' });
    const second = ana.sharing.shares.addTo(anas, photosOf(ana.photo('late'), many[0] ?? ''));
    expect(await first).toMatchObject({ moved: 250 });
    expect(await second).toMatchObject({ moved: 1, already: 1 });
    expect(ana.titles(anas)).toContain('late');
    expect(ana.sharing.queries.get(anas)).toMatchObject({ state: 'active' });
  });

  it('an import meant for the share keeps its destination while another move into it runs', async () => {
    const { anas } = await share();
    const imported = ana.photo('imported');
    ana.store.transaction('app', ({ raw }) => {
      raw
        .prepare(
          `INSERT INTO import_session (id, kind, mode, state, source, roots, started_at, ended_at)
           VALUES ('session', 'import', 'copy', 'done', 'folder', '[]', 1, 2)`,
        )
        .run();
      raw
        .prepare(
          `INSERT INTO import_item (session_id, path, role, change, outcome, byte_size, modified_ns, photo_id)
           VALUES ('session', 'a.jpg', 'main', 'new', 'imported', 1, '1', ?)`,
        )
        .run(imported);
    });
    const many = Array.from({ length: 250 }, (_, index) => ana.photo(`p${index}`));
    const adding = ana.sharing.shares.addTo(anas, photosOf(...many));
    await ana.sharing.arrivals.expect('session', anas, null);
    await ana.sharing.arrivals.settle();
    await adding;
    expect(ana.notifications.join()).not.toContain('Imported into your library only');
    expect(ana.titles(anas)).toContain('imported');
  });

  it.each([
    ['is being stopped', 'stop'],
    ['is ending', 'grace'],
  ] as const)('a share that %s takes nothing more, and says so', async (words, how) => {
    const { anas } = await share();
    if (how === 'stop') leaveTask(ana, 'stop', anas, { keep: 'everything', endsAt: world.now() });
    else {
      const laptop = await world.deviceOf(ana, 'laptop');
      await laptop.sync();
      await laptop.sharing.shares.stop(anas, { keep: 'everything', graceDays: 7 });
      await ana.sync();
    }
    await expect(ana.sharing.shares.addTo(anas, photosOf(ana.photo('late')))).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(words) as string,
    });
  });

  it('a stop that waits is shown as such although an older move into the share was cut short', async () => {
    const { anas } = await share();
    leaveTask(ana, 'move', anas, photosOf(ana.photo('second')));
    leaveTask(ana, 'stop', anas, { keep: 'everything', endsAt: world.now() });
    expect(ana.sharing.queries.get(anas)).toMatchObject({ state: 'stopping' });
  });
});
