import { assetRereferenceRequestSchema, assetUploadRequestSchema } from '../../shared/cloud/wireServices.ts';
import type { AssetUploadRequest } from '../../shared/cloud/wireServices.ts';
import type { DatabaseScope, ZoneIDInput } from '../../shared/cloud/wireRecords.ts';
import type { Sql, Transaction } from '../database/database.ts';
import { CloudError, badRequest, notFound, overLimit } from './cloudError.ts';
import type { CallContext } from './context.ts';
import { assetsOf } from './fieldValues.ts';
import { contentName, ownerSpace } from './ownerSpace.ts';
import type { OwnerSpace } from './ownerSpace.ts';
import { parseBody } from './parseBody.ts';
import { writableAsset } from './recordAssets.ts';
import { loadRows, parseFields } from './recordRows.ts';
import { randomText, randomUUID } from './tokens.ts';
import { openZone, zoneOwnerOf } from './zones.ts';
import type { OpenZone } from './zones.ts';

/** Lifetimes in ms: a plain upload address, a resumable one after its last chunk, and a receipt nobody has used. */
const plainLifetime = 15 * 60_000;
export const resumableLifetime = 24 * 60 * 60_000;
export const receiptLifetime = 24 * 60 * 60_000;
/** However often its chunks come, a resumable upload ends this long after it was granted, ms: it takes room all the while. */
export const longestUpload = 7 * 24 * 60 * 60_000;

/**
 * Uploads one person may have begun and not finished in the zones of one owner. The app has four under way, and some more
 * that broke off in the last day.
 */
const openUploads = 2000;
/** Seconds after which somebody with too many uploads may ask again. */
const crowdedPause = 60;
/** Of one person's unfinished uploads of the same bytes, as many are kept: one counts for all of them. */
const keptPerContent = 8;

/** What one request for uploads goes by, read when it begins and kept up to date with what it grants. */
interface Granting {
  readonly sql: Transaction;
  readonly context: CallContext;
  readonly open: OpenZone;
  readonly space: OwnerSpace;
  /** Bytes the caller may already read, by digest, with their size; they stay while the transaction lasts. */
  readonly existing: ReadonlyMap<string, number>;
  /** Uploads that were given up for newer ones. */
  readonly givenUp: string[];
}

/** assets/upload (sections 13, 14.3): an address per file, or `existing` for bytes the caller may already read. */
export async function requestUploads(context: CallContext, scope: DatabaseScope, body: unknown): Promise<string> {
  const request = parseBody(assetUploadRequestSchema, body);
  const { assetTokens } = context.services.config.limits;
  if (request.tokens.length > assetTokens)
    throw overLimit('assetTokens', assetTokens, `at most ${assetTokens} asset tokens per request`);
  const { tokens, givenUp } = await context.database.write(async (sql) => {
    const open = await openForUpload(sql, context, scope, request.zoneID);
    const { realm, owner } = open.zone;
    // Takes the owner's lock: of two requests at once the second sees what the first was granted.
    const space = await ownerSpace(sql, context.services, { realm, owner, caller: context.caller.userName }, sql);
    const existing = await lockBlobs(sql, await readableHere(sql, context, open, request.tokens.flatMap(digestOf)));
    const granting: Granting = { sql, context, open, space, existing, givenUp: [] };
    const items: unknown[] = [];
    for (const token of request.tokens) {
      const recordName = token.recordName ?? randomUUID(context.services.random);
      try {
        items.push({ recordName, fieldName: token.fieldName, ...(await grantUpload(granting, token, recordName)) });
      } catch (error) {
        if (!(error instanceof CloudError)) throw error;
        items.push(JSON.parse(error.item({ recordName, fieldName: token.fieldName })));
      }
    }
    return { tokens: items, givenUp: granting.givenUp };
  });
  for (const uploadID of givenUp) {
    await context.services.assets.abandon(uploadID).catch(() => {
      context.services.log.warn({}, 'an upload that was given up is left to the clean-up');
    });
  }
  return JSON.stringify({ tokens });
}

