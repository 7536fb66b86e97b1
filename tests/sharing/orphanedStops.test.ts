import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../shared/errors.ts';
import { joinedShare } from '../helpers/joinedShare.ts';
import { createSharingWorld, type Person, type SharingWorld } from '../helpers/sharingWorld.ts';

/* A stop that only one computer knows of, and that computer is lost or ends in the middle. */

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

const share = (...titles: string[]) =>
  joinedShare(ana, ben, { photoIDs: titles.map((title) => ana.photo(title)), preset: 'contributor' });
const zonesOnTheServer = async () => (await ana.cloud.listZones('private')).zones.map(({ zoneID }) => zoneID.zoneName);
const tasks = (person: Person) => person.rows('SELECT kind FROM share_task');
async function sync(person: Person, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await person.sync();
}

/** Lets the server take changes of this computer that say something, and the answer is lost. */
function loseAnswerTo(person: Person, text: string): void {
  const { modifyRecords } = person.cloud;
  let isLost = false;
  person.cloud.modifyRecords = async (...args) => {
    const answer = await modifyRecords(...args);
    if (isLost || !JSON.stringify(args).includes(text)) return answer;
    isLost = true;
    throw new AppError('offline', 'No answer.');
  };
}

describe('the grace period', () => {
  it('is written down when the answer to its announcement is lost, and all comes home in the end', async () => {
    const { anas, bens } = await share('first');
    loseAnswerTo(ana, 'endsAt');
    await expect(ana.sharing.shares.stop(anas, { keep: 'everything', graceDays: 7 })).rejects.toMatchObject({
      code: 'offline',
      message: expect.stringMatching(/^(?!.*Nothing was changed).*is being stopped all the same/) as string,
    });
    await ana.sync();
    await ben.sync();
    expect(ana.sharing.queries.get(anas)).toMatchObject({ state: 'stopping' });
    expect(ben.sharing.queries.get(bens)).toMatchObject({ state: 'ending' });
    world.skip(7 * day + 1);
    await sync(ana, 4);
    expect(ana.titles('library')).toEqual(['first']);
    expect(ana.sharing.queries.list()).toEqual([]);
    expect(await zonesOnTheServer()).not.toContain(anas);
  });

  it('is announced after a start when the app ended before the server heard of it', async () => {
    const { anas, bens } = await share('first');
    const { modifyRecords } = ana.cloud;
    let isCut = true;
    ana.cloud.modifyRecords = (...args) =>
      isCut && JSON.stringify(args).includes('endsAt')
        ? Promise.reject(new AppError('offline', 'No answer.'))
        : modifyRecords(...args);
    await expect(ana.sharing.shares.stop(anas, { keep: 'everything', graceDays: 7 })).rejects.toThrow('No answer.');
    isCut = false;
    await ana.sync();
    await ben.sync();
    expect(ana.sharing.queries.get(anas).endsAt).toBeGreaterThan(world.now() + 6 * day);
    expect(ben.sharing.queries.get(bens)).toMatchObject({ state: 'ending' });
  });

  it('leaves nothing behind when the server refuses it', async () => {
    const { anas } = await share('first');
    const { modifyRecords } = ana.cloud;
    ana.cloud.modifyRecords = (...args) =>
      JSON.stringify(args).includes('endsAt')
        ? Promise.reject(new AppError('permissionFailure', 'Not you.'))
        : modifyRecords(...args);
    await expect(ana.sharing.shares.stop(anas, { keep: 'everything', graceDays: 7 })).rejects.toThrow('Not you.');
    expect(tasks(ana)).toEqual([]);
    expect(ana.sharing.queries.get(anas)).toMatchObject({ state: 'active' });
  });

  it('changes nothing when the server cannot be reached at all', async () => {
    const { anas } = await share('first');
    world.offline = true;
    for (const graceDays of [0, 7]) {
      await expect(ana.sharing.shares.stop(anas, { keep: 'everything', graceDays })).rejects.toMatchObject({
        code: 'offline',
        message: expect.stringContaining('Nothing was changed') as string,
      });
    }
    world.offline = false;
    expect(tasks(ana)).toEqual([]);
    expect(ana.sharing.queries.get(anas)).toMatchObject({ state: 'active' });
  });

  it('ends at once when another computer has ended the share meanwhile', async () => {
    const { anas } = await share('first');
    const laptop = await world.deviceOf(ana, 'laptop');
    await laptop.sync();
    await laptop.cloud.modifyRecords('private', { zoneName: anas }, [
      { operationType: 'forceDelete', record: { recordName: 'cloudkit.zoneshare', recordType: 'cloudkit.share' } },
    ]);
    const { ended } = await ana.sharing.shares.stop(anas, { keep: 'everything', graceDays: 7 });
    expect(ended).toBe(true);
    expect(ana.titles('library')).toEqual(['first']);
  });
});

