import type { Sql, Transaction } from '../database/database.ts';
import { CloudError, badRequest, notFound, overLimit, storageFull } from './cloudError.ts';
import type { CallContext, Caller, Realm, Services } from './context.ts';
import { writableAsset } from './recordAssets.ts';
import { ownerSpace } from './ownerSpace.ts';
import { maySend } from './uploadRights.ts';
import { longestUpload, normalDigest, receiptLifetime, resumableLifetime } from './uploads.ts';

/** Receiving bytes at an upload address (sections 13, 14.3). A partial upload is never readable by anybody. */

interface UploadRow {
  readonly upload_id: string;
  readonly realm: string;
  readonly user_name: string;
  readonly zone_id: number;
  readonly owner: string;
  readonly field_name: string;
  readonly size: number | null;
  readonly sha256: string | null;
  readonly resumable: number;
  readonly granted_at: number;
  /** `claimed`: a record holds its bytes. */
  readonly state: 'open' | 'finishing' | 'done' | 'claimed';
}

/** What an upload answers: a JSON body and its status. */
export interface UploadAnswer {
  readonly status: number;
  readonly body: string;
}

type Bytes = AsyncIterable<Uint8Array>;

/**
 * POST or PUT of a whole file to a plain upload address: the address itself is the credential.
 * @throws CloudError NOT_FOUND, BAD_REQUEST (too long, wrong hash), QUOTA_EXCEEDED
 */
export async function receiveWhole(services: Services, uploadID: string, bytes: Bytes): Promise<UploadAnswer> {
  const row = await findUpload(services, uploadID);
  if (row.resumable === 1) throw badRequest('this upload is resumable: PUT its chunks with Content-Range');
  if (isOver(row)) return finished(services, row);
  const { assetBytes } = services.config.limits;
  // How long the file will be was perhaps not said, so what there is no room for is not even taken down.
  const { left, maximum } = await services.database.read((sql) => spaceFor(sql, services, row, row.sha256));
  await services.assets.begin(uploadID);
  const result = await services.assets.append(uploadID, 0, bytes, Math.min(assetBytes, left), true);
  if (result.tooLong) {
    await services.assets.abandon(uploadID);
    if (left < assetBytes) throw storageFull(maximum);
    throw overLimit('assetBytes', assetBytes, `an asset may have at most ${assetBytes} bytes`);
  }
  return orAsAnswered(services, uploadID, async () =>
    complete(
      services,
      row,
      result.received,
      result.wholeDigest ?? (await services.assets.digest(uploadID, result.received)),
    ),
  );
}

/**
 * PUT of one chunk by the person who asked for the upload.
 * @param contentRange `bytes from-to/total`, or the form of a file without bytes (docs/protocol.md, 14.3)
 * @param chunkSHA256 base64, from X-Shoebox-SHA256
 */
export async function receiveChunk(
  services: Services,
  caller: Caller,
  uploadID: string,
  contentRange: string,
  chunkSHA256: string | undefined,
  bytes: Bytes,
): Promise<UploadAnswer> {
  const row = await findUpload(services, uploadID);
  if (row.user_name !== caller.userName || row.resumable === 0) throw unknownUpload();
  if (isOver(row)) return finished(services, row);
  const range = chunkRange(contentRange);
  if (range === undefined || range.total !== row.size || range.to >= range.total)
    throw badRequest('Content-Range does not fit this upload');
  const { from, to, total } = range;
  const { chunkBytes } = services.config.limits;
  if (to - from + 1 > chunkBytes)
    throw overLimit('chunkBytes', chunkBytes, `a chunk may have at most ${chunkBytes} bytes`);
  const received = (await services.assets.received(uploadID)) ?? 0;
  if (received < total && from !== received) return wrongOffset(received);
  if (received === 0) await services.assets.begin(uploadID);
  const isLast = to + 1 === total;
  let wholeDigest: string | undefined;
  if (received < total || total === 0) {
    const added = await services.assets.append(uploadID, from, bytes, to + 1, isLast);
    const complaint = chunkComplaint(added.tooLong, added.received, to + 1, added.chunkDigest, chunkSHA256);
    if (complaint !== undefined) {
      await services.assets.truncate(uploadID, from);
      throw badRequest(complaint, { received: from });
    }
    wholeDigest = added.wholeDigest;
  }
  return orAsAnswered(services, uploadID, async () => {
    if (isLast) return complete(services, row, total, wholeDigest ?? (await services.assets.digest(uploadID, total)));
    const expiresAt = Math.min(services.clock() + resumableLifetime, row.granted_at + longestUpload);
    const known = await services.database.write((sql) =>
      sql.run(
        `UPDATE uploads AS u SET received = ?, expires_at = ?
          WHERE u.upload_id = ? AND u.state = 'open' AND u.expires_at > 0 AND ${maySend}`,
        [to + 1, expiresAt, uploadID],
      ),
    );
    if (known === 0) throw unknownUpload();
    return { status: 200, body: JSON.stringify({ uploadID, received: to + 1 }) };
  });
}

