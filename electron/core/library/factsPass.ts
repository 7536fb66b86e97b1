import { readFile } from 'node:fs/promises';
import { isAppError } from '../../../shared/errors.ts';
import type { Facts } from '../media/facts.ts';
import { formatOfMime } from '../media/formats.ts';
import type { FactsRequest } from '../media/mediaJobs.ts';
import type { MediaPool } from '../media/mediaPool.ts';
import type { FileRow } from './fileRows.ts';
import { joinHalves } from './lateHalves.ts';
import { absolutePath, type PassContext } from './session.ts';
import { parseTakeout, withSidecar } from './takeout.ts';

export interface FactsPass {
  /** Reads everything a photo's file and its sidecars say, and writes it down. Never fails for what a file holds. */
  take(photoID: string, signal: AbortSignal): Promise<void>;
  /** Reads a sidecar's facts; undefined when it is no sidecar Shoebox knows. */
  sidecar(
    path: string,
    signal: AbortSignal,
  ): Promise<{ readonly facts: Facts; readonly favourite: boolean } | undefined>;
}

/** Level of a photo whose facts are complete (`photo.facts_level`). */
export const allFacts = 3;

export interface FactsDependencies extends PassContext {
  readonly pool: Pick<MediaPool, 'run'>;
}

/** A JSON larger than this is no Takeout sidecar. */
const sidecarBytes = 1_000_000;

export function createFactsPass(deps: FactsDependencies): FactsPass {
  const { store, files, photos, pool, now } = deps;

  const sidecar: FactsPass['sidecar'] = async (path, signal) => {
    if (path.toLowerCase().endsWith('.json')) {
      const text = await readFile(path, { encoding: 'utf8', signal });
      return text.length > sidecarBytes ? undefined : parseTakeout(text);
    }
    if (!path.toLowerCase().endsWith('.xmp')) return undefined;
    const facts = await pool.run('facts', { path, format: null, make: null }, { signal, priority: 'later' });
    return { facts, favourite: false };
  };

  return {
    sidecar,
    take: async (photoID, signal) => {
      const photo = photos.photo(photoID);
      const original = photo === undefined ? undefined : photos.originalOf(photoID);
      if (photo === undefined) return;
      if (original === undefined) return finish(photoID);
      const mime = photos.resource(original.id)?.mime_type ?? null;
      const format = mime === null ? undefined : formatOfMime(mime);
      const file = files.filesOfResource(original.id).find((one) => one.state === 'present');
      if (format === undefined || file === undefined) return finish(photoID);
      const read = await readTwice({ path: pathOf(file), format, make: photo.make }, signal);
      // What the header said is all there is.
      if (read === undefined) return finish(photoID);
      let facts = read;
      let favourite = false;
      for (const beside of files.filesOfPhoto(photoID).filter((one) => one.state === 'sidecar')) {
        const said = await sidecar(pathOf(beside), signal).catch((error: unknown) => {
          if (isAppError(error) && error.code === 'cancelled') throw error;
          return undefined;
        });
        if (said === undefined) continue;
        facts = withSidecar(facts, said.facts);
        favourite ||= said.favourite;
      }
      store.transaction('ingest', () => {
        if (photos.photo(photoID) === undefined) return;
        photos.setFacts(photoID, facts, allFacts, Number(BigInt(file.modified_ns) / 1_000_000n), now());
        photos.addKeywords(photo, facts.keywords, now());
        photos.addRating(photo, facts.rating, now());
        if (favourite) photos.addFavourite(photoID, now());
        joinHalves(deps, photoID);
      });
    },
  };

  /** A second try for what may have been the machine's fault (a timeout), not the file's. */
  async function readTwice(request: FactsRequest, signal: AbortSignal): Promise<Facts | undefined> {
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      try {
        return await pool.run('facts', request, { signal, priority: 'later' });
      } catch (error) {
        if (isAppError(error) && error.code === 'cancelled') throw error;
      }
    }
    return undefined;
  }

  function finish(photoID: string): void {
    store.transaction('ingest', () => photos.finishFacts(photoID, allFacts));
  }

  function pathOf(file: FileRow): string {
    const folder = files.folder(file.folder_id);
    if (folder === undefined) throw new Error(`File ${file.id} lies in no folder`);
    return absolutePath(folder, file.path);
  }
}
