import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createQuietRunner, type Schedule } from '../../electron/core/library/quietRunner.ts';
import { daysOfUse } from '../../electron/core/library/trustedTime.ts';
import { createPhotoRows } from '../../electron/core/library/photoRows.ts';
import { createUpkeep } from '../../electron/core/library/upkeep.ts';
import { nearbyPlace } from '../../electron/core/library/nearbyPlace.ts';
import { noFacts } from '../../electron/core/media/facts.ts';
import { readMapClusters } from '../../electron/core/store/queries/mapClusters.ts';
import { openOrganiser, type Organiser } from '../helpers/organiser.ts';

let library: Organiser;
beforeEach(() => {
  library = openOrganiser();
});
afterEach(() => library.dispose());

/** Timers moved by hand. */
function handTimers() {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  const schedule: Schedule = (ms, run) => {
    const one = { at: now + ms, run };
    timers.push(one);
    return { dispose: () => void (timers = timers.filter((other) => other !== one)) };
  };
  return {
    schedule,
    clock: () => now,
    pass: (ms: number) => {
      now += ms;
      const due = timers.filter((one) => one.at <= now);
      timers = timers.filter((one) => one.at > now);
      for (const one of due) one.run();
    },
  };
}

describe('background work', () => {
  test('waits until calls pause, but not for ever', async () => {
    const hand = handTimers();
    let runs = 0;
    const runner = createQuietRunner({
      work: () => Promise.resolve(void (runs += 1)),
      reportError: () => undefined,
      schedule: hand.schedule,
      clock: hand.clock,
    });
    for (let call = 0; call < 10; call += 1) {
      runner.soon();
      hand.pass(100);
    }
    expect(runs).toBe(0);
    hand.pass(100);
    expect(runs).toBe(1);
    await runner.now();
    runs = 0;
    // An import that commits every 100 ms for ten seconds.
    for (let call = 0; call < 100; call += 1) {
      runner.soon();
      hand.pass(100);
      await Promise.resolve();
      await Promise.resolve();
    }
    expect(runs).toBeGreaterThanOrEqual(2);
    expect(runs).toBeLessThanOrEqual(4);
    await runner.dispose();
    runner.soon();
    hand.pass(10_000);
    expect(runs).toBeLessThanOrEqual(4);
  });

  test('one run at a time: a call during a run is served by one more', async () => {
    let running = 0;
    let runs = 0;
    const runner = createQuietRunner({
      work: async () => {
        running += 1;
        expect(running).toBe(1);
        await Promise.resolve();
        runs += 1;
        running -= 1;
      },
      reportError: (error) => {
        throw error;
      },
    });
    await Promise.all([runner.now(), runner.now(), runner.now()]);
    expect(runs).toBe(2);
    await runner.dispose();
  });

  test('a failure is reported and does not stop the next run', async () => {
    const errors: unknown[] = [];
    let runs = 0;
    const runner = createQuietRunner({
      work: () => {
        runs += 1;
        return runs === 1 ? Promise.reject(new Error('no')) : Promise.resolve();
      },
      reportError: (error) => errors.push(error),
    });
    await runner.now();
    await runner.now();
    expect([runs, errors.length]).toEqual([2, 1]);
  });
});

/** Upkeep of the library for these tests, and time that passes in it. */
function startUpkeep() {
  const upkeep = createUpkeep({
    store: library.store,
    trash: library.core.trash,
    now: () => library.clock,
    reportError: (error) => {
      throw error;
    },
  });
  // The library is open on as many days as it takes to believe the clock.
  const live = async (days: number): Promise<void> => {
    await upkeep.run();
    library.clock += days * 86_400_000;
    for (let use = 0; use < daysOfUse; use += 1) {
      library.clock += 86_400_000;
      await upkeep.run();
    }
  };
  return { upkeep, live };
}

/** Sync, which these libraries do not have, has read all there is. */
function passReaders(): void {
  library.store.transaction('maintenance', () => {
    for (const reader of ['export', 'tagDeduplication'] as const)
      library.store.history.moveReader(reader, 'private', 1e6);
  });
}

