import { createMoves } from '../../electron/core/sharing/moves.ts';
import { derivedId, photoTagID } from '../../electron/core/store/derivedId.ts';
import { isAppError } from '../../shared/errors.ts';
import { tagWithMerged } from '../../electron/core/store/queries/tagRows.ts';
import { createCopies } from '../../electron/core/sharing/copies.ts';
import { libraryZone } from '../../shared/ids.ts';
import { tagNameKey } from '../../shared/tagName.ts';
import type { SqlValue } from '../../electron/core/store/connection.ts';
import type { Client } from './client.ts';
import { Killed } from './killSwitch.ts';
import { tagInZone, type Ledger, type TaggedPhoto } from './ledger.ts';
import type { Random } from './random.ts';

/** What a person does to a library, by weight. Sharing has its own list (sharingOperations.ts). */
export const operationWeights = {
  addPhoto: 14,
  editPhoto: 22,
  addTag: 5,
  renameTag: 4,
  tagPhoto: 10,
  untagPhoto: 4,
  addAlbum: 3,
  renameAlbum: 3,
  addToAlbum: 6,
  comment: 4,
  editStack: 4,
  favourite: 4,
  rate: 4,
  trash: 3,
  restore: 2,
  deletePhoto: 4,
  deleteTag: 2,
  movePhoto: 4,
  copyPhoto: 1,
} as const;
export type Operation = keyof typeof operationWeights;

/** What people do who do little but tag: where tags of one name meet, in the library and in shares. */
export const tagOperationWeights = {
  addPhoto: 3,
  addTag: 10,
  renameTag: 2,
  tagPhoto: 14,
  untagPhoto: 3,
  deleteTag: 3,
  movePhoto: 6,
  deletePhoto: 1,
} as const satisfies Partial<Record<Operation, number>>;

const tagNames = ['Crete', 'crete', 'Family', 'Überblick', 'U\u0308berblick', 'Boat'];

/** Rows a crowd gathers around. */
const crowdedRows = 2;

/**
 * Does one thing on one device, if there is anything to do it to and the person has the right.
 * @param crowded the oldest rows are mostly the ones it is done to
 * @returns a sentence for the trace
 */
export async function operate(
  client: Client,
  operation: Operation,
  random: Random,
  ledger: Ledger,
  crowded: boolean,
): Promise<string> {
  try {
    return `${client.name} ${operation}: ${await run(client, operation, random, ledger, crowded)}`;
  } catch (error) {
    if (error instanceof Killed) return `${client.name} ${operation}: killed`;
    // A refused write (no right, full disk) changes nothing; the app would say so.
    if (isAppError(error) && (error.code === 'permissionFailure' || error.code === 'diskFull')) {
      return `${client.name} ${operation}: ${error.code}`;
    }
    throw error;
  }
}

/** Bytes of a photo have no place here; what stands for their hash has its form, which is all that a record may hold. */
function hashFor(id: string): string {
  return Buffer.from(id).toString('hex').padEnd(64, '0');
}

