import { AppError } from '../../shared/errors.ts';

/**
 * Where bytes live, under the SHA-256 of their content: hex, so that a name can never be a path. Writing the same bytes
 * twice is harmless, so no storage needs conditional writes.
 */
export interface AssetStorage {
  /**
   * Begins an upload, or begins it anew: what older requests for it still do is refused, and the next `append`, at 0, takes the
   * place of what came before.
   */
  begin(uploadID: string): Promise<void>;
  /**
   * Adds bytes at the end of a started upload; at offset 0 they take the place of all there is. @returns the total received so far
   * @throws AppError conflict when a later request for the same upload took over; nothing is touched from then on
   * @param limit bytes the upload may have in all
   * @param last the caller goes on to `finish`: until then these bytes need not outlive a power cut
   */
  append(
    uploadID: string,
    offset: number,
    bytes: AsyncIterable<Uint8Array>,
    limit: number,
    last?: boolean,
  ): Promise<AppendResult>;
  /**
   * Drops bytes after `length`: a chunk that was cut off or whose hash was wrong. Like `digest` and `finish`, for an upload that
   * nobody is sending to. @throws AppError conflict, where the storage can tell, when somebody is
   */
  truncate(uploadID: string, length: number): Promise<void>;
  /** Bytes of a started upload that are held, safely but for those of a `last` append; undefined when there is none. */
  received(uploadID: string): Promise<number | undefined>;
  /**
   * @param size bytes that were received
   * @returns SHA-256 (hex) over all of them
   * @throws AppError conflict when there are more or fewer: somebody else is at them
   */
  digest(uploadID: string, size: number): Promise<string>;
  /**
   * Makes the upload readable under its digest, durably. The caller has compared digest and size.
   * @throws AppError conflict when what is there may not be what that digest was told of
   */
  finish(uploadID: string, digest: string): Promise<void>;
  abandon(uploadID: string): Promise<void>;
  /** Ids of uploads of which something came, and that were neither finished nor abandoned. */
  unfinished(): Promise<readonly string[]>;
  exists(digest: string): Promise<boolean>;
  /** Bytes from..to inclusive. @throws AppError fileUnreadable when the digest is not there */
  read(digest: string, range?: { readonly from: number; readonly to: number }): Promise<AsyncIterable<Uint8Array>>;
  remove(digest: string): Promise<void>;
  /** All digests held, for the check that compares storage with the database. */
  list(): AsyncIterable<string>;
  dispose(): Promise<void>;
}

export interface AppendResult {
  /** Bytes in the upload now. */
  readonly received: number;
  /** SHA-256 (hex) of the bytes this call added. */
  readonly chunkDigest: string;
  /** The same over the whole upload, where it is known without reading that again. `finish` sees that it is still so. */
  readonly wholeDigest?: string;
  /** True when the bytes went past `limit` and were dropped again. */
  readonly tooLong: boolean;
}

/** What a request is told whose upload a later one has taken over. */
export function takenOver(): AppError {
  return new AppError('conflict', 'This upload is being received by another request.');
}
