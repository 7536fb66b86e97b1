import { isAppError } from '../../../shared/errors.ts';
import type { Facts } from '../media/facts.ts';
import { formats } from '../media/formats.ts';
import type { HeaderResult } from '../media/headerFacts.ts';
import type { MediaPool } from '../media/mediaPool.ts';
import type { ContentPass } from './contentPass.ts';
import { nameParts } from './fileNames.ts';
import { isFree, isSameShot } from './lateHalves.ts';
import type { KnownPhoto } from './photoRows.ts';
import { takeHeader, type PassContext } from './session.ts';
import type { ItemRow } from './sessionRows.ts';

export interface PairPass {
  /**
   * Decides about a video or RAW that has a still of the same name beside it: the moving part of a Live Photo (equal
   * content identifier), the RAW of a JPEG (same name, same moment, same camera), or a photo of its own. That also where
   * the still lies in the trash, with which it would be thrown away.
   */
  take(item: ItemRow, header: HeaderResult | undefined, signal: AbortSignal): Promise<void>;
}

export interface PairDependencies extends PassContext {
  readonly pool: Pick<MediaPool, 'run'>;
  readonly content: ContentPass;
}

export function createPairPass(deps: PairDependencies): PairPass {
  const { store, sessions, photos, files, pool, content } = deps;
  return {
    take: async (item, header, signal) => {
      if (item.change === 'new' && header?.kind === 'media') {
        const partner = await partnerOf(item, header, signal);
        if (partner !== undefined) {
          const kind = formats[header.format].family === 'raw' ? 'raw' : 'pairedVideo';
          if (await content.attach(item, header.format, partner, kind, signal)) return;
        }
      }
      store.transaction('ingest', () => takeHeader(deps, item, header));
      const read = sessions.item(item.id);
      if (read?.outcome === 'read') await content.take(read, signal);
    },
  };

  async function partnerOf(
    item: ItemRow,
    header: Extract<HeaderResult, { kind: 'media' }>,
    signal: AbortSignal,
  ): Promise<KnownPhoto | undefined> {
    const { family } = formats[header.format];
    if (family === 'image') return undefined;
    const facts = await factsOf(item, header, signal);
    if (facts === undefined) return undefined;
    if (family === 'video') {
      if (facts.contentIdentifier === null) return undefined;
      return photos
        .photosByContentIdentifier(facts.contentIdentifier)
        .find((photo) => photo.media_type === 'image' && isFree(photo));
    }
    return neighbours(item).find(
      (photo) =>
        photo.media_type === 'image' &&
        photo.kind === 'photo' &&
        isFree(photo) &&
        isSameShot({ takenAt: photo.taken_at, make: photo.make }, facts),
    );
  }

  async function factsOf(
    item: ItemRow,
    header: Extract<HeaderResult, { kind: 'media' }>,
    signal: AbortSignal,
  ): Promise<Facts | undefined> {
    try {
      return await pool.run('facts', { path: item.path, format: header.format, make: null }, { signal });
    } catch (error) {
      if (isAppError(error) && error.code === 'cancelled') throw error;
      return undefined;
    }
  }

  /** Photos whose file has the same stem in the same folder: of this session, and of earlier scans of the folder. */
  function neighbours(item: ItemRow): KnownPhoto[] {
    const { folder, stem } = nameParts(item.path);
    const ids = new Set(
      sessions
        .neighbours(item.session_id, folder)
        .filter((one) => nameParts(one.path).stem === stem)
        .map((one) => one.photo_id),
    );
    const file = item.file_id === null ? undefined : files.file(item.file_id);
    if (file !== undefined) {
      const inside = nameParts(file.path);
      for (const one of files.besides(file.folder_id, inside.folder)) {
        if (one.photo_id !== null && nameParts(one.path).stem === inside.stem) ids.add(one.photo_id);
      }
    }
    return [...ids].flatMap((id) => photos.photo(id) ?? []);
  }
}
