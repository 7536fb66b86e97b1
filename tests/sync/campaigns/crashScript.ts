import { createHash } from 'node:crypto';
import type { SqlValue } from '../../../electron/core/store/connection.ts';
import { derivedId, photoTagID } from '../../../electron/core/store/derivedId.ts';
import { tagNameKey } from '../../../shared/tagName.ts';
import { createSeededRandom } from '../../helpers/seededRandom.ts';

/** One statement of a step, written so that a second run changes nothing more. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/**
 * One thing somebody does. Steps hold every id and value they write, so that a script can be taken up anywhere, by
 * another process too, and ends in the same library.
 */
export type CrashStep =
  | { readonly kind: 'write'; readonly statements: readonly Statement[] }
  /** A photo with a file among the originals and a grid picture in the cache. */
  | {
      readonly kind: 'photo';
      readonly id: string;
      readonly file: Buffer;
      readonly picture: Buffer;
      readonly at: number;
    }
  /** Into the zone of a share of one's own, with everything that belongs to the photo. */
  | { readonly kind: 'move'; readonly photoID: string; readonly zone: string; readonly at: number }
  | { readonly kind: 'sync' };

/** The zone photos are moved to. */
export const shareZone = 'share.crash';

/** What two computers of one person do: one before the other knows anything, and then both. */
export interface CrashScripts {
  /** Computer B, first: what both know when the rest begins. */
  readonly known: readonly CrashStep[];
  /** Computer B, while A is away: A meets it at its first sync. */
  readonly elsewhere: readonly CrashStep[];
  /** Computer A: the steps that are cut. */
  readonly steps: readonly CrashStep[];
}

const firstDay = Date.UTC(2026, 5, 1);

/**
 * Equal seeds make equal scripts. A writes the fields it has for itself, and some that B wrote before; so every row has
 * one possible end, whenever A is cut off.
 * @param count steps of A; the last of each fifty is a sync
 */
export function makeCrashScripts(seed: number, count: number): CrashScripts {
  const theirs = createMaker(seed, 'b');
  const known = [
    ...Array.from({ length: 8 }, () => theirs.photo()),
    ...Array.from({ length: 30 }, () => theirs.bare().step),
    theirs.tag('Crete'),
    theirs.tag('Family'),
    theirs.album(),
    ...Array.from({ length: 40 }, () => theirs.small()),
  ];
  const met = [...theirs.photos];
  // Without a file: what becomes of files of deleted photos is the library's business, not sync's.
  const doomed = Array.from({ length: 6 }, () => theirs.bare(false));
  const elsewhere = [
    ...Array.from({ length: 6 }, () => theirs.photo()),
    ...met.slice(0, 20).map((id, index) => theirs.set('photo', id, { title: `title ${index} of b`, place: 'Chania' })),
    ...Array.from({ length: 40 }, () => theirs.small()),
    ...doomed.map(({ id }) => theirs.remove('photo', id)),
  ];

  const mine = createMaker(seed + 1, 'a', met);
  const steps: CrashStep[] = [
    { kind: 'write', statements: [zoneRow()] },
    mine.tag('Harbour'),
    mine.tag('crete'),
    mine.album(),
  ];
  while (steps.length < count) {
    const at = steps.length;
    if (at % 50 === 49 || at === count - 1) steps.push({ kind: 'sync' });
    else if (at % 25 === 7) steps.push(mine.photo());
    else if (at % 40 === 30) steps.push(mine.move());
    else if (at % 11 === 3) steps.push(mine.bare().step);
    else if (at % 13 === 5) steps.push(mine.set('photo', mine.pickOf(met.slice(0, 20)), { place: `Heraklion ${at}` }));
    else steps.push(mine.small());
  }
  return { known: [...known, ...doomed.map(({ step }) => step)], elsewhere, steps };
}

const zoneRow = (): Statement => ({
  sql: `INSERT INTO zone (id, store, name, kind, created_at) VALUES (?, 'private', ?, 'share', ?) ON CONFLICT DO NOTHING`,
  values: [shareZone, shareZone, firstDay],
});

