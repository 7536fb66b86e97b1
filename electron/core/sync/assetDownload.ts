import { AppError, isAppError } from '../../../shared/errors.ts';
import type { AssetFiles, AssetResource, PartialAsset } from './assetFiles.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { CloudDatabase } from './cloudDatabase.ts';

/** How much of a local copy is read at a time, in bytes. */
const chunkBytes = 4 * 1024 * 1024;

/**
 * Pictures are kept on every computer, whatever its policy, and are of a screen's size at most: what claims to be one
 * and is far larger is none. In bytes.
 */
const largestPicture = 8 * 1024 * 1024;

export interface DownloadDependencies {
  readonly cloud: CloudDatabase;
  readonly files: AssetFiles;
  readonly bandwidth: Bandwidth;
  readonly alive: () => boolean;
  readonly onBytes: (bytes: number) => void;
}

/**
 * Fetches the bytes of one resource, going on where an earlier try stopped, checks them and gives them their place.
 * @throws AppError fileUnreadable when the server's bytes do not have the record's hash, fileTooLarge for a picture that
 * cannot be one; nothing is placed then
 */
export async function downloadAsset(deps: DownloadDependencies, resource: AssetResource, url: string): Promise<void> {
  if (resource.byteSize > mostBytes(resource)) throw tooLarge(resource);
  const partial = await deps.files.partial(resource.sha256);
  try {
    if (!(await takeFromHere(deps, resource, partial))) await takeFromServer(deps, resource, url, partial);
  } finally {
    await partial.close();
  }
  await deps.files.place(resource);
}

/** More bytes than these are not taken, whatever the record says and the server sends. */
function mostBytes({ kind }: AssetResource): number {
  return kind === 'thumbnail' || kind === 'editedThumbnail' ? largestPicture : Number.POSITIVE_INFINITY;
}

function tooLarge({ fileName }: AssetResource): AppError {
  return new AppError('fileTooLarge', `The server's copy of ${fileName} is larger than it may be.`);
}

async function takeFromServer(
  deps: DownloadDependencies,
  resource: AssetResource,
  url: string,
  partial: PartialAsset,
): Promise<void> {
  if (partial.size > resource.byteSize) await partial.discard();
  if (partial.size < resource.byteSize || resource.byteSize === 0) {
    for await (const bytes of await open(deps, resource, url, partial)) {
      if (!deps.alive()) throw new AppError('cancelled', 'The download was stopped; it goes on later.');
      if (partial.size + bytes.length > mostBytes(resource)) {
        await partial.discard();
        throw tooLarge(resource);
      }
      await deps.bandwidth.take(bytes.length);
      await partial.append(bytes);
      deps.onBytes(bytes.length);
    }
  }
  if ((await partial.hash()) === resource.sha256) return;
  const short = partial.size < resource.byteSize;
  // A body that ended early is continued; one that is whole and wrong starts over. The connection did not break: this one has
  // a trouble of its own, and keeps no other waiting.
  if (!short) await partial.discard();
  throw new AppError(
    'fileUnreadable',
    `The server's copy of ${resource.fileName} ${short ? 'is shorter than it should be' : 'is damaged'}.`,
  );
}

/**
 * The same bytes may lie on this computer already, under another photo; then they need not travel again.
 * @returns false when there are none, or the local file has changed since it was taken in
 */
async function takeFromHere(
  { files }: DownloadDependencies,
  resource: AssetResource,
  partial: PartialAsset,
): Promise<boolean> {
  const local = await files.open(resource);
  if (local === undefined) return false;
  try {
    if (local.size !== resource.byteSize) return false;
    await partial.discard();
    while (partial.size < local.size) {
      const bytes = await local.read(partial.size, chunkBytes);
      if (bytes.length === 0) break;
      await partial.append(bytes);
    }
  } finally {
    await local.close();
  }
  if ((await partial.hash()) === resource.sha256) return true;
  await partial.discard();
  return false;
}

async function open(
  deps: DownloadDependencies,
  resource: AssetResource,
  url: string,
  partial: PartialAsset,
): Promise<AsyncIterable<Uint8Array>> {
  try {
    return await deps.cloud.download(url, partial.size);
  } catch (error) {
    // 416: there is nothing behind what is here already, for the bytes there are fewer.
    const refuses = isAppError(error) && (error.code === 'serverRejected' || error.data['status'] === 416);
    if (refuses && partial.size > 0) {
      await partial.discard();
      throw new AppError(
        'fileUnreadable',
        `The server does not go on with ${resource.fileName} where the download broke off. It begins anew.`,
        {},
        { cause: error },
      );
    }
    throw error;
  }
}