/** GET of a resumable upload: where to go on. */
export async function uploadProgress(services: Services, caller: Caller, uploadID: string): Promise<UploadAnswer> {
  const row = await findUpload(services, uploadID);
  if (row.user_name !== caller.userName || row.resumable === 0) throw unknownUpload();
  if (isOver(row)) return finished(services, row);
  const received = (await services.assets.received(uploadID)) ?? 0;
  return { status: 200, body: JSON.stringify({ uploadID, received, size: row.size }) };
}

/** What a chunk says it is; undefined for what is no range. The only chunk of a file without bytes ends before it begins. */
function chunkRange(text: string): { readonly from: number; readonly to: number; readonly total: number } | undefined {
  if (text === 'bytes */0') return { from: 0, to: -1, total: 0 };
  const range = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(text);
  const [from, to, total] = [Number(range?.[1]), Number(range?.[2]), Number(range?.[3])];
  return range === null || to < from ? undefined : { from, to, total };
}

function chunkComplaint(
  tooLong: boolean,
  received: number,
  expected: number,
  digest: string,
  wanted: string | undefined,
): string | undefined {
  if (tooLong || received !== expected) return 'the chunk is not as long as its Content-Range says';
  if (wanted !== undefined && hexOf(normalDigest(wanted)) !== digest)
    return 'the chunk does not have the hash it names';
  return undefined;
}

/** The room for bytes of this digest with the owner of the upload's zone; without end for what they hold already. */
async function spaceFor(
  sql: Sql,
  services: Services,
  row: UploadRow,
  sha256: string | null,
  lock?: Transaction,
): Promise<{ readonly left: number; readonly maximum: number }> {
  const space = await ownerSpace(sql, services, { realm: row.realm, owner: row.owner, caller: row.user_name }, lock);
  const held =
    sha256 !== null &&
    (await sql.get('SELECT size FROM owner_assets WHERE realm = ? AND owner = ? AND sha256 = ? AND refs > 0', [
      row.realm,
      row.owner,
      sha256,
    ])) !== undefined;
  return { left: held ? Number.POSITIVE_INFINITY : space.left(sha256), maximum: space.maximum };
}

/**
 * Makes received bytes an asset. The digest is written to the upload's row first, in a transaction that also takes the
 * blob's row: from then on garbage collection sees the upload and leaves the file alone; a collection that was already
 * deciding has finished before, and `finish` puts the file back. So no file is ever dropped under somebody's receipt.
 *
 * What was granted room may have lost it to a record since. Only what has arrived counts against it here: of two uploads
 * that do not both fit any more, the first to end is kept.
 */
