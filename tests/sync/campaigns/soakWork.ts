import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CoreClient } from '../../../electron/cli/coreSession.ts';
import { isAppError } from '../../../shared/errors.ts';
import type { PhotoID } from '../../../shared/ids.ts';
import { age, drawPhoto } from '../../helpers/photos.ts';

/** What somebody does, by weight. */
const weights = {
  import: 4,
  caption: 14,
  title: 8,
  rate: 8,
  favourite: 6,
  hide: 2,
  tag: 8,
  untag: 3,
  album: 2,
  addToAlbum: 6,
  removeFromAlbum: 3,
  renameAlbum: 2,
  comment: 5,
  adjust: 5,
  turn: 3,
  revert: 3,
  place: 3,
  date: 2,
  trash: 5,
  restore: 4,
  deleteForever: 2,
  undo: 3,
} as const;
type Work = keyof typeof weights;

const tagNames = ['Crete', 'crete', 'Family', 'Boat', 'Überblick', 'Evening'];

/** Refusals a person meets when the other computer was quicker, or when there is nothing to do it to. */
const ordinary = new Set([
  'notFound',
  'conflict',
  'invalidInput',
  'notSupported',
  'permissionFailure',
  'alreadyExists',
]);

/** Random work over the contract, as a window does it. */
export interface Worker {
  /** Does one thing. @throws Error for an answer no person should get */
  step(): Promise<void>;
  readonly done: Readonly<Record<string, number>>;
}

/** @param number tells this computer's photos from the other's; equal seeds draw equal pictures */
export function createWorker(
  client: CoreClient,
  pictures: string,
  number: number,
  below: (limit: number) => number,
): Worker {
  const done: Record<string, number> = {};
  const all = Object.entries(weights) as [Work, number][];
  const total = all.reduce((sum, [, weight]) => sum + weight, 0);
  let drawn = 0;

  const pickWork = (): Work => {
    let left = below(total);
    for (const [work, weight] of all) {
      left -= weight;
      if (left < 0) return work;
    }
    return 'caption';
  };
  const pick = <T>(list: readonly T[]): T | undefined => list[below(Math.max(1, list.length))];
  const photosOf = (kind: 'library' | 'trash'): Promise<readonly PhotoID[]> =>
    client.photos.allIDs({ view: { source: { kind } } });

  const run = async (work: Work): Promise<boolean> => {
    if (work === 'import') {
      drawn += 1;
      const path = join(pictures, `picture-${number}-${drawn}.jpg`);
      writeFileSync(path, await drawPhoto({ seed: number * 100_000 + drawn, width: 480, height: 320 }));
      age(path);
      await client.library.import({ paths: [path] });
      return true;
    }
    if (work === 'undo') {
      await client.undo.undo({});
      return true;
    }
    if (work === 'restore' || work === 'deleteForever') {
      const trashed = pick(await photosOf('trash'));
      if (trashed === undefined) return false;
      if (work === 'restore') await client.photos.restore({ ids: [trashed] });
      else await client.photos.deleteForever({ ids: [trashed] });
      return true;
    }
    const id = pick(await photosOf('library'));
    if (id === undefined) return false;
    const ids = [id];
    const albums = (await client.albums.list({})).filter((album) => album.kind === 'manual');
    const album = pick(albums);
    const word = `${work} ${number}.${below(1_000_000)}`;
    switch (work) {
      case 'caption':
        await client.photos.setText({ ids, caption: word });
        return true;
      case 'title':
        await client.photos.setText({ ids, title: word });
        return true;
      case 'rate':
        await client.photos.setRating({ ids, rating: below(6) });
        return true;
      case 'favourite':
        await client.photos.setFavourite({ ids, favourite: below(2) === 0 });
        return true;
      case 'hide':
        await client.photos.setHidden({ ids, hidden: below(3) === 0 });
        return true;
      case 'tag':
        await client.tags.apply({ photoIDs: ids, add: [pick(tagNames) ?? 'Boat'] });
        return true;
      case 'untag':
        await client.tags.apply({ photoIDs: ids, remove: [pick(tagNames) ?? 'Boat'] });
        return true;
      case 'album':
        if (albums.length >= 8) return false;
        await client.albums.create({ kind: 'manual', title: word, photoIDs: ids });
        return true;
      case 'addToAlbum':
        if (album === undefined) return false;
        await client.albums.addPhotos({ id: album.id, photoIDs: ids });
        return true;
      case 'removeFromAlbum':
        if (album === undefined) return false;
        await client.albums.removePhotos({ id: album.id, photoIDs: ids });
        return true;
      case 'renameAlbum':
        if (album === undefined) return false;
        await client.albums.update({ id: album.id, title: word });
        return true;
      case 'comment':
        await client.photos.addComment({ id, text: word });
        return true;
      case 'adjust':
        await client.edits.save({
          id,
          stack: { version: 1, steps: [{ kind: 'exposure', value: (below(200) - 100) / 100 }] },
        });
        return true;
      case 'turn':
        await client.edits.turn({ ids, by: 'clockwise' });
        return true;
      case 'revert':
        await client.edits.revert({ ids });
        return true;
      case 'place':
        await client.photos.setPlace({ ids, place: { latitude: below(60), longitude: below(60) } });
        return true;
      case 'date':
        await client.photos.setDate({ ids, change: { mode: 'shift', seconds: below(86_400) } });
        return true;
      case 'trash':
        await client.photos.trash({ ids });
        return true;
    }
  };

  return {
    done,
    step: async () => {
      const work = pickWork();
      try {
        const name = (await run(work)) ? work : `nothing to ${work}`;
        done[name] = (done[name] ?? 0) + 1;
      } catch (error) {
        if (!isAppError(error) || !ordinary.has(error.code)) {
          throw new Error(`${work} on computer ${number} failed`, { cause: error });
        }
        const name = `${work}: ${error.code}`;
        done[name] = (done[name] ?? 0) + 1;
      }
    },
  };
}
