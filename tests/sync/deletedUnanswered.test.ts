import { afterEach, beforeEach, expect, test } from 'vitest';
import { albumItemID } from '../../electron/core/library/albumItems.ts';
import { derivedId, photoTagID } from '../../electron/core/store/derivedId.ts';
import type { Client } from '../simulation/client.ts';
import { addPhoto, createFleet, row, rows, type Fleet } from './fleet.ts';

/* A row was sent, no answer came, and the server speaks of a deletion of its id: whose row was it? */

let fleet: Fleet;
let a: Client;
let b: Client;
let photo: string;

beforeEach(async () => {
  fleet = await createFleet();
  a = await fleet.device('ana');
  b = await fleet.device('ana');
  photo = addPhoto(a);
  insert(a, 'tag', { id: 'the-tag', name: 'Crete', name_key: 'crete' });
  insert(a, 'album', { id: 'the-album', kind: 'manual', title: 'Crete', position: 'a' });
  await fleet.sync(a, b);
});
afterEach(() => fleet.dispose());

function insert(client: Client, table: string, values: Record<string, string | number>): void {
  const all = { zone_id: 'library', created_at: client.now(), modified_at: client.now(), ...values };
  const names = Object.keys(all);
  client.store.transaction('app', ({ raw }) =>
    raw
      .prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
      .run(...Object.values(all)),
  );
}
const remove = (client: Client, table: string, id: string): void =>
  client.store.transaction('app', ({ raw }) => void raw.prepare(`DELETE FROM ${table} WHERE id = ?`).run(id));

/** The next request that writes records fails for the client: before it has reached the server, or after. */
function loseNextSave(when: 'before' | 'after'): void {
  let armed = true;
  fleet.interfere(async ({ url, deliver }) => {
    if (!url.includes('records/modify') || !armed) return deliver();
    armed = false;
    if (when === 'after') await deliver();
    throw new TypeError('socket hang up');
  });
}

/** Tries again after the pause that follows a lost connection. */
async function reconnect(client: Client): Promise<void> {
  fleet.time.advance(60_000);
  await fleet.sync(client);
}

const joined = {
  photo_tag: () => ({ id: photoTagID(photo, 'the-tag'), photo_id: photo, tag_id: 'the-tag' }),
  album_item: () => ({ id: albumItemID('the-album', photo), album_id: 'the-album', photo_id: photo, position: 'a' }),
  personal: () => ({ id: derivedId('Personal', photo), photo_id: photo, favourite: 1 }),
  rating: () => ({ id: derivedId('Rating', photo, 'library'), photo_id: photo, value: 4 }),
} as const;

test.each(['photo_tag', 'album_item', 'personal', 'rating'] as const)(
  'a %s that never reached the server stays, although another computer has made and deleted one of the same id',
  async (table) => {
    const values = joined[table]();
    insert(b, table, values);
    loseNextSave('before');
    await fleet.sync(b);
    expect(rows(b, 'SELECT row_id, sent FROM sync_pending')).toEqual([{ row_id: values.id, sent: 1 }]);

    insert(a, table, values);
    await fleet.sync(a);
    remove(a, table, values.id);
    await fleet.sync(a);

    await reconnect(b);
    await fleet.sync(a);
    expect(row(b, table, values.id)).toMatchObject(values);
    expect(row(a, table, values.id)).toMatchObject(values);
    expect(rows(b, 'SELECT row_id FROM sync_pending')).toEqual([]);
  },
);

test('a photo that did reach the server, unknown to its sender, stays deleted once another computer has deleted it', async () => {
  const id = addPhoto(b);
  loseNextSave('after');
  await fleet.sync(b);
  await fleet.sync(a);
  remove(a, 'resource', `${id}-original`);
  remove(a, 'photo', id);
  await fleet.sync(a);

  await reconnect(b);
  await fleet.sync(a);
  expect(row(b, 'photo', id)).toBeUndefined();
  expect(row(a, 'photo', id)).toBeUndefined();
});

test('a tag that did reach the server, unknown to its sender, and was deleted, made and deleted again, is gone', async () => {
  const tag = { id: 'her-tag', name: 'Naxos', name_key: 'naxos' };
  insert(b, 'tag', tag);
  loseNextSave('after');
  await fleet.sync(b);
  await fleet.sync(a);
  remove(b, 'tag', tag.id);
  insert(b, 'tag', tag);
  remove(b, 'tag', tag.id);

  await reconnect(b);
  await fleet.sync(a);
  expect(row(b, 'tag', tag.id)).toBeUndefined();
  expect(row(a, 'tag', tag.id)).toBeUndefined();
});