async function complete(services: Services, row: UploadRow, size: number, digestHex: string): Promise<UploadAnswer> {
  const sha256 = Buffer.from(digestHex, 'hex').toString('base64');
  const expiresAt = services.clock() + receiptLifetime;
  try {
    if ((row.sha256 !== null && row.sha256 !== sha256) || (row.size !== null && row.size !== size)) {
      throw badRequest('the file does not have the size or hash it was announced with');
    }
    const note = async (sql: Transaction): Promise<void> => {
      const { left, maximum } = await spaceFor(sql, services, row, sha256, sql);
      if (size > left) throw storageFull(maximum);
      await sql.run(
        'INSERT INTO blobs (sha256, size, created_at) VALUES (?, ?, ?) ON CONFLICT (sha256) DO UPDATE SET size = excluded.size',
        [sha256, size, services.clock()],
      );
      const known = await sql.run(
        `UPDATE uploads AS u SET sha256 = ?, size = ?, state = 'finishing', expires_at = ?
          WHERE u.upload_id = ? AND u.state IN ('open', 'finishing') AND u.expires_at > 0 AND ${maySend}`,
        [sha256, size, expiresAt, row.upload_id],
      );
      // Given up, cleaned away, or its sender taken out of the zone while the last bytes came: no receipt of it would be
      // taken. Or another request for it has come to the end first.
      if (known === 0) throw unknownUpload();
    };
    // Lost with the power, it may leave bytes that no row names. Of an upload that was announced they are found again, before
    // its own row goes (`nameBlobsAgain` in maintenance.ts).
    const isAnnounced = row.sha256 !== null && row.size !== null;
    await services.database.write(note, { kept: isAnnounced ? 'untilPowerFails' : 'onDisk' });
  } catch (error) {
    if (error instanceof CloudError) {
      // Ended and not deleted: clean-up looks what became of its bytes before its row goes.
      const ended = await services.database.write((sql) =>
        sql.run(`UPDATE uploads SET expires_at = 0 WHERE upload_id = ? AND state IN ('open', 'finishing')`, [
          row.upload_id,
        ]),
      );
      if (ended > 0) await services.assets.abandon(row.upload_id);
    }
    throw error;
  }
  await services.assets.finish(row.upload_id, digestHex);
  // Lost with the power, it leaves a receipt that no record is taken with: the bytes are sent once more then.
  const done = await services.database.write(
    (sql) =>
      sql.run(
        `UPDATE uploads SET state = 'done' WHERE upload_id = ? AND state = 'finishing' AND sha256 = ? AND expires_at > ?`,
        [row.upload_id, sha256, services.clock()],
      ),
    { kept: 'untilPowerFails' },
  );
  // Ended meanwhile, by its sender's leaving or because another request for it was refused: no record would be taken with its
  // receipt. Or another request has made other bytes of it.
  if (done === 0) throw unknownUpload();
  return finished(services, { ...row, sha256, size });
}

/**
 * What a request does towards the end of an upload. Where it fails because another one, the same chunk sent twice, has made
 * the bytes an asset meanwhile, it is answered as that was.
 */
async function orAsAnswered(
  services: Services,
  uploadID: string,
  work: () => Promise<UploadAnswer>,
): Promise<UploadAnswer> {
  try {
    return await work();
  } catch (error) {
    const row = await lookForUpload(services, uploadID);
    if (row !== undefined && isOver(row)) return finished(services, row);
    throw error;
  }
}

/** Whether the bytes are an asset already: a repeated last chunk is answered as the first was. */
function isOver({ state }: UploadRow): boolean {
  return state === 'done' || state === 'claimed';
}

function finished(services: Services, row: UploadRow): UploadAnswer {
  const [container = '', environment = 'development'] = row.realm.split('/');
  const realm: Realm = {
    container,
    environment: environment === 'production' ? 'production' : 'development',
    key: row.realm,
  };
  const context = { services, realm, caller: { userName: row.user_name } } as CallContext;
  const singleFile = writableAsset(context, {
    zoneID: row.zone_id,
    fieldName: row.field_name,
    uploadID: row.upload_id,
    sha256: row.sha256 ?? '',
    size: row.size ?? 0,
  });
  return { status: 200, body: JSON.stringify({ singleFile }) };
}

/** An upload that is not over yet, or has been made use of, whose sender may still send it. */
async function lookForUpload(services: Services, uploadID: string): Promise<UploadRow | undefined> {
  return services.database.read((sql) =>
    sql.get<UploadRow>(
      `SELECT u.*, z.owner FROM uploads AS u JOIN zones AS z ON z.zone_id = u.zone_id
        WHERE u.upload_id = ? AND (u.state = 'claimed' OR u.expires_at > ?) AND ${maySend}`,
      [uploadID, services.clock()],
    ),
  );
}

/** @throws CloudError NOT_FOUND */
async function findUpload(services: Services, uploadID: string): Promise<UploadRow> {
  const row = await lookForUpload(services, uploadID);
  if (row === undefined) throw unknownUpload();
  return row;
}

function wrongOffset(received: number): UploadAnswer {
  return { status: 409, body: JSON.stringify({ serverErrorCode: 'CONFLICT', reason: 'offset', received }) };
}

function unknownUpload(): CloudError {
  return notFound('this upload is unknown or over; ask for a new one');
}

function hexOf(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex');
}