describe('another computer of mine', () => {
  it('takes over a stop whose computer is lost in the grace period, a day after it should have ended', async () => {
    const { anas } = await share('first');
    const laptop = await world.deviceOf(ana, 'laptop');
    await laptop.sync();
    await laptop.sharing.shares.stop(anas, { keep: 'everything', graceDays: 7 });
    laptop.dispose();
    await ana.sync();
    expect(ana.sharing.tasks.waiting).toBe(true);
    world.skip(7 * day + day / 2);
    await ana.sync();
    expect(ana.sharing.queries.get(anas)).toMatchObject({ state: 'ending' });
    expect(tasks(ana)).toEqual([]);
    world.skip(day);
    await sync(ana, 4);
    expect(ana.titles('library')).toEqual(['first']);
    expect(ana.sharing.queries.list()).toEqual([]);
    expect(await zonesOnTheServer()).not.toContain(anas);
  });

  it('brings home what lies in a zone that is not shared any more and that nobody ended for a day', async () => {
    const { anas } = await share('first');
    const laptop = await world.deviceOf(ana, 'laptop');
    await laptop.sync();
    loseAnswerTo(laptop, 'forceDelete');
    await expect(laptop.sharing.shares.stop(anas, { keep: 'everything', graceDays: 0 })).rejects.toThrow('No answer.');
    laptop.dispose();
    await sync(ana, 2);
    expect(ana.sharing.queries.list()).toEqual([]);
    expect(ana.titles(anas)).toEqual(['first']);
    expect(ana.sharing.tasks.waiting).toBe(true);
    world.skip(day + 1);
    await sync(ana, 4);
    expect(ana.titles('library')).toEqual(['first']);
    expect(ana.rows(`SELECT id FROM zone WHERE kind = 'share'`)).toEqual([]);
    expect(tasks(ana)).toEqual([]);
    expect(await zonesOnTheServer()).not.toContain(anas);
  });

  it('leaves a stop that takes longer to the computer that is at it, and forgets its suspicion when that has ended', async () => {
    const { anas } = await share('first');
    const laptop = await world.deviceOf(ana, 'laptop');
    await laptop.sync();
    const { modifyZones } = laptop.cloud;
    let isCut = true;
    laptop.cloud.modifyZones = (operationType, zones) =>
      operationType === 'delete' && isCut
        ? Promise.reject(new AppError('offline', 'No answer.'))
        : modifyZones(operationType, zones);
    await expect(laptop.sharing.shares.stop(anas, { keep: 'everything', graceDays: 0 })).rejects.toThrow('No answer.');
    await ana.sync();
    expect(tasks(ana)).toEqual([{ kind: 'stop' }]);
    expect(await zonesOnTheServer()).toContain(anas);
    isCut = false;
    await sync(laptop, 2);
    await sync(ana, 2);
    expect(tasks(ana)).toEqual([]);
    expect(ana.titles('library')).toEqual(['first']);
    expect(laptop.titles('library')).toEqual(['first']);
  });

  it('does not touch a share that is being made: its zone is there before its record', async () => {
    const { modifyRecords } = ana.cloud;
    const laptop = await world.deviceOf(ana, 'laptop');
    ana.cloud.modifyRecords = async (...args) => {
      if (JSON.stringify(args).includes('createShortGUID')) {
        await ana.sync();
        await laptop.sync();
        expect(tasks(laptop)).toEqual([{ kind: 'stop' }]);
      }
      return modifyRecords(...args);
    };
    const { anas } = await share('first');
    await laptop.sync();
    for (const person of [ana, laptop]) {
      expect(person.sharing.queries.get(anas)).toMatchObject({ state: 'active' });
      expect(tasks(person)).toEqual([]);
    }
    world.skip(2 * day);
    await sync(laptop, 2);
    await sync(ana, 2);
    expect(laptop.titles(anas)).toEqual(['first']);
    expect(ana.sharing.queries.get(anas)).toMatchObject({ state: 'active', people: 2 });
  });

  it('asks the server before it ends a share whose record it has not read for a day', async () => {
    const { anas, bens } = await share('first');
    const laptop = await world.deviceOf(ana, 'laptop');
    // The reading of the zone stopped in the middle, in front of the share record, and the lid was closed.
    laptop.engine.pause();
    laptop.store.bookkeeping(() =>
      laptop.store.connection.statement<[string]>('DELETE FROM share WHERE zone_id = ?').run(anas),
    );
    await laptop.sharing.tasks.resume();
    expect(tasks(laptop)).toEqual([{ kind: 'stop' }]);
    world.skip(2 * day);
    await laptop.sharing.tasks.resume();
    await ben.sync();
    expect(tasks(laptop)).toEqual([]);
    expect(ben.sharing.queries.get(bens)).toMatchObject({ state: 'active' });
    expect(ben.titles(bens)).toEqual(['first']);
  });

  it('does not take a stop that I begin here for a suspicion, when both fall together', async () => {
    const { anas } = await share('first');
    const laptop = await world.deviceOf(ana, 'laptop');
    await laptop.sync();
    await laptop.sharing.shares.stop(anas, { keep: 'everything', graceDays: 7 });
    laptop.dispose();
    await ana.sync();
    world.skip(9 * day);
    const { lookupRecords } = ana.cloud;
    let begun: Promise<unknown> | undefined;
    ana.cloud.lookupRecords = async (...args) => {
      const answer = await lookupRecords(...args);
      begun ??= ana.sharing.tasks.startStop(anas, { keep: 'mine', endsAt: world.now() });
      await begun;
      // Nothing to go by: the record says that the share goes on.
      return answer.map((record) => ({ ...record, endsAt: undefined }));
    };
    await ana.sharing.tasks.resume();
    expect(await begun).toBe(false);
    ana.cloud.lookupRecords = lookupRecords;
    expect(ana.rows(`SELECT json_extract(state, '$.keep') AS keep FROM share_task`)).toEqual([{ keep: 'mine' }]);
    await sync(ana, 4);
    expect(ana.titles('library')).toEqual(['first']);
  });
});
