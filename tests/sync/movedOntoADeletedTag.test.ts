import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { photoTagID } from '../../electron/core/store/derivedId.ts';
import type { Client } from '../simulation/client.ts';
import { addPhoto, createFleet, edit, rows, type Fleet } from './fleet.ts';

/*
 * A gives its tag the name of another and so makes the two one, with the photos that carry them; B, not knowing, deletes that
 * other. A is never here again.
 */

let fleet: Fleet;
let a: Client;
let b: Client;
let photo: string;
const deleted = 'a-tag-1';
const renamed = 'a-tag-2';

const addTag = (client: Client, id: string, name: string): void =>
  client.store.transaction('app', ({ raw }) => {
    raw
      .prepare(
        `INSERT INTO tag (id, zone_id, name, name_key, created_at, modified_at) VALUES (?, 'library', ?, ?, ?, ?)`,
      )
      .run(id, name, name.toUpperCase(), client.now(), client.now());
  });

const tagPhoto = (client: Client, tag: string): void =>
  client.store.transaction('app', ({ raw }) => {
    raw
      .prepare(
        `INSERT INTO photo_tag (id, zone_id, photo_id, tag_id, created_at, modified_at) VALUES (?, 'library', ?, ?, ?, ?)`,
      )
      .run(photoTagID(photo, tag), photo, tag, client.now(), client.now());
  });

const deleteTag = (client: Client, tag: string): void =>
  client.store.transaction('app', ({ raw }) => {
    raw.prepare('DELETE FROM photo_tag WHERE tag_id = ?').run(tag);
    raw.prepare('DELETE FROM tag WHERE id = ?').run(tag);
  });

/** All that each of them does after an import, and what comes of it sent. */
async function settle(...clients: readonly Client[]): Promise<void> {
  for (const client of [...clients, ...clients]) {
    await fleet.sync(client);
    client.afterImport();
    await fleet.sync(client);
  }
}

const tagsOf = (client: Client): unknown[] =>
  rows(
    client,
    `SELECT t.id, t.name, t.merged_into AS mergedInto FROM photo_tag AS p JOIN tag AS t ON t.id = p.tag_id
     WHERE p.photo_id = '${photo}'`,
  );

beforeEach(async () => {
  fleet = await createFleet();
  a = await fleet.device('ana');
  b = await fleet.device('ana');
  addTag(b, deleted, 'Boat');
  photo = addPhoto(b);
  addTag(a, renamed, 'Sea');
  await settle(b, a, b);
});
afterEach(() => fleet.dispose());

describe.each([
  ['had been read by B', true],
  ['had not been read by B', false],
])('a pair that %s', (_what, isRead) => {
  beforeEach(async () => {
    tagPhoto(a, renamed);
    if (isRead) await settle(a, b);
  });

  test('goes back to its tag, which bears the name alone, on B and on a computer set up later', async () => {
    edit(a, 'tag', renamed, { name: 'Boat', name_key: 'BOAT' });
    a.afterImport();
    await fleet.sync(a);
    expect(tagsOf(a)).toEqual([{ id: deleted, name: 'Boat', mergedInto: null }]);
    deleteTag(b, deleted);
    await settle(b);
    const later = await fleet.device('ana');
    await settle(later, b);
    for (const client of [b, later]) expect(tagsOf(client)).toEqual([{ id: renamed, name: 'Boat', mergedInto: null }]);
    expect(
      fleet.server.rows(`SELECT count(*) AS pairs FROM records WHERE record_type = 'PhotoTag' AND deleted = 0`),
    ).toEqual([{ pairs: 1 }]);
  });

  test('goes with both tags when B deletes the two of them', async () => {
    edit(a, 'tag', renamed, { name: 'Boat', name_key: 'BOAT' });
    a.afterImport();
    await fleet.sync(a);
    deleteTag(b, deleted);
    deleteTag(b, renamed);
    await settle(b);
    const later = await fleet.device('ana');
    await settle(later, b);
    for (const client of [b, later]) expect(tagsOf(client)).toEqual([]);
    expect(rows(b, 'SELECT reason FROM sync_refused')).toEqual([]);
    expect(rows(later, 'SELECT entity FROM sync_orphan')).toEqual([]);
  });
});

test('a pair made for the very tag that B deletes goes with it', async () => {
  tagPhoto(a, deleted);
  await fleet.sync(a);
  deleteTag(b, deleted);
  await settle(b);
  const later = await fleet.device('ana');
  await settle(later, b);
  for (const client of [b, later]) expect(tagsOf(client)).toEqual([]);
  expect(
    fleet.server.rows(`SELECT count(*) AS pairs FROM records WHERE record_type = 'PhotoTag' AND deleted = 0`),
  ).toEqual([{ pairs: 0 }]);
});
