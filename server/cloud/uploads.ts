import { assetRereferenceRequestSchema, assetUploadRequestSchema } from '../../shared/cloud/wireServices.ts';
import type { AssetUploadRequest } from '../../shared/cloud/wireServices.ts';
import type { DatabaseScope, ZoneIDInput } from '../../shared/cloud/wireRecords.ts';
import type { Sql } from '../database/database.ts';
import { CloudError, badRequest, notFound, overLimit } from './cloudError.ts';
import type { CallContext } from './context.ts';
import { assetsOf } from './fieldValues.ts';
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

/** assets/upload (sections 13, 14.3): an address per file, or `existing` for bytes the caller may already read. */
export async function requestUploads(context: CallContext, scope: DatabaseScope, body: unknown): Promise<string> {
  const request = parseBody(assetUploadRequestSchema, body);
  const { assetTokens } = context.services.config.limits;
  if (request.tokens.length > assetTokens)
    throw overLimit('assetTokens', assetTokens, `at most ${assetTokens} asset tokens per request`);
  const tokens = await context.database.write(async (sql) => {
    const open = await openForUpload(sql, context, scope, request.zoneID);
    const items: unknown[] = [];
    for (const token of request.tokens) {
      const recordName = token.recordName ?? randomUUID(context.services.random);
      try {
        items.push({
          recordName,
          fieldName: token.fieldName,
          ...(await grantUpload(sql, context, open, token, recordName)),
        });
      } catch (error) {
        if (!(error instanceof CloudError)) throw error;
        items.push(JSON.parse(error.item({ recordName, fieldName: token.fieldName })));
      }
    }
    return items;
  });
  return JSON.stringify({ tokens });
}

async function grantUpload(
  sql: Sql,
  context: CallContext,
  open: OpenZone,
  token: AssetUploadRequest['tokens'][number],
  recordName: string,
): Promise<Record<string, unknown>> {
  const { assetBytes, chunkBytes } = context.services.config.limits;
  if (token.size !== undefined) {
    if (token.size > assetBytes)
      throw overLimit('assetBytes', assetBytes, `an asset may have at most ${assetBytes} bytes`);
    await requireSpace(sql, context, open.zone.realm, open.zone.owner, token.size);
  }
  const sha256 = token.sha256 === undefined ? null : normalDigest(token.sha256);
  const resumable = token.resumable === true;
  if (resumable && (token.size === undefined || sha256 === null))
    throw badRequest('a resumable upload names its size and sha256');
  if (sha256 !== null && (await readableHere(sql, context, open, sha256, token.size))) {
    const uploadID = await insertUpload(sql, context, open, recordName, token.fieldName, {
      sha256,
      size: token.size ?? 0,
      done: true,
    });
    const size = await blobSize(sql, sha256);
    return {
      existing: writableAsset(context, {
        zoneID: open.zone.zone_id,
        fieldName: token.fieldName,
        uploadID,
        sha256,
        size,
      }),
    };
  }
  const uploadID = await insertUpload(sql, context, open, recordName, token.fieldName, {
    sha256,
    size: token.size ?? null,
    resumable,
  });
  const url = `${context.services.origin}/upload/${uploadID}`;
  return resumable ? { url, uploadID, chunkBytes, expiresAt: context.now + resumableLifetime } : { url };
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
    const items: unknown[] = [];
    for (const { recordName, fieldName } of request.assets) {
      const row = rows.get(recordName);
      const field = row === undefined || row.deleted === 1 ? undefined : parseFields(row)[fieldName];
      const values = field === undefined ? [] : assetsOf(field);
      if (values.length === 0)
        items.push(JSON.parse(notFound('this record has no such asset').item({ recordName, fieldName })));
      for (const { sha256, size } of values) {
        if (sha256 === undefined) continue;
        const uploadID = await insertUpload(sql, context, target, recordName, '', { sha256, size, done: true });
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
    `INSERT INTO uploads (upload_id, realm, user_name, zone_id, record_name, field_name, size, sha256, resumable, state, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
      context.now + lifetime,
    ],
  );
  return uploadID;
}

/** Does this zone's owner hold these bytes in a zone the caller can read? Anything wider would tell who has which file. */
async function readableHere(
  sql: Sql,
  context: CallContext,
  open: OpenZone,
  sha256: string,
  size: number | undefined,
): Promise<boolean> {
  const row = await sql.get<{ size: number }>(
    `SELECT a.size FROM record_assets a JOIN zones z ON z.zone_id = a.zone_id
      WHERE a.sha256 = ? AND z.realm = ? AND z.owner = ? AND z.deleted_at IS NULL
        AND (z.owner = ? OR z.zone_id = ?) LIMIT 1`,
    [sha256, context.realm.key, open.zone.owner, context.caller.userName, open.zone.zone_id],
  );
  return row !== undefined && (size === undefined || row.size === size);
}

async function blobSize(sql: Sql, sha256: string): Promise<number> {
  return (await sql.get<{ size: number }>('SELECT size FROM blobs WHERE sha256 = ?', [sha256]))?.size ?? 0;
}

/** @throws CloudError QUOTA_EXCEEDED when the owner has no room for this many bytes more */
export async function requireSpace(
  sql: Sql,
  context: Pick<CallContext, 'services'>,
  realmKey: string,
  owner: string,
  size: number,
): Promise<void> {
  const row = await sql.get<{ bytes: number | null; quota_bytes: number | null }>(
    'SELECT o.bytes, u.quota_bytes FROM users u LEFT JOIN owners o ON o.user_name = u.id AND o.realm = ? WHERE u.id = ?',
    [realmKey, owner],
  );
  const maximum = row?.quota_bytes ?? context.services.config.quotaBytes;
  if ((row?.bytes ?? 0) + size > maximum) {
    throw new CloudError('QUOTA_EXCEEDED', 'the storage of the zone’s owner is full', { limit: 'quotaBytes', maximum });
  }
}

/** A SHA-256 in base64, in the one spelling we compare by. @throws CloudError BAD_REQUEST */
export function normalDigest(text: string): string {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 32) throw badRequest('sha256 must be the base64 of 32 bytes');
  return bytes.toString('base64');
}
