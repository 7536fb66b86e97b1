import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Client } from '../simulation/client.ts';
import { addPhoto, createFleet, row, rows, type Fleet } from './fleet.ts';

/* A record this version of the app cannot read holds up itself and nothing else. */

let fleet: Fleet;
let a: Client;
let b: Client;
beforeEach(async () => {
  fleet = await createFleet();
  [a, b] = [await fleet.device('ana'), await fleet.device('ana')];
});
afterEach(() => fleet.dispose());

/** A version of tomorrow gives a photo a kind nobody here knows. */
async function makeUnreadable(id: string): Promise<void> {
  const { status, body } = await fleet.server.answer({
    method: 'POST',
    url: `${fleet.server.origin}/database/1/${fleet.server.container}/${fleet.server.environment}/private/records/modify`,
    headers: { authorization: `Bearer ${await fleet.server.signIn('_ana')}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      zoneID: { zoneName: 'library' },
      operations: [
        {
          operationType: 'forceUpdate',
          record: { recordName: id, recordType: 'Photo', fields: { kind: { value: 'hologram', type: 'STRING' } } },
        },
      ],
    }),
  });
  expect([status, body.includes('serverErrorCode')]).toEqual([200, false]);
}

test('an edit of a photo whose newest version cannot be read waits and is shown, and all else is sent', async () => {
  const id = addPhoto(a);
  await fleet.sync(a, b);
  await makeUnreadable(id);
  b.store.transaction('app', ({ raw }) => raw.prepare(`UPDATE photo SET caption = 'mine' WHERE id = ?`).run(id));
  const other = addPhoto(b);
  await fleet.sync(b);
  expect(b.engine.status.phase).toBe('idle');
  expect(rows(b, 'SELECT row_id, state, reason FROM sync_pending')).toEqual([
    { row_id: id, state: 'waiting', reason: 'rejected' },
  ]);
  expect(row(b, 'photo', id)).toMatchObject({ caption: 'mine', kind: 'photo' });
  await fleet.sync(a);
  expect(row(a, 'photo', other)).toBeDefined();
});