function createMaker(seed: number, who: string, others: readonly string[] = []) {
  const random = createSeededRandom(seed);
  let made = 0;
  const photos: string[] = [];
  const moved = new Set<string>();
  const tags: string[] = [];
  const albums: string[] = [];
  const removable: { table: string; id: string }[] = [];
  const newID = (): string => {
    made += 1;
    return derivedId('crash', who, String(seed), String(made));
  };
  const at = (): number => firstDay + made * 1_000;
  const pickOf = <T>(list: readonly T[]): T => {
    const found = list[random(list.length)];
    if (found === undefined) throw new Error('The script has nothing to choose from');
    return found;
  };
  const everything = (): readonly string[] => [...others, ...photos];
  /** Photos whose rows lie in the library zone: what belongs to a photo must be made in the photo's zone. */
  const athome = (): readonly string[] => everything().filter((id) => !moved.has(id));

  const insert = (table: string, values: Readonly<Record<string, SqlValue>>): Statement => ({
    sql: `INSERT INTO ${table} (${Object.keys(values).join(', ')}) VALUES (${Object.keys(values)
      .map(() => '?')
      .join(', ')}) ON CONFLICT (id) DO NOTHING`,
    values: Object.values(values),
  });
  const provenance = () => ({ zone_id: 'library', created_at: at(), modified_at: at() });
  const write = (...statements: readonly Statement[]): CrashStep => ({ kind: 'write', statements });
  const set = (table: string, id: string, values: Readonly<Record<string, SqlValue>>): CrashStep => {
    made += 1;
    const all = { ...values, modified_at: at() };
    return write({
      sql: `UPDATE ${table} SET ${Object.keys(all)
        .map((name) => `${name} = ?`)
        .join(', ')} WHERE id = ?`,
      values: [...Object.values(all), id],
    });
  };
  const remove = (table: string, id: string): CrashStep =>
    write({ sql: `DELETE FROM ${table} WHERE id = ?`, values: [id] });
  const addRow = (table: string, id: string, values: Readonly<Record<string, SqlValue>>): CrashStep =>
    write(insert(table, { id, ...provenance(), ...values }));

  /** A photo without a file. @param keep later steps may choose it */
  const bare = (keep = true): { readonly id: string; readonly step: CrashStep } => {
    const id = newID();
    const step = addRow('photo', id, {
      kind: 'photo',
      media_type: 'image',
      file_name: `${who}-${made}.jpg`,
      sort_at: at(),
      taken_at: new Date(at()).toISOString().slice(0, 19),
    });
    if (keep) photos.push(id);
    return { id, step };
  };

  const small = (): CrashStep => {
    switch (random(12)) {
      case 0:
        return set('photo', pickOf(everything()), { caption: `caption ${made} of ${who}` });
      case 1:
        return set('photo', pickOf(photos.length > 0 ? photos : everything()), { title: `title ${made} of ${who}` });
      case 2:
        return set('photo', pickOf(everything()), { trashed_at: random(2) === 0 ? null : at() });
      case 3: {
        const photoID = pickOf(athome());
        const tagID = pickOf(tags);
        const id = photoTagID(photoID, tagID);
        removable.push({ table: 'photo_tag', id });
        return addRow('photo_tag', id, { photo_id: photoID, tag_id: tagID });
      }
      case 4: {
        const id = newID();
        removable.push({ table: 'comment', id });
        return addRow('comment', id, { photo_id: pickOf(athome()), kind: 'text', text: `remark ${made} of ${who}` });
      }
      case 5: {
        const id = newID();
        removable.push({ table: 'album_item', id });
        return addRow('album_item', id, {
          album_id: pickOf(albums),
          photo_id: pickOf(everything()),
          position: `a${made}`,
        });
      }
      case 6: {
        const photoID = pickOf(athome());
        return addRow('rating', derivedId('CrashRating', who, photoID), { photo_id: photoID, value: 1 + random(5) });
      }
      case 7: {
        const photoID = pickOf(everything());
        return addRow('personal', derivedId('CrashPersonal', who, photoID), {
          photo_id: photoID,
          favourite: random(2),
        });
      }
      case 8: {
        const photoID = pickOf(athome());
        const id = newID();
        return write(
          insert('edit', {
            id,
            ...provenance(),
            photo_id: photoID,
            stack: JSON.stringify({ made: [who, made] }),
            format_version: 1,
          }),
          { sql: 'UPDATE photo SET current_edit_id = ?, modified_at = ? WHERE id = ?', values: [id, at(), photoID] },
        );
      }
      case 9:
        return addRow('saved_search', newID(), { title: `search ${made}`, query: '{}', position: `a${made}` });
      case 10:
        return set('album', pickOf(albums), { title: `album ${made} of ${who}` });
      default: {
        const gone = removable.splice(random(Math.max(1, removable.length)), 1)[0];
        if (gone === undefined) return set('photo', pickOf(everything()), { country: `country ${made}` });
        return remove(gone.table, gone.id);
      }
    }
  };

  return {
    photos,
    pickOf,
    set,
    remove,
    bare,
    small,
    photo: (): CrashStep => {
      const id = newID();
      photos.push(id);
      const size = 20_000 + random(8) * 25_000;
      return {
        kind: 'photo',
        id,
        file: bytesOf(`${id} file`, size),
        picture: bytesOf(`${id} picture`, 3_000),
        at: at(),
      };
    },
    tag: (name: string): CrashStep => {
      const id = newID();
      tags.push(id);
      return addRow('tag', id, { name, name_key: tagNameKey(name) });
    },
    album: (): CrashStep => {
      const id = newID();
      albums.push(id);
      return addRow('album', id, { kind: 'manual', title: `album of ${who}`, position: `a${made}` });
    },
    /** A photo of one's own that nobody has moved yet. */
    move: (): CrashStep => {
      made += 1;
      const photoID = pickOf(photos.filter((id) => !moved.has(id)));
      moved.add(photoID);
      return { kind: 'move', photoID, zone: shareZone, at: at() };
    },
  };
}

/** Bytes that do not compress and follow from a text. */
function bytesOf(text: string, size: number): Buffer {
  const parts: Buffer[] = [];
  for (let count = 0; count * 64 < size; count += 1) {
    parts.push(createHash('sha512').update(`${text} ${count}`).digest());
  }
  return Buffer.concat(parts).subarray(0, size);
}