async function grantUpload(
  granting: Granting,
  token: AssetUploadRequest['tokens'][number],
  recordName: string,
): Promise<Record<string, unknown>> {
  const { sql, context, open, space } = granting;
  const { fieldName, size } = token;
  const { assetBytes, chunkBytes } = context.services.config.limits;
  if (size !== undefined && size > assetBytes)
    throw overLimit('assetBytes', assetBytes, `an asset may have at most ${assetBytes} bytes`);
  const sha256 = token.sha256 === undefined ? null : normalDigest(token.sha256);
  const resumable = token.resumable === true;
  if (resumable && (size === undefined || sha256 === null))
    throw badRequest('a resumable upload names its size and sha256');
  const existingSize = sha256 === null ? undefined : granting.existing.get(sha256);
  if (sha256 !== null && existingSize !== undefined && (size ?? existingSize) === existingSize) {
    const about = { sha256, size: existingSize };
    const uploadID = await grantExisting(sql, context, open, recordName, fieldName, about);
    return { existing: writableAsset(context, { zoneID: open.zone.zone_id, fieldName, uploadID, ...about }) };
  }
  if (space.openUploads >= openUploads) {
    throw new CloudError('THROTTLED', `at most ${openUploads} unfinished uploads at once; finish some of them`, {
      limit: 'openUploads',
      maximum: openUploads,
      retryAfter: crowdedPause,
    });
  }
  const content = sha256 ?? contentName(open.zone.zone_id, recordName, fieldName);
  if (size !== undefined) space.require(content, size);
  if (sha256 !== null) granting.givenUp.push(...(await giveUpOldest(sql, context, sha256)));
  const uploadID = await insertUpload(sql, context, open, recordName, fieldName, {
    sha256,
    size: size ?? null,
    resumable,
  });
  space.promise(content, size ?? 0);
  const url = `${context.services.origin}/upload/${uploadID}`;
  return resumable ? { url, uploadID, chunkBytes, expiresAt: context.now + resumableLifetime } : { url };
}

/**
 * Makes room for one upload more of the same bytes by the same person. They count once, since whoever lost an answer or was
 * started again asks again; without an end to it that would be a way to store any amount of halves.
 * @returns the ids of the uploads that are over. Those that have ended go first, then those without a byte, then the oldest
 */
async function giveUpOldest(sql: Transaction, context: CallContext, sha256: string): Promise<string[]> {
  const begun = await sql.all<{ upload_id: string }>(
    `SELECT upload_id FROM uploads WHERE sha256 = ? AND realm = ? AND user_name = ? AND state = 'open'
      ORDER BY CASE WHEN expires_at <= ? THEN 2 WHEN received > 0 THEN 0 ELSE 1 END, expires_at DESC`,
    [sha256, context.realm.key, context.caller.userName, context.now],
  );
  const over = begun.slice(keptPerContent - 1).map((row) => row.upload_id);
  if (over.length > 0) await sql.run('DELETE FROM uploads WHERE upload_id IN (?*)', [over]);
  return over;
}

/** assets/rereference (section 13): writable values for assets the caller may read, without moving a byte. */
export async function rereferenceAssets(context: CallContext, body: unknown): Promise<string> {
  const request = parseBody(assetRereferenceRequestSchema, body);
  const { assetTokens } = context.services.config.limits;
  if (request.assets.length > assetTokens)
    throw overLimit('assetTokens', assetTokens, `at most ${assetTokens} assets per request`);
  const assets = await context.database.write(async (sql) => {
    // Source and target may be in different databases: a participant keeps a copy of a shared photo at home.
    const source = await openZone(sql, context, scopeOf(context, request.zoneID), request.zoneID);
    const targetID = request.targetZoneID ?? request.zoneID;
    const target = await openForUpload(sql, context, scopeOf(context, targetID), targetID);
    const rows = await loadRows(sql, source.zone.zone_id, [
      ...new Set(request.assets.map((asset) => asset.recordName)),
    ]);
    const found = request.assets.map(({ recordName, fieldName }) => {
      const row = rows.get(recordName);
      const field = row === undefined || row.deleted === 1 ? undefined : parseFields(row)[fieldName];
      return { recordName, fieldName, values: field === undefined ? [] : assetsOf(field) };
    });
    const held = await lockBlobs(
      sql,
      new Set(found.flatMap(({ values }) => values.flatMap((one) => one.sha256 ?? []))),
    );
    const items: unknown[] = [];
    for (const { recordName, fieldName, values } of found) {
      const missing = JSON.parse(notFound('this record has no such asset').item({ recordName, fieldName })) as unknown;
      if (values.length === 0) items.push(missing);
      for (const { sha256 } of values) {
        const size = sha256 === undefined ? undefined : held.get(sha256);
        if (sha256 === undefined || size === undefined) {
          items.push(missing);
          continue;
        }
        const uploadID = await grantExisting(sql, context, target, recordName, '', { sha256, size });
        items.push(writableAsset(context, { zoneID: target.zone.zone_id, fieldName: '', uploadID, sha256, size }));
      }
    }
    return items;
  });
  return JSON.stringify({ assets });
}

/** The zone, for somebody who may add or change something in it. @throws CloudError ZONE_NOT_FOUND, ACCESS_DENIED */
async function openForUpload(
  sql: Sql,
  context: CallContext,
  scope: DatabaseScope,
  zoneID: ZoneIDInput | undefined,
): Promise<OpenZone> {
  const open = await openZone(sql, context, scope, zoneID);
  const { access } = open;
  if (
    access.role === 'participant' &&
    (access.ending || !(access.rights.includes('ADD') || access.rights.includes('EDIT')))
  ) {
    throw new CloudError('ACCESS_DENIED', 'this needs the right ADD', { neededRight: 'ADD' });
  }
  return open;
}

