import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Client } from '../simulation/client.ts';
import { addPhoto, createFleet, edit, removePhoto, row, rows, type Fleet } from './fleet.ts';

/* A change is on its way, and before it is answered the person does something else with the same photo. */

let fleet: Fleet;
let a: Client;
let b: Client;
let photo: string;

beforeEach(async () => {
  fleet = await createFleet();
  a = await fleet.device('ana');
  b = await fleet.device('ana');
  photo = addPhoto(a);
  await fleet.sync(a, b);
});
afterEach(() => fleet.dispose());

/** The next request of A that writes records is answered with this for each of its records; `meanwhile` happens before. */
function answerNext(serverErrorCode: string, meanwhile: () => void): void {
  let armed = true;
  fleet.interfere(({ url, body, device }) => {
    if (!url.includes('records/modify') || device !== 'ana1' || !armed) return undefined;
    armed = false;
    meanwhile();
    const { operations } = JSON.parse(body) as { operations: { record: { recordName: string } }[] };
    return Response.json({
      records: operations.map(({ record }) => ({ recordName: record.recordName, serverErrorCode, reason: 'a test' })),
    });
  });
}

const titleOf = (client: Client) => row(client, 'photo', photo)?.['title'];

test('an edit that follows one that had no room is sent without waiting for the room', async () => {
  edit(a, 'photo', photo, { title: 'first' });
  answerNext('QUOTA_EXCEEDED', () => edit(a, 'photo', photo, { title: 'second', caption: 'new' }));
  await fleet.sync(a, b);
  expect([titleOf(b), row(b, 'photo', photo)?.['caption']]).toEqual(['second', 'new']);
  expect(rows(a, 'SELECT * FROM sync_pending')).toEqual([]);
});

test('an edit that had no room and was not touched since waits, and is shown', async () => {
  edit(a, 'photo', photo, { title: 'first' });
  answerNext('QUOTA_EXCEEDED', () => undefined);
  await fleet.sync(a, b);
  expect(titleOf(b)).toBe(null);
  expect(rows(a, 'SELECT row_id, state, reason FROM sync_pending')).toEqual([
    { row_id: photo, state: 'waiting', reason: 'storageFull' },
  ]);
});

test('a photo deleted while an edit of it had no room is gone everywhere', async () => {
  edit(a, 'photo', photo, { title: 'first' });
  answerNext('QUOTA_EXCEEDED', () => removePhoto(a, photo));
  await fleet.sync(a, b);
  await fleet.sync(b);
  expect([row(a, 'photo', photo), row(b, 'photo', photo)]).toEqual([undefined, undefined]);
});

test('a photo deleted while an edit of it was refused is gone everywhere, although another computer changed it', async () => {
  edit(b, 'photo', photo, { caption: 'from b' });
  await fleet.sync(b);
  edit(a, 'photo', photo, { title: 'first' });
  answerNext('ACCESS_DENIED', () => removePhoto(a, photo));
  // B's caption is not here yet: what is sent names the version before it.
  a.engine.kick({ export: true });
  await a.engine.settled();
  await fleet.sync(a, b);
  await fleet.sync(b);
  expect([row(a, 'photo', photo), row(b, 'photo', photo)]).toEqual([undefined, undefined]);
  expect(a.engine.status.phase).toBe('idle');
  expect(rows(a, 'SELECT * FROM sync_pending')).toEqual([]);
});

test('an edit that was refused and edited again meanwhile is kept with what was added, and the photo shows what all see', async () => {
  edit(a, 'photo', photo, { title: 'first' });
  answerNext('ACCESS_DENIED', () => edit(a, 'photo', photo, { title: 'second' }));
  await fleet.sync(a);
  expect(titleOf(a)).toBe(null);
  const [kept] = rows(a, 'SELECT row_id, "values" FROM sync_refused');
  expect(kept?.['row_id']).toBe(photo);
  expect(JSON.parse(String(kept?.['values']))).toMatchObject({ title: 'second' });
});
