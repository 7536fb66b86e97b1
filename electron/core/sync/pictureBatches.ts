import { createHash } from 'node:crypto';
import { AppError, isAppError, type AppErrorCode } from '../../../shared/errors.ts';
import type { AssetFiles, AssetResource } from './assetFiles.ts';
import type { AssetJob } from './assetQueue.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { CloudDatabase } from './cloudDatabase.ts';
import { cloudZone, type LocalZones } from './localZones.ts';

/** Brings pictures for the grid, many with one request: each with a request of its own, a share takes as long as its latency. */
export interface PictureBatches {
  /**
   * Fetches and places what can be had of these jobs.
   * @returns the ids of the resources that are here now; the others go the ordinary way, which says what is wrong
   * @throws AppError for what no other transfer would survive either (no network, signed out); cancelled
   */
  take(jobs: readonly AssetJob[]): Promise<ReadonlySet<string>>;
}

/** Errors that meet every transfer alike: nobody answered, the server asked for time, nobody is signed in, or it was stopped. */
const everybodys: ReadonlySet<AppErrorCode> = new Set([
  'offline',
  'timedOut',
  'notAuthenticated',
  'requestRateLimited',
  'zoneBusy',
  'cancelled',
]);

/** A picture for the grid is a few ten thousand bytes; what is larger travels by itself and can be continued. */
const largest = 256 * 1024;

export function createPictureBatches(deps: {
  readonly cloud: CloudDatabase;
  readonly files: AssetFiles;
  readonly zones: Pick<LocalZones, 'byId'>;
  readonly bandwidth: Bandwidth;
  readonly alive: () => boolean;
  readonly onBytes: (bytes: number) => void;
}): PictureBatches {
  const { cloud, files, zones } = deps;
  /** A server of before does not know the call; it is not asked twice. */
  let known = true;

  const isAlone = async (resource: AssetResource): Promise<boolean> => {
    const local = await files.open(resource);
    await local?.close();
    return local === undefined;
  };

  async function takeZone(zoneId: string, resources: readonly AssetResource[]): Promise<readonly string[]> {
    const zone = zones.byId(zoneId);
    if (zone === undefined || resources.length < 2) return [];
    const bytesOf = await cloud.fetchAssets(
      cloudZone(zone),
      resources.map(({ id }) => ({ recordName: id, fieldName: 'data' })),
    );
    const pictures = resources.flatMap((resource) => {
      const bytes = bytesOf.get(resource.id);
      const same = bytes !== undefined && createHash('sha256').update(bytes).digest('hex') === resource.sha256;
      return same ? [{ resource, bytes }] : [];
    });
    const length = pictures.reduce((sum, { bytes }) => sum + bytes.length, 0);
    await deps.bandwidth.take(length);
    if (!deps.alive()) throw new AppError('cancelled', 'The download was stopped; it goes on later.');
    await files.placePictures(pictures);
    deps.onBytes(length);
    return pictures.map(({ resource }) => resource.id);
  }

  return {
    take: async (jobs) => {
      const done = new Set<string>();
      const small: AssetResource[] = [];
      for (const { direction, resource } of known ? jobs : []) {
        const fits = resource.byteSize > 0 && resource.byteSize <= largest;
        if (direction !== 'download' || resource.kind !== 'thumbnail' || !fits) continue;
        if (await isAlone(resource)) small.push(resource);
      }
      for (const [zoneId, members] of Map.groupBy(small, (resource) => resource.zoneId)) {
        try {
          for (const id of await takeZone(zoneId, members)) done.add(id);
        } catch (error) {
          if (!isAppError(error) || everybodys.has(error.code) || error.data['retryAfter'] !== undefined) throw error;
          if (error.data['serverErrorCode'] === 'NOT_FOUND') known = false;
          // A zone that is closed to us, a full disk, a picture that breaks the answer of them all: the ordinary way finds
          // out which it is, one by one, and says so where the person sees it.
        }
      }
      return done;
    },
  };
}
