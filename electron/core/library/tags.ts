import { AppError } from '../../../shared/errors.ts';
import { libraryZone } from '../../../shared/ids.ts';
import type { TagID } from '../../../shared/ids.ts';
import type { Tag } from '../../../shared/model/album.ts';
import { tagNameKey } from '../../../shared/tagName.ts';
import type { Connection, SqlValue } from '../store/connection.ts';
import { photoTagID } from '../store/derivedId.ts';
import type { Store } from '../store/store.ts';
import { findTag, readTagRow, tagWithMerged, toTag, type TagRow } from '../store/queries/tagRows.ts';
import { mayAdd, mayDelete, mayEdit, readZones } from '../store/zoneRights.ts';
import { permitted, photosText, readTargets, type Changed } from './photoTargets.ts';
import type { Steps } from './steps.ts';

/** How many of some photos carry a tag. */
export interface TagState {
  readonly id: TagID;
  readonly name: string;
  readonly color: string | null;
  readonly count: number;
}

/** Tags, and tagging many photos at once. A tag belongs to one zone; the same name may exist in several. */
export interface Tags {
  /** Makes a tag in my library, or answers the one that has this name already. */
  create(name: string, color: string | null): Promise<Tag>;
  /** @returns the tag that stays: renaming to the name of another merges the two, and the lower id wins. */
  update(id: string, change: { name?: string | undefined; color?: string | null | undefined }): Promise<Tag>;
  delete(id: string): Promise<void>;
  stateOf(photoIDs: readonly string[]): TagState[];
  /** Adds and removes tags by name; a name nobody has is made in the photo's zone. */
  apply(photoIDs: readonly string[], add: readonly string[], remove: readonly string[]): Promise<Changed>;
}

type Write = (connection: Connection) => void;