async function run(
  client: Client,
  operation: Operation,
  random: Random,
  ledger: Ledger,
  crowded: boolean,
): Promise<string> {
  const { store, person } = client;
  const { connection } = store;
  const now = client.now();
  const rows = (sql: string, ...values: SqlValue[]) =>
    connection.statement<SqlValue[], Record<string, SqlValue>>(sql).all(...values);
  const write = (sql: string, ...values: SqlValue[]) => connection.statement<SqlValue[]>(sql).run(...values);
  const pick = (sql: string, ...values: SqlValue[]): Record<string, SqlValue> | undefined => {
    const found = rows(sql, ...values);
    if (found.length === 0) return undefined;
    return random.pick(crowded && random.chance(0.8) ? found.slice(0, crowdedRows) : found);
  };
  const insert = (table: string, values: Record<string, SqlValue>) => {
    const names = Object.keys(values);
    write(
      `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
      ...Object.values(values),
    );
  };
  const made = (entity: string, id: string, zone: string) =>
    ledger.created.set(id, { entity, person, device: client.name, zone });
  const base = { created_at: now, modified_at: now };
  const app = <T>(fn: () => T): T => store.transaction('app', fn);
  const edit = (
    entity: string,
    table: string,
    row: Record<string, SqlValue>,
    field: string,
    value: string | number | null,
  ) => {
    // Who put it into the trash, or took it out, is who does this now.
    const set = field === 'trashed_at' ? 'trashed_at = ?, trashed_by = NULL' : `${field} = ?`;
    app(() => write(`UPDATE ${table} SET ${set}, modified_at = ? WHERE id = ?`, value, now, row['id'] ?? null));
    ledger.edits.push({
      entity,
      rowId: String(row['id']),
      field,
      value,
      before: row[field] as string | number | null,
      device: client.name,
    });
    return `${String(row['id'])}.${field} = ${String(value)}`;
  };
  const token = `v${ledger.edits.length}`;
  const zoneFor = (): string =>
    String(pick(`SELECT id FROM zone WHERE state = 'active' AND (rights & 1) <> 0 ORDER BY id`)?.['id'] ?? libraryZone);

  switch (operation) {
    case 'addPhoto': {
      const id = client.newId();
      const zone = random.chance(0.75) ? libraryZone : zoneFor();
      app(() => {
        insert('photo', {
          id,
          zone_id: zone,
          kind: 'photo',
          media_type: 'image',
          file_name: `${id}.jpg`,
          sort_at: now,
          taken_at: '2024-05-06T07:08:09',
          sha256: hashFor(id),
          latitude: 35,
          ...base,
        });
        insert('resource', {
          id: `${id}-original`,
          zone_id: zone,
          photo_id: id,
          kind: 'original',
          file_name: `${id}.jpg`,
          sha256: hashFor(id),
          ...base,
        });
      });
      made('Photo', id, zone);
      made('Resource', `${id}-original`, zone);
      ledger.originals.set(id, hashFor(id));
      return id;
    }
    case 'editPhoto': {
      const photo = pick('SELECT id, title, caption, place FROM photo ORDER BY id');
      if (photo === undefined) return 'none';
      const fields = client.stale ? ['title', 'caption'] : ['title', 'caption', 'place'];
      return edit('Photo', 'photo', photo, random.pick(fields), token);
    }
    case 'trash':
    case 'restore': {
      const photo = pick(
        `SELECT id, trashed_at FROM photo WHERE trashed_at IS ${operation === 'trash' ? 'NULL' : 'NOT NULL'} ORDER BY id`,
      );
      if (photo === undefined) return 'none';
      return edit('Photo', 'photo', photo, 'trashed_at', operation === 'trash' ? now : null);
    }
    case 'addTag': {
      const id = client.newId();
      const name = random.pick(tagNames);
      const zone = random.chance(0.8) ? libraryZone : zoneFor();
      app(() => insert('tag', { id, zone_id: zone, name, name_key: tagNameKey(name), ...base }));
      made('Tag', id, zone);
      ledger.tagNames.set(id, new Set([tagNameKey(name)]));
      return `${id} "${name}"`;
    }
    case 'renameTag': {
      const tag = pick('SELECT id, name FROM tag WHERE merged_into IS NULL ORDER BY id');
      if (tag === undefined) return 'none';
      const name = random.pick(tagNames);
      app(() =>
        write(
          'UPDATE tag SET name = ?, name_key = ?, modified_at = ? WHERE id = ?',
          name,
          tagNameKey(name),
          now,
          tag['id'] ?? null,
        ),
      );
      const tagID = String(tag['id']);
      // A tag that was made by moving or copying a photo had the name of the one there.
      const names = ledger.tagNames.get(tagID) ?? new Set([tagNameKey(String(tag['name']))]);
      ledger.tagNames.set(tagID, names.add(tagNameKey(name)));
      return `${String(tag['id'])} "${name}"`;
    }
    case 'tagPhoto': {
      const tag = pick('SELECT id, zone_id FROM tag WHERE merged_into IS NULL ORDER BY id');
      const photo = tag && pick('SELECT id FROM photo WHERE zone_id = ? ORDER BY id', tag['zone_id'] ?? null);
      if (tag === undefined || photo === undefined) return 'none';
      const id = photoTagID(String(photo['id']), String(tag['id']));
      if (rows('SELECT 1 FROM photo_tag WHERE id = ?', id).length > 0) return 'already';
      app(() =>
        insert('photo_tag', {
          id,
          zone_id: tag['zone_id'] ?? null,
          photo_id: photo['id'] ?? null,
          tag_id: tag['id'] ?? null,
          ...base,
        }),
      );
      ledger.deleted.delete(id);
      ledger.movedOnto.delete(id);
      ledger.forgottenPairs.delete(id);
      ledger.pairs.set(id, { photo: String(photo['id']), tag: String(tag['id']), device: client.name });
      return `${String(photo['id'])} ${String(tag['id'])}`;
    }
    case 'untagPhoto': {
      const pair = pick(
        `SELECT photo_tag.id, photo_id, tag_id, name_key FROM photo_tag JOIN tag ON tag.id = tag_id ORDER BY photo_tag.id`,
      );
      if (pair === undefined) return 'none';
      const photo = String(pair['photo_id']);
      const takenOff = { tag: String(pair['tag_id']), nameKey: String(pair['name_key']) };
      ledger.untagged.set(photo, [...(ledger.untagged.get(photo) ?? []), takenOff]);
      app(() => write('DELETE FROM photo_tag WHERE id = ?', pair['id'] ?? null));
      ledger.deleted.add(String(pair['id']));
      // Two tags of one name count as one for the person who takes it away.
      forgetPairs(ledger, (known) => known.photo === pair['photo_id']);
      return String(pair['id']);
    }
    case 'addAlbum': {
      const id = client.newId();
      const zone = random.chance(0.8) ? libraryZone : zoneFor();
      app(() => insert('album', { id, zone_id: zone, kind: 'manual', title: `Album ${id}`, position: 'a0', ...base }));
      made('Album', id, zone);
      return id;
    }
    case 'renameAlbum': {
      const album = pick('SELECT id, title FROM album ORDER BY id');
      return album === undefined ? 'none' : edit('Album', 'album', album, 'title', token);
    }
    case 'addToAlbum': {
      const album = pick('SELECT id, zone_id FROM album ORDER BY id');
      const photo = album && pick('SELECT id FROM photo WHERE zone_id = ? ORDER BY id', album['zone_id'] ?? null);
      if (album === undefined || photo === undefined) return 'none';
      const id = derivedId('AlbumItem', String(album['id']), String(photo['id']));
      if (rows('SELECT 1 FROM album_item WHERE id = ?', id).length > 0) return 'already';
      app(() =>
        insert('album_item', {
          id,
          zone_id: album['zone_id'] ?? null,
          album_id: album['id'] ?? null,
          photo_id: photo['id'] ?? null,
          position: token,
          ...base,
        }),
      );
      return id;
    }
    case 'comment': {
      if (client.stale) return 'unknown to this build';
      const photo = pick('SELECT id, zone_id FROM photo ORDER BY id');
      if (photo === undefined) return 'none';
      const id = client.newId();
      const zone = photo['zone_id'] ?? null;
      app(() => insert('comment', { id, zone_id: zone, photo_id: photo['id'] ?? null, text: token, ...base }));
      made('Comment', id, String(zone));
      return id;
    }
    case 'editStack': {
      const photo = pick('SELECT id, zone_id, current_edit_id FROM photo ORDER BY id');
      if (photo === undefined) return 'none';
      const id = client.newId();
      const zone = photo['zone_id'] ?? null;
      app(() => {
        insert('edit', { id, zone_id: zone, photo_id: photo['id'] ?? null, stack: '[]', format_version: 1, ...base });
        write('UPDATE photo SET current_edit_id = ?, modified_at = ? WHERE id = ?', id, now, photo['id'] ?? null);
      });
      made('Edit', id, String(zone));
      return id;
    }
    case 'favourite': {
      const photo = pick('SELECT id FROM photo ORDER BY id');
      if (photo === undefined) return 'none';
      const id = derivedId('Personal', String(photo['id']));
      const known = rows('SELECT id, favourite FROM personal WHERE id = ?', id)[0];
      if (known !== undefined)
        return edit('Personal', 'personal', known, 'favourite', known['favourite'] === 1 ? 0 : 1);
      app(() => insert('personal', { id, zone_id: libraryZone, photo_id: photo['id'] ?? null, favourite: 1, ...base }));
      return id;
    }
    case 'rate': {
      if (client.stale) return 'unknown to this build';
      const photo = pick('SELECT id, zone_id FROM photo ORDER BY id');
      if (photo === undefined) return 'none';
      const id = derivedId('Rating', String(photo['id']), client.me);
      const known = rows('SELECT id, value FROM rating WHERE id = ?', id)[0];
      const value = random.below(6);
      if (known !== undefined) return edit('Rating', 'rating', known, 'value', value);
      app(() =>
        insert('rating', { id, zone_id: photo['zone_id'] ?? null, photo_id: photo['id'] ?? null, value, ...base }),
      );
      return id;
    }
    case 'deletePhoto': {
      const photo = pick('SELECT id, zone_id FROM photo ORDER BY id');
      if (photo === undefined) return 'none';
      const gone: string[] = [String(photo['id'])];
      app(() => {
        for (const table of ['resource', 'edit', 'photo_tag', 'comment']) {
          for (const row of rows(`SELECT id FROM ${table} WHERE photo_id = ?`, photo['id'] ?? null))
            gone.push(String(row['id']));
          write(`DELETE FROM ${table} WHERE photo_id = ?`, photo['id'] ?? null);
        }
        write('DELETE FROM photo WHERE id = ?', photo['id'] ?? null);
      });
      for (const id of gone) ledger.deleted.add(id);
      for (const id of gone) {
        ledger.deletedOn.add(`${client.name} ${id}`);
        ledger.deletedIn.set(id, [...(ledger.deletedIn.get(id) ?? []), String(photo['zone_id'])]);
      }
      forgetPairs(ledger, (known) => known.photo === photo['id']);
      return String(photo['id']);
    }
    case 'deleteTag': {
      const tag = pick('SELECT id, zone_id, name_key FROM tag WHERE merged_into IS NULL ORDER BY id');
      if (tag === undefined) return 'none';
      // What was merged into it goes along, as far as this computer has heard.
      const tags = tagWithMerged(connection, String(tag['id']));
      const pairs = tags.flatMap((id) =>
        rows(
          `SELECT photo_tag.id, photo_id, name_key FROM photo_tag JOIN tag ON tag.id = tag_id WHERE tag_id = ? ORDER BY 1`,
          id,
        ),
      );
      // One that was made by moving its photo stands for all the photo had by that name.
      const isStandIn = !ledger.tagNames.has(String(tag['id']));
      const stoodFor = isStandIn ? pairs : [];
      if (isStandIn) ledger.deletedStandIns.add(tagInZone(String(tag['zone_id']), String(tag['name_key'])));
      const gone = [...tags, ...pairs.map((row) => String(row['id']))];
      // What had been merged into it and was cleared away here since stood for nothing else any more.
      for (const id of tags) {
        const cleared = rows(
          `SELECT DISTINCT row_id AS id FROM history_change
           WHERE entity = 'Tag' AND kind = 'delete' AND json_extract("values", '$.merged_into') = ?`,
          id,
        );
        for (const one of cleared) ledger.outlived.set(String(one['id']), id);
      }
      app(() => {
        for (const pair of pairs) write('DELETE FROM photo_tag WHERE id = ?', pair['id'] ?? null);
        for (const id of tags.toReversed()) write('DELETE FROM tag WHERE id = ?', id);
      });
      for (const row of gone) ledger.deleted.add(row);
      for (const row of gone) ledger.pairs.delete(row);
      forgetPairs(
        ledger,
        (known) =>
          tags.includes(known.tag) ||
          stoodFor.some(
            (pair) =>
              pair['photo_id'] === known.photo &&
              ledger.tagNames.get(known.tag)?.has(String(pair['name_key'])) === true,
          ),
      );
      return String(tag['id']);
    }
    case 'movePhoto': {
      const zones = rows(`SELECT id FROM zone WHERE store = 'private' AND state = 'active' ORDER BY id`);
      const target = random.pick(zones)['id'];
      const photo = pick(
        `SELECT photo.id FROM photo JOIN zone ON zone.id = photo.zone_id
         WHERE zone.store = 'private' AND photo.zone_id <> ? ORDER BY photo.id`,
        target ?? null,
      );
      if (photo === undefined) return 'none';
      const moves = createMoves({ store, now: () => now, newId: client.newId, pause: () => Promise.resolve() });
      await moves.photos([String(photo['id'])], String(target));
      ledger.moved.add(String(photo['id']));
      const onto = rows(
        'SELECT tag_id, name_key FROM photo_tag JOIN tag ON tag.id = tag_id WHERE photo_id = ? ORDER BY 1',
        photo['id'] ?? null,
      ).map((row) => ({ tag: String(row['tag_id']), nameKey: String(row['name_key']) }));
      for (const [pair, known] of ledger.pairs) if (known.photo === photo['id']) ledger.movedOnto.set(pair, onto);
      return `${String(photo['id'])} to ${String(target)}`;
    }
    case 'copyPhoto': {
      const photo = pick(
        `SELECT photo.id FROM photo JOIN zone ON zone.id = photo.zone_id WHERE photo.zone_id <> ? ORDER BY photo.id`,
        libraryZone,
      );
      if (photo === undefined) return 'none';
      const copies = createCopies({ store, now: () => now, newId: client.newId, pause: () => Promise.resolve() });
      const { made: count } = await copies.photos([String(photo['id'])], libraryZone);
      return `${String(photo['id'])}, ${count} made`;
    }
  }
}

function forgetPairs(ledger: Ledger, which: (pair: TaggedPhoto) => boolean): void {
  for (const [id, pair] of ledger.pairs) if (which(pair)) ledger.pairs.delete(id);
}
