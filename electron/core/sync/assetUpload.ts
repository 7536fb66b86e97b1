import type { DatabaseScope, WireAsset } from '../../../shared/cloud/wireRecords.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { CloudDatabase, CloudZone, UploadRequest, UploadTicket } from './cloudDatabase.ts';
import { AppError, isAppError } from '../../../shared/errors.ts';
import type { AssetFiles, AssetResource } from './assetFiles.ts';

/** Bytes per chunk we are willing to hold in memory, whatever the server allows. */
export const largestChunk = 4 * 1024 * 1024;

/** What an upload needs around it. */
export interface UploadDependencies {
  readonly cloud: CloudDatabase;
  readonly files: AssetFiles;
  readonly bandwidth: Bandwidth;
  readonly alive: () => boolean;
  /** Kept so that the next start resumes; null when the upload is over. */
  readonly rememberUrl: (resourceId: string, url: string | null) => void;
  readonly onBytes: (bytes: number) => void;
}

/** What an upload of these bytes is asked for with. */
export function uploadRequest({ id, sha256 }: Pick<AssetResource, 'id' | 'sha256'>, size: number): UploadRequest {
  return {
    recordType: 'Resource',
    recordName: id,
    fieldName: 'data',
    size,
    sha256: Buffer.from(sha256, 'hex').toString('base64'),
  };
}

/**
 * Sends the bytes of one resource, going on where an earlier try stopped.
 * @param granted a ticket the server has given for as many bytes as the record says there are
 * @returns the asset value for the record
 * @throws AppError fileUnreadable when the bytes are not here, and what the server says
 */
export async function uploadAsset(
  deps: UploadDependencies,
  resource: AssetResource,
  place: { scope: DatabaseScope; zone: CloudZone },
  earlierUrl: string | null,
  granted?: UploadTicket,
): Promise<WireAsset> {
  const { cloud, files } = deps;
  const file = await files.open(resource);
  if (file === undefined) {
    throw new AppError('fileUnreadable', `The file of ${resource.fileName} is not on this computer now.`);
  }
  try {
    const request = uploadRequest(resource, file.size);
    const ticket =
      granted !== undefined && file.size === resource.byteSize
        ? granted
        : await cloud.requestUpload(place.scope, place.zone, request);
    if ('existing' in ticket) return ticket.existing;
    // Under another address of the server, or another server, what was begun cannot be gone on with.
    const begun = earlierUrl !== null && new URL(earlierUrl).origin === new URL(ticket.url).origin ? earlierUrl : null;
    const resumed = begun === null ? undefined : await received(cloud, begun);
    const url = resumed === undefined || begun === null ? ticket.url : begun;
    const chunkBytes = Math.min(largestChunk, ticket.chunkBytes);
    // A file that goes in one piece arrives whole or not at all: there is nothing to go on with.
    const kept = file.size > chunkBytes ? url : null;
    if (kept !== earlierUrl) deps.rememberUrl(resource.id, kept);
    return await sendChunks(deps, { ...file, sha256: request.sha256 }, url, resumed ?? 0, chunkBytes);
  } finally {
    await file.close();
  }
}

/** How far an upload of an earlier run came; undefined when the server has forgotten it. */
async function received(cloud: CloudDatabase, url: string): Promise<number | undefined> {
  try {
    return (await cloud.uploadStatus(url)).received;
  } catch (error) {
    if (isAppError(error) && error.code === 'unknownItem') return undefined;
    throw error;
  }
}

async function sendChunks(
  deps: UploadDependencies,
  file: { size: number; sha256: string; read(from: number, length: number): Promise<Uint8Array> },
  url: string,
  start: number,
  chunkBytes: number,
): Promise<WireAsset> {
  // With the last byte already there, it is what asks the server to finish what it did not come to finish.
  let from = Math.min(start, Math.max(0, file.size - 1));
  const goOn = () => {
    if (!deps.alive()) throw new AppError('cancelled', 'The upload was stopped; it goes on later.');
  };
  for (;;) {
    goOn();
    const chunk = await file.read(from, chunkBytes);
    if (chunk.length === 0 && from < file.size) {
      throw new AppError('fileUnreadable', 'The file became shorter while it was read.');
    }
    // What a small file is, and what the server is to find in it, was said when the upload was asked for.
    const isWhole = from === 0 && chunk.length === file.size;
    await deps.bandwidth.take(chunk.length);
    // Under a limit that took minutes, in which somebody may have paused.
    goOn();
    try {
      const progress = await deps.cloud.uploadChunk(url, chunk, from, file.size, isWhole ? file.sha256 : undefined);
      deps.onBytes(chunk.length);
      if ('asset' in progress) return progress.asset;
      from = progress.received;
    } catch (error) {
      // The server has another offset than we thought (an answer was lost): it says which.
      const at = isAppError(error) ? error.data['received'] : undefined;
      if (typeof at !== 'number' || at === from) throw error;
      from = at;
    }
  }
}