export function createTags(deps: {
  readonly store: Store;
  readonly steps: Steps;
  readonly now: () => number;
  readonly newId: () => string;
}): Tags {
  const { store, steps, now, newId } = deps;
  const { connection } = store;
  const find = (id: string): TagRow => {
    const row = readTagRow(connection, id);
    if (row === undefined) throw new AppError('notFound', 'This tag is gone.', { id });
    return row;
  };
  const run = (label: string, writes: readonly Write[]) => ({
    label,
    rows: writes,
    write: (write: Write, connection: Connection) => write(connection),
    result: undefined,
  });
  const insertTag =
    (id: string, zone: string, name: string, color: string | null): Write =>
    (connection) => {
      connection
        .statement<SqlValue[]>(
          'INSERT INTO tag (id, zone_id, name, color, name_key, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
        )
        .run(id, zone, name.normalize('NFC').trim(), color, tagNameKey(name), now(), now());
    };
  const insertPair = (connection: Connection, zone: string, photoID: string, tagID: string): void => {
    connection
      .statement<[string, string, string, string, number, number]>(
        `INSERT INTO photo_tag (id, zone_id, photo_id, tag_id, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO NOTHING`,
      )
      .run(photoTagID(photoID, tagID), zone, photoID, tagID, now(), now());
  };
  const deletePair = (connection: Connection, id: string): void => {
    connection.statement<[string]>('DELETE FROM photo_tag WHERE id = ?').run(id);
  };
  const setTag =
    (id: string, values: Readonly<Record<string, SqlValue>>): Write =>
    (connection) => {
      const columns = Object.keys(values).map((column) => `${column} = ?`);
      connection
        .statement<SqlValue[]>(`UPDATE tag SET ${columns.join(', ')}, modified_at = ?, modified_by = NULL WHERE id = ?`)
        .run(...Object.values(values), now(), id);
    };

  /** The winner keeps its name and colour; the loser stays as a pointer to it, for photos tagged before they heard. */
  const merge = (loser: TagRow, winner: TagRow): Write[] => {
    const pairs = connection
      .statement<[string], { id: string; photo_id: string; zone_id: string }>(
        'SELECT id, photo_id, zone_id FROM photo_tag WHERE tag_id = ?',
      )
      .all(loser.id);
    return [
      setTag(loser.id, { merged_into: winner.id, deduplicated_at: now() }),
      ...pairs.map<Write>((pair) => (connection) => {
        insertPair(connection, pair.zone_id, pair.photo_id, winner.id);
        deletePair(connection, pair.id);
      }),
    ];
  };

  return {
    create: async (name, color) => {
      const id = newId();
      const found = await steps.run(() => {
        const known = findTag(connection, libraryZone, name);
        return {
          label: `Made the tag “${name}”`,
          rows: known === undefined ? [insertTag(id, libraryZone, name, color)] : [],
          write: (write: Write, connection) => write(connection),
          result: known?.id ?? id,
        };
      });
      return toTag(find(found));
    },

    update: async (id, { name, color }) => {
      const stays = await steps.run(() => {
        const row = find(id);
        if (!mayEdit(readZones(connection).get(row.zone_id), row.created_by)) {
          throw new AppError('permissionFailure', `You may not change the tag “${row.name}”.`, { neededRight: 'EDIT' });
        }
        const renamed = name !== undefined && name.normalize('NFC').trim() !== row.name;
        const values: Record<string, SqlValue> = {};
        if (color !== undefined && color !== row.color) values['color'] = color;
        const other = renamed ? findTag(connection, row.zone_id, name) : undefined;
        if (!renamed || other === undefined || other.id === id) {
          if (renamed) {
            values['name'] = name.normalize('NFC').trim();
            values['name_key'] = tagNameKey(name);
          }
          const label = renamed ? `Renamed the tag “${row.name}” to “${name}”` : `Changed the tag “${row.name}”`;
          return { ...run(label, Object.keys(values).length === 0 ? [] : [setTag(id, values)]), result: id };
        }
        const [winner, loser] = other.id < id ? [other, row] : [row, other];
        const kept: Record<string, SqlValue> = { ...values };
        if (winner.name !== other.name) {
          kept['name'] = other.name;
          kept['name_key'] = other.name_key;
        }
        return {
          ...run(`Merged the tag “${row.name}” into “${other.name}”`, [
            ...(Object.keys(kept).length === 0 ? [] : [setTag(winner.id, kept)]),
            ...merge(loser, winner),
          ]),
          result: winner.id,
        };
      });
      return toTag(find(stays));
    },

    delete: (id) =>
      steps.run(() => {
        const row = find(id);
        const zone = readZones(connection).get(row.zone_id);
        // What was merged into it would come back with the next photo tagged on a computer that has not heard.
        const tags = tagWithMerged(connection, id).map(find);
        const pairs = connection
          .statement<[string], { id: string; created_by: string | null }>(
            'SELECT id, created_by FROM photo_tag WHERE tag_id IN (SELECT value FROM json_each(?))',
          )
          .all(JSON.stringify(tags.map((tag) => tag.id)));
        if (![...tags, ...pairs].every((one) => mayDelete(zone, one.created_by))) {
          throw new AppError('permissionFailure', `You may not delete the tag “${row.name}”: others use it.`, {
            neededRight: 'DELETE',
          });
        }
        return run(`Deleted the tag “${row.name}”`, [
          ...pairs.map<Write>((pair) => (connection) => deletePair(connection, pair.id)),
          ...tags.reverse().map<Write>((tag) => (connection) => {
            connection.statement<[string]>('DELETE FROM tag WHERE id = ?').run(tag.id);
          }),
        ]);
      }),

    stateOf: (photoIDs) =>
      connection
        .statement<[string], TagState>(
          `SELECT min(t.id) AS id, min(t.name) AS name, max(t.color) AS color, count(DISTINCT pt.photo_id) AS count
           FROM json_each(?) AS wanted CROSS JOIN photo_tag AS pt ON pt.photo_id = wanted.value
           CROSS JOIN tag AS t ON t.id = pt.tag_id
           WHERE t.merged_into IS NULL GROUP BY t.name_key ORDER BY t.name_key`,
        )
        .all(JSON.stringify([...new Set(photoIDs)])),

    apply: (photoIDs, add, remove) =>
      steps.run(() => {
        const zones = readZones(connection);
        const { allowed, refused } = permitted(connection, readTargets(connection, photoIDs), 'edit');
        const there = new Set(
          connection
            .statement<[string], { id: string }>(
              `SELECT pt.id FROM json_each(?) AS wanted CROSS JOIN photo_tag AS pt ON pt.photo_id = wanted.value`,
            )
            .all(JSON.stringify(allowed.map((photo) => photo.id)))
            .map((row) => row.id),
        );
        const made: Write[] = [];
        const pairs: Write[] = [];
        const changed = new Set<string>();
        const refusedPhotos = new Set<string>();
        const tagIn = new Map<string, string>();
        for (const name of uniqueNames(add)) {
          for (const photo of allowed) {
            if (!mayAdd(zones.get(photo.zone_id))) {
              refusedPhotos.add(photo.id);
              continue;
            }
            const key = `${photo.zone_id}\n${tagNameKey(name)}`;
            let tag = tagIn.get(key) ?? findTag(connection, photo.zone_id, name)?.id;
            if (tag === undefined) {
              tag = newId();
              made.push(insertTag(tag, photo.zone_id, name, null));
            }
            tagIn.set(key, tag);
            const tagID = tag;
            if (there.has(photoTagID(photo.id, tagID))) continue;
            changed.add(photo.id);
            pairs.push((connection) => insertPair(connection, photo.zone_id, photo.id, tagID));
          }
        }
        for (const pair of carried(
          connection,
          allowed.map((photo) => photo.id),
          remove,
        )) {
          if (!mayDelete(zones.get(pair.zone_id), pair.created_by)) {
            refusedPhotos.add(pair.photo_id);
            continue;
          }
          changed.add(pair.photo_id);
          pairs.push((connection) => deletePair(connection, pair.id));
        }
        return {
          label: applyLabel(changed.size, add, remove),
          rows: pairs.length === 0 ? [] : [...made, ...pairs],
          write: (write, connection) => write(connection),
          result: { changed: changed.size, refused: refused + refusedPhotos.size },
        };
      }),
  };
}

