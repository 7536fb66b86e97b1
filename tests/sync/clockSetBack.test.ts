import { afterEach, beforeEach, expect, test } from 'vitest';
import { createBackOff } from '../../electron/core/sync/backOff.ts';
import type { Client } from '../simulation/client.ts';
import { addPhoto, createFleet, row, rows, type Fleet } from './fleet.ts';

/* A computer whose clock was wrong when it put something off does not wait until that time has come. */

const years = 10 * 365 * 86_400_000;
const minutes = 60_000;

let fleet: Fleet;
let a: Client;
beforeEach(async () => {
  fleet = await createFleet();
  a = await fleet.device('ana');
});
afterEach(() => fleet.dispose());

/** The server has no room for what is sent to it. */
function full({ url }: { readonly url: string }): Response | undefined {
  if (!url.includes('records/modify')) return undefined;
  return Response.json({ uuid: 'u', serverErrorCode: 'QUOTA_EXCEEDED', reason: 'full' }, { status: 400 });
}

test('a change that was put off ten years ahead of the time is offered again within ten minutes', async () => {
  a.skew = years;
  const id = addPhoto(a);
  fleet.interfere(full);
  await fleet.sync(a);
  expect(rows(a, `SELECT 1 FROM sync_pending WHERE state = 'waiting'`).length).toBeGreaterThan(0);

  a.skew = 0;
  fleet.interfere(undefined);
  fleet.time.advance(10 * minutes);
  await a.engine.settled();
  expect(rows(a, 'SELECT * FROM sync_pending')).toEqual([]);
  const b = await fleet.device('ana');
  expect(row(b, 'photo', id)).toBeDefined();
});

test('what was put off at the right time is left alone until then', async () => {
  addPhoto(a);
  fleet.interfere(full);
  await fleet.sync(a);
  const asked = fleet.requests.length;
  fleet.time.advance(9 * minutes);
  await a.engine.settled();
  expect(fleet.requests.slice(asked)).toEqual([]);
  fleet.interfere(undefined);
  fleet.time.advance(minutes);
  await a.engine.settled();
  expect(rows(a, 'SELECT * FROM sync_pending')).toEqual([]);
});

test('a pause the server asks for is no longer than a timer can wait: a longer one would end at once', () => {
  const backOff = createBackOff(() => 0.5);
  expect(backOff.next(7)).toBe(7_350);
  expect(backOff.next(10 * 365 * 86_400)).toBe(2 ** 31 - 1);
});