test('what a person has written stays when the file is read again, also when history has been let go since', async () => {
  const [one, other] = library.photos({ title: 'of the file' }, { title: 'of the file' });
  await library.core.facts.setText([one ?? ''], { title: 'Crete' });
  const { upkeep, live } = startUpkeep();
  passReaders();
  await library.core.searchIndex.idle();
  await live(100);
  library.photos({});
  await library.core.searchIndex.idle();
  await live(100);
  expect(library.rows('SELECT id FROM history_change WHERE row_id = ?', one ?? '')).toEqual([]);
  const rows = createPhotoRows(library.store.connection, () => 'a-new-id');
  library.store.transaction('ingest', () => {
    for (const id of [one, other])
      rows.setFacts(id ?? '', { ...noFacts, title: 'of the newer file', caption: 'new' }, 3, 0, library.clock);
  });
  expect(
    library.rows('SELECT title, caption FROM photo WHERE id IN (?, ?) ORDER BY title', one ?? '', other ?? ''),
  ).toEqual([
    { title: 'Crete', caption: 'new' },
    { title: 'of the newer file', caption: 'new' },
  ]);
  upkeep.dispose();
});

test('upkeep empties the trash after 30 days and lets history go after 90, once everybody has read it', async () => {
  const [one] = library.photos({});
  await library.core.trash.trash([one ?? '']);
  const { upkeep, live } = startUpkeep();
  await live(31);
  expect(library.rows('SELECT id FROM photo')).toEqual([]);
  const changes = () => library.rows('SELECT id FROM history_change').length;
  const before = changes();
  await live(91);
  expect(changes()).toBe(before);
  await library.core.searchIndex.idle();
  passReaders();
  await upkeep.run();
  expect(changes()).toBe(1);
  expect(library.core.undo.list(10).length).toBeLessThanOrEqual(1);
  upkeep.dispose();
});

describe('places', () => {
  test('a photo put on the map takes the names of the nearest photo, and none where none is near', async () => {
    const [near, far, lost] = library.photos({}, {}, {});
    library.photos(
      { latitude: 35.51, longitude: 24.02, place: 'Chania', region: 'Crete', country: 'Greece' },
      { latitude: 35.53, longitude: 24.05, place: 'Souda', region: 'Crete', country: 'Greece' },
    );
    await library.core.facts.setPlace([near ?? ''], { latitude: 35.512, longitude: 24.021 });
    await library.core.facts.setPlace([far ?? ''], { latitude: 10, longitude: 10 });
    expect(library.rows('SELECT place FROM photo WHERE id IN (?, ?) ORDER BY id', near ?? '', far ?? '')).toEqual([
      { place: 'Chania' },
      { place: null },
    ]);
    expect(library.core.undo.list(2).map((step) => step.label)).toEqual([
      'Placed 1 photo on the map',
      'Placed 1 photo in Chania',
    ]);
    expect(nearbyPlace(library.store.connection, 89.99, 0)).toBeNull();
    expect(lost).toBeDefined();
  });

  test('map clusters count every photo in the box once, over the date line too', () => {
    const ids = library.photos(
      { latitude: -18, longitude: 179.9 },
      { latitude: -18, longitude: -179.9 },
      { latitude: 50, longitude: 10 },
      { latitude: null },
    );
    const list = library.core.listOf({ source: { kind: 'library' }, scope: 'both', query: '' });
    const box = (west: number, east: number) =>
      readMapClusters(library.store.connection, list, { west, east, south: -90, north: 90, cells: 8 });
    expect(box(-180, 180).reduce((sum, one) => sum + one.count, 0)).toBe(3);
    expect(box(170, -170).map((one) => one.count)).toEqual([1, 1]);
    expect(box(0, 20)).toEqual([{ latitude: 50, longitude: 10, count: 1, photoID: ids[2] }]);
  });
});