/** The pairs of these photos with tags of these names, merged tags included. */
function carried(
  connection: Connection,
  photoIDs: readonly string[],
  names: readonly string[],
): { id: string; photo_id: string; zone_id: string; created_by: string | null }[] {
  if (names.length === 0) return [];
  return connection
    .statement<[string, string], { id: string; photo_id: string; zone_id: string; created_by: string | null }>(
      `SELECT pt.id, pt.photo_id, pt.zone_id, pt.created_by FROM json_each(?) AS wanted
       CROSS JOIN photo_tag AS pt ON pt.photo_id = wanted.value CROSS JOIN tag AS t ON t.id = pt.tag_id
       LEFT JOIN tag AS winner ON winner.id = t.merged_into
       WHERE coalesce(winner.name_key, t.name_key) IN (SELECT value FROM json_each(?))`,
    )
    .all(JSON.stringify(photoIDs), JSON.stringify(names.map(tagNameKey)));
}

const uniqueNames = (names: readonly string[]): string[] => [
  ...new Map(names.map((name) => [tagNameKey(name), name] as const)).values(),
];

function applyLabel(count: number, add: readonly string[], remove: readonly string[]): string {
  const list = (names: readonly string[]) => names.map((name) => `“${name}”`).join(', ');
  if (remove.length === 0) return `Tagged ${photosText(count)} ${list(add)}`;
  if (add.length === 0)
    return `Removed the tag${remove.length > 1 ? 's' : ''} ${list(remove)} from ${photosText(count)}`;
  return `Changed the tags of ${photosText(count)}`;
}