/** Which of the caller's databases a zone is in. */
export function scopeOf(context: CallContext, zoneID: ZoneIDInput | undefined): DatabaseScope {
  return zoneOwnerOf(context, zoneID).owner === context.caller.userName ? 'private' : 'shared';
}

/**
 * A receipt for bytes that are here. Somebody who asks for the same again is given the same upload, for as long as a new one:
 * else asking alone would make any number of rows. It serves several records from then on, so none of them uses it up
 * (`flush` in recordAssets.ts); that is what it has no record's name for.
 */
async function grantExisting(
  sql: Sql,
  context: CallContext,
  open: OpenZone,
  recordName: string,
  fieldName: string,
  about: { readonly sha256: string; readonly size: number },
): Promise<string> {
  // + 0: the uploads of these bytes are few, those of a zone may be many.
  const again = await sql.get<{ upload_id: string }>(
    `UPDATE uploads SET expires_at = ?, record_name = '' WHERE state = 'done' AND upload_id =
       (SELECT upload_id FROM uploads WHERE sha256 = ? AND realm = ? AND user_name = ? AND zone_id + 0 = ? AND field_name = ?
           AND state = 'done' AND expires_at > ? ORDER BY upload_id LIMIT 1) RETURNING upload_id`,
    [
      context.now + receiptLifetime,
      about.sha256,
      context.realm.key,
      context.caller.userName,
      open.zone.zone_id,
      fieldName,
      context.now,
    ],
  );
  if (again !== undefined) return again.upload_id;
  return insertUpload(sql, context, open, recordName, fieldName, { ...about, done: true });
}

async function insertUpload(
  sql: Sql,
  context: CallContext,
  open: OpenZone,
  recordName: string,
  fieldName: string,
  about: {
    readonly sha256: string | null;
    readonly size: number | null;
    readonly resumable?: boolean;
    readonly done?: boolean;
  },
): Promise<string> {
  const uploadID = randomText(context.services.random, 24);
  const lifetime = about.done === true ? receiptLifetime : about.resumable === true ? resumableLifetime : plainLifetime;
  await sql.run(
    `INSERT INTO uploads (upload_id, realm, user_name, zone_id, record_name, field_name, size, sha256, resumable, state,
                          granted_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      uploadID,
      context.realm.key,
      context.caller.userName,
      open.zone.zone_id,
      recordName,
      fieldName,
      about.size,
      about.sha256,
      about.resumable === true ? 1 : 0,
      about.done === true ? 'done' : 'open',
      context.now,
      context.now + lifetime,
    ],
  );
  return uploadID;
}

/**
 * Of these digests, those of bytes this zone's owner holds in a zone the caller can read. Anything wider would tell who has
 * which file.
 */
async function readableHere(
  sql: Sql,
  context: CallContext,
  open: OpenZone,
  digests: readonly string[],
): Promise<Set<string>> {
  if (digests.length === 0) return new Set();
  const rows = await sql.all<{ sha256: string }>(
    `SELECT DISTINCT a.sha256 FROM record_assets a JOIN zones z ON z.zone_id = a.zone_id
      WHERE a.sha256 IN (?*) AND z.realm = ? AND z.owner = ? AND z.deleted_at IS NULL
        AND (z.owner = ? OR z.zone_id = ?)`,
    [digests, context.realm.key, open.zone.owner, context.caller.userName, open.zone.zone_id],
  );
  return new Set(rows.map((row) => row.sha256));
}

/**
 * Keeps bytes from being collected before a row that refers to them is in: the collector takes the same lock, and looks for
 * such rows only when it has it. Always in the order of the digests, so that no two requests wait for each other.
 * @returns the sizes by digest; what is missing there has been collected
 */
async function lockBlobs(sql: Transaction, digests: ReadonlySet<string>): Promise<Map<string, number>> {
  if (digests.size === 0) return new Map();
  const rows = await sql.all<{ sha256: string; size: number }>(
    `SELECT sha256, size FROM blobs WHERE sha256 IN (?*) ORDER BY sha256${sql.forUpdate}`,
    [[...digests]],
  );
  return new Map(rows.map((row) => [row.sha256, row.size]));
}

/** The digest a token names, if it names one that can be. */
function digestOf({ sha256 }: { readonly sha256?: string | undefined }): string[] {
  return sha256 === undefined || Buffer.from(sha256, 'base64').length !== 32 ? [] : [normalDigest(sha256)];
}

/** A SHA-256 in base64, in the one spelling we compare by. @throws CloudError BAD_REQUEST */
export function normalDigest(text: string): string {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 32) throw badRequest('sha256 must be the base64 of 32 bytes');
  return bytes.toString('base64');
}
