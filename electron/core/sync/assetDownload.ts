import { AppError, isAppError } from '../../../shared/errors.ts';
import type { AssetFiles, AssetResource } from './assetFiles.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { CloudDatabase } from './cloudDatabase.ts';

export interface DownloadDependencies {
  readonly cloud: CloudDatabase;
  readonly files: AssetFiles;
  readonly bandwidth: Bandwidth;
  readonly alive: () => boolean;
  readonly onBytes: (bytes: number) => void;
}

/**
 * Fetches the bytes of one resource, going on where an earlier try stopped, checks them and gives them their place.
 * @throws AppError fileUnreadable when the server's bytes do not have the record's hash; nothing is placed then
 */
export async function downloadAsset(deps: DownloadDependencies, resource: AssetResource, url: string): Promise<void> {
  const partial = await deps.files.partial(resource.sha256);
  try {
    if (partial.size > resource.byteSize) await partial.discard();
    if (partial.size < resource.byteSize || resource.byteSize === 0) {
      for await (const bytes of await open(deps, url, partial.size)) {
        if (!deps.alive()) throw new AppError('cancelled', 'The download was stopped; it goes on later.');
        await deps.bandwidth.take(bytes.length);
        await partial.append(bytes);
        deps.onBytes(bytes.length);
      }
    }
    if ((await partial.hash()) !== resource.sha256) {
      const short = partial.size < resource.byteSize;
      // A body that ended early is continued; one that is whole and wrong starts over.
      if (!short) await partial.discard();
      throw short
        ? new AppError('offline', 'The download broke off.')
        : new AppError('fileUnreadable', `The server's copy of ${resource.fileName} is damaged.`);
    }
  } finally {
    await partial.close();
  }
  await deps.files.place(resource);
}

async function open(deps: DownloadDependencies, url: string, from: number): Promise<AsyncIterable<Uint8Array>> {
  try {
    return await deps.cloud.download(url, from);
  } catch (error) {
    if (isAppError(error) && error.code === 'serverRejected' && from > 0) {
      throw new AppError('offline', 'The server does not continue downloads.', {}, { cause: error });
    }
    throw error;
  }
}
