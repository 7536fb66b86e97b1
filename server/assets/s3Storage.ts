import { createHash } from 'node:crypto';
import { S3mini, S3ServiceError } from 's3mini';
import { AppError } from '../../shared/errors.ts';
import { takenOver, type AssetStorage } from './assetStorage.ts';

export interface S3Settings {
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

/** Parts of one multipart upload; S3 takes no part under 5 MB but the last. */
const partSize = 8 * 1024 * 1024;

/**
 * Assets in any S3-compatible store. Chunks of an upload are objects of their own (`uploads/<id>/<offset>`), so that any
 * process can take the next one; a finished file is one object under its digest. No conditional puts and no bulk deletes:
 * not every store has them, and content-addressed names need neither.
 * @param waits.answer how long the store has for an answer that is no file (is it there, remove it, list them), ms
 * @throws AppError permissionFailure when the store refuses the bucket or the keys
 */
export async function openS3Storage(
  settings: S3Settings,
  waits: { readonly answer: number } = { answer: 10_000 },
): Promise<AssetStorage> {
  const access = {
    accessKeyId: settings.accessKey,
    secretAccessKey: settings.secretKey,
    endpoint: `${settings.endpoint.replace(/\/+$/, '')}/${settings.bucket}`,
    region: settings.region,
  };
  // How long a file takes depends on its size and the line. All else has an end: a transaction may be waiting for it. The time
  // is over a whole request, its answer read to the end.
  const files = new S3mini(access);
  const store = new S3mini({ ...access, requestAbortTimeout: waits.answer });
  if (!(await store.bucketExists())) {
    await store.createBucket();
    // A store that refuses our key answers both calls with a quiet "no".
    if (!(await store.bucketExists())) {
      throw new AppError(
        'permissionFailure',
        `The S3 store at ${settings.endpoint} neither has nor makes the bucket ${settings.bucket}: check its address and keys.`,
      );
    }
  }

  const blobKey = (digest: string): string => {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new AppError('invalidInput', 'This asset name cannot exist.');
    return `blobs/${digest.slice(0, 2)}/${digest}`;
  };
  const uploadPrefix = (uploadID: string): string => {
    if (!/^[A-Za-z0-9_-]{8,64}$/.test(uploadID)) throw new AppError('invalidInput', 'This upload id cannot exist.');
    return `uploads/${uploadID}/`;
  };
  /**
   * The pieces of an upload in order, up to the first gap: what follows a gap was never acknowledged. A piece that begins within
   * another is what a request left that hung while its sender went on.
   */
  const pieces = async (uploadID: string): Promise<{ key: string; offset: number; size: number }[]> => {
    const prefix = uploadPrefix(uploadID);
    const listed = (await store.listObjects('/', prefix)) ?? [];
    const all = listed
      .map((entry) => ({ key: entry.Key, offset: Number(entry.Key.slice(prefix.length)), size: Number(entry.Size) }))
      .sort((a, b) => a.offset - b.offset);
    const whole: typeof all = [];
    let end = 0;
    for (const piece of all) {
      if (piece.offset < end) continue;
      if (piece.offset > end) break;
      whole.push(piece);
      end += piece.size;
    }
    return whole;
  };
  const keyAt = (uploadID: string, offset: number): string =>
    `${uploadPrefix(uploadID)}${String(offset).padStart(15, '0')}`;
  const removeAll = async (uploadID: string, from: number): Promise<void> => {
    const prefix = uploadPrefix(uploadID);
    for (const entry of (await store.listObjects('/', prefix)) ?? []) {
      if (Number(entry.Key.slice(prefix.length)) >= from) await store.deleteObject(entry.Key);
    }
  };
  const contents = async function* (uploadID: string): AsyncGenerator<Buffer> {
    for (const piece of await pieces(uploadID)) {
      const bytes = await files.getObjectArrayBuffer(piece.key);
      if (bytes === null) throw new AppError('fileUnreadable', 'A piece of this upload is gone.');
      yield Buffer.from(bytes);
    }
  };

  return {
    begin: (uploadID) => removeAll(uploadID, 0),
    async append(uploadID, offset, bytes, limit) {
      const hash = createHash('sha256');
      let received = offset;
      let waiting: Uint8Array[] = [];
      let waitingSize = 0;
      const flush = async (): Promise<void> => {
        if (waitingSize === 0) return;
        await files.putObject(keyAt(uploadID, received - waitingSize), Buffer.concat(waiting));
        waiting = [];
        waitingSize = 0;
      };
      try {
        for await (const part of bytes) {
          if (received + part.length > limit) {
            await removeAll(uploadID, offset);
            return { received: offset, chunkDigest: '', tooLong: true };
          }
          hash.update(part);
          waiting.push(Buffer.from(part));
          waitingSize += part.length;
          received += part.length;
          if (waitingSize >= partSize) await flush();
        }
        await flush();
      } catch (error) {
        await removeAll(uploadID, offset);
        throw error;
      }
      return { received, chunkDigest: hash.digest('hex'), tooLong: false };
    },
    truncate: (uploadID, length) => removeAll(uploadID, length),
    async received(uploadID) {
      const last = (await pieces(uploadID)).at(-1);
      return last === undefined ? undefined : last.offset + last.size;
    },
    async digest(uploadID, size) {
      const hash = createHash('sha256');
      let hashed = 0;
      for await (const bytes of contents(uploadID)) {
        hash.update(bytes);
        hashed += bytes.length;
      }
      if (hashed !== size) throw takenOver();
      return hash.digest('hex');
    },
    async finish(uploadID, digest) {
      const whole = await pieces(uploadID);
      const size = whole.reduce((sum, piece) => sum + piece.size, 0);
      const key = blobKey(digest);
      if (size <= partSize) {
        const parts: Buffer[] = [];
        for await (const bytes of checked(contents(uploadID), digest)) parts.push(bytes);
        await files.putObject(key, Buffer.concat(parts), 'application/octet-stream');
      } else {
        await putInParts(files, key, checked(contents(uploadID), digest));
      }
      await removeAll(uploadID, 0);
    },
    abandon: (uploadID) => removeAll(uploadID, 0),
    async unfinished() {
      const names = new Set<string>();
      for (const entry of (await store.listObjects('/', 'uploads/')) ?? []) names.add(entry.Key.split('/')[1] ?? '');
      return [...names].filter((name) => name !== '');
    },
    async exists(digest) {
      return (await store.objectExists(blobKey(digest))) === true;
    },
    async read(digest, range) {
      const response =
        range === undefined
          ? await files.getObjectResponse(blobKey(digest))
          : await files.getObjectRaw(blobKey(digest), false, range.from, range.to + 1);
      if (response === null || !response.ok || response.body === null) {
        throw new AppError('fileUnreadable', 'These bytes are not stored here.');
      }
      return response.body;
    },
    async remove(digest) {
      try {
        await store.deleteObject(blobKey(digest));
      } catch (error) {
        // Some stores say so of what they do not have; to most, removing that is nothing special.
        if (!(error instanceof S3ServiceError && error.status === 404)) throw error;
      }
    },
    async *list() {
      for (const entry of (await store.listObjects('/', 'blobs/')) ?? []) yield entry.Key.split('/').at(-1) ?? '';
    },
    async dispose() {},
  };
}

async function putInParts(s3: S3mini, key: string, bytes: AsyncIterable<Buffer>): Promise<void> {
  const uploadID = await s3.getMultipartUploadId(key, 'application/octet-stream');
  try {
    const parts: { partNumber: number; etag: string }[] = [];
    let waiting: Buffer[] = [];
    let size = 0;
    const flush = async (): Promise<void> => {
      if (size === 0) return;
      parts.push(await s3.uploadPart(key, uploadID, Buffer.concat(waiting), parts.length + 1));
      waiting = [];
      size = 0;
    };
    for await (const part of bytes) {
      waiting.push(part);
      size += part.length;
      if (size >= partSize) await flush();
    }
    await flush();
    await s3.completeMultipartUpload(key, uploadID, parts);
  } catch (error) {
    await s3.abortMultipartUpload(key, uploadID).catch(() => undefined);
    throw error;
  }
}

/** The bytes, and an error behind the last of them where another request for the same upload has written in between. */
async function* checked(bytes: AsyncIterable<Buffer>, digest: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const part of bytes) {
    hash.update(part);
    yield part;
  }
  if (hash.digest('hex') !== digest) throw takenOver();
}
