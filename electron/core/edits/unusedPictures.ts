import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { timer, type Schedule } from '../library/quietRunner.ts';
import { nextTurn } from '../library/steps.ts';
import { frameKey } from '../media/thumbnailCache.ts';
import type { Store } from '../store/store.ts';
import { pictureKeys, uneditedKey } from './pictureKeys.ts';

/** Takes pictures out of the cache that no photo and no version of one shows any more. */
export interface UnusedPictures {
  /** Looks through the whole cache. @returns how many files went */
  sweep(): Promise<number>;
  dispose(): void;
}

/** A picture this young may belong to a row that is only being written, ms. */
const tooYoung = 10 * 60_000;
const firstAfter = 5 * 60_000;
const every = 6 * 3_600_000;
const photosAtOnce = 200;

/**
 * Most pictures go with what they show; those of a version that was deleted, or of a photo another computer deleted, are
 * found here: once in a while, and soon after a share has ended, since nothing of it may stay readable.
 */
export function createUnusedPictures(deps: {
  readonly store: Store;
  readonly cacheDirectory: string;
  readonly now: () => number;
  readonly reportError: (error: unknown) => void;
  /** Lets others have a turn between two bites. */
  readonly pause?: () => Promise<void>;
  readonly schedule?: Schedule;
}): UnusedPictures {
  const { store, cacheDirectory, now, reportError, schedule = timer } = deps;
  const { connection } = store;
  const pause = deps.pause ?? nextTurn;
  const root = join(cacheDirectory, 'thumbs');
  let stopped = false;

  const isContent = (key: string): boolean =>
    connection
      .statement<[string, string]>(
        `SELECT 1 WHERE EXISTS (SELECT 1 FROM photo WHERE sha256 = ?) OR EXISTS (SELECT 1 FROM resource WHERE sha256 = ?)`,
      )
      .get(key, key) !== undefined;

  /** Files that are no plain picture of a content in the library, by the name before their size; unfinished ones by theirs. */
  const derived = async (): Promise<Map<string, string[]>> => {
    const found = new Map<string, string[]>();
    for (const shard of await namesIn(root)) {
      const names = await namesIn(join(root, shard));
      // The library may have been closed meanwhile.
      if (stopped) return new Map();
      for (const name of names) {
        const path = join(root, shard, name);
        const key = /^([0-9a-f]{64})-/.exec(name)?.[1];
        // Half a picture is nobody's, whosever picture it was to be.
        if (name.endsWith('.tmp')) found.set(name, [path]);
        else if (key !== undefined && !isContent(key)) found.set(key, [...(found.get(key) ?? []), path]);
      }
      await pause();
    }
    return found;
  };

  const sweep = async (): Promise<number> => {
    const unknown = await derived();
    let after = '';
    while (unknown.size > 0) {
      if (stopped) return 0;
      const photos = connection
        .statement<[string, number], { id: string; sha256: string | null; special: number }>(
          `SELECT id, sha256, media_type = 'video' OR EXISTS (SELECT 1 FROM edit WHERE photo_id = photo.id) AS special
           FROM photo WHERE id > ? ORDER BY id LIMIT ?`,
        )
        .all(after, photosAtOnce);
      const last = photos.at(-1);
      if (last === undefined) break;
      for (const { id, sha256, special } of photos) {
        unknown.delete(uneditedKey(sha256 ?? id));
        if (special === 0) continue;
        for (const key of pictureKeys(connection, id)) {
          unknown.delete(key);
          unknown.delete(frameKey(key));
        }
      }
      after = last.id;
      await pause();
    }
    let gone = 0;
    for (const path of [...unknown.values()].flat()) {
      if (stopped) return gone;
      if (await isYoung(path)) continue;
      await rm(path, { force: true });
      gone += 1;
    }
    return gone;
  };

  const isYoung = async (path: string): Promise<boolean> => {
    try {
      return now() - (await stat(path)).mtimeMs < tooYoung;
    } catch {
      return true;
    }
  };

  let waiting = schedule(firstAfter, again);
  function again(): void {
    waiting = schedule(every, again);
    sweep().catch(reportError);
  }
  const sharedZones = (): number =>
    connection.statement<[], { count: number }>(`SELECT count(*) AS count FROM zone WHERE store = 'shared'`).get()
      ?.count ?? 0;
  let zones = sharedZones();
  const subscription = store.didChange.subscribe(() => {
    const before = zones;
    zones = sharedZones();
    if (zones >= before) return;
    waiting.dispose();
    waiting = schedule(1_000, () => {
      // What was rendered just now is old enough by then.
      waiting = schedule(tooYoung + 60_000, again);
      sweep().catch(reportError);
    });
  });
  return {
    sweep,
    dispose: () => {
      stopped = true;
      subscription.dispose();
      waiting.dispose();
    },
  };
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}
