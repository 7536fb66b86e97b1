import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Client } from '../simulation/client.ts';
import { addPhoto, createFleet, edit, row, rows, type Fleet } from './fleet.ts';

/* Pause means: what is under way ends, nothing more is asked, and the status says so until it is resumed. */

let fleet: Fleet;
let a: Client;
beforeEach(async () => {
  fleet = await createFleet();
  a = await fleet.device('ana');
});
afterEach(() => fleet.dispose());

/** Whether other requests of this computer than those before reached the server. */
function requestsSince(before: number): readonly string[] {
  return fleet.requests.slice(before);
}

test.each([
  ['while changes are read', 'changes/database'],
  ['while changes are sent', 'records/modify'],
])('a pause %s lets the answer in, asks nothing more, and stays', async (_what, path) => {
  const phases: string[] = [];
  const id = addPhoto(a);
  let pausedAt: number | undefined;
  fleet.interfere(async ({ url, deliver }) => {
    const answer = await deliver();
    if (pausedAt === undefined && url.includes(path)) {
      a.engine.pause();
      a.engine.onStatus(({ phase }) => phases.push(phase));
      pausedAt = fleet.requests.length;
    }
    return answer;
  });
  await fleet.sync(a);
  expect(pausedAt).toBeDefined();
  expect(requestsSince(pausedAt ?? 0)).toEqual([]);
  expect(a.engine.status.phase).toBe('paused');
  edit(a, 'photo', id, { title: 'while paused' });
  a.engine.kick({ export: true, import: true });
  a.engine.reachable();
  fleet.time.advance(24 * 60 * 60_000);
  await a.engine.settled();
  expect(requestsSince(pausedAt ?? 0)).toEqual([]);
  expect(phases.filter((phase) => phase !== 'paused')).toEqual([]);

  a.engine.resume();
  await a.engine.settled();
  expect(a.engine.status.phase).toBe('idle');
  expect(rows(a, 'SELECT * FROM sync_pending')).toEqual([]);
  const b = await fleet.device('ana');
  expect(row(b, 'photo', id)).toMatchObject({ title: 'while paused' });
});

test('a pause during a request that fails is a pause, not a wait that ends by itself', async () => {
  addPhoto(a);
  fleet.interfere(() => {
    a.engine.pause();
    return Promise.reject(new TypeError('fetch failed'));
  });
  await fleet.sync(a);
  expect(a.engine.status).toMatchObject({ phase: 'paused', reason: null, since: null });
  const before = fleet.requests.length;
  fleet.time.advance(24 * 60 * 60_000);
  await a.engine.settled();
  expect(requestsSince(before)).toEqual([]);
  fleet.interfere(undefined);
  a.engine.resume();
  await a.engine.settled();
  expect(a.engine.status.phase).toBe('idle');
  expect(rows(a, 'SELECT * FROM sync_pending')).toEqual([]);
});

test('a pause that ends before its run has goes on with it', async () => {
  const id = addPhoto(a);
  const phases: string[] = [];
  fleet.interfere(async ({ url, deliver }) => {
    if (!url.includes('records/modify') || phases.length > 0) return deliver();
    a.engine.pause();
    a.engine.resume();
    phases.push(a.engine.status.phase);
    return deliver();
  });
  await fleet.sync(a);
  expect(phases).toEqual(['exporting']);
  expect(a.engine.status.phase).toBe('idle');
  const b = await fleet.device('ana');
  expect(row(b, 'photo', id)).toBeDefined();
});

test('a computer that is offline for a day says since when, not when it last tried', async () => {
  fleet.interfere(() => Promise.reject(new TypeError('fetch failed')));
  addPhoto(a);
  const from = fleet.time.now;
  await fleet.sync(a);
  for (let minute = 0; minute < 24 * 60; minute += 10) {
    fleet.time.advance(10 * 60_000);
    await a.engine.settled();
  }
  expect(a.engine.status).toMatchObject({ phase: 'waiting', reason: 'offline', since: from });
  fleet.interfere(undefined);
  fleet.time.advance(10 * 60_000);
  await a.engine.settled();
  expect(a.engine.status).toMatchObject({ phase: 'idle', since: null });
  fleet.interfere(() => Promise.reject(new TypeError('fetch failed')));
  const again = fleet.time.now;
  await fleet.sync(a);
  expect(a.engine.status.since).toBe(again);
});
