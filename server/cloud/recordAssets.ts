import type { WireAsset } from '../../shared/cloud/wireRecords.ts';
import type { BulkInsert, Sql, Transaction } from '../database/database.ts';
import { badRequest, storageFull } from './cloudError.ts';
import type { CallContext } from './context.ts';
import type { ZoneRow } from './zones.ts';

/**
 * Which record holds which bytes, and what they cost the zone's owner. Bytes are counted once per owner and content,
 * however many records refer to them, so a copy inside one person's zones is free.
 */
export interface AssetLedger {
  /**
   * Turns a written value into the one to store.
   * @throws CloudError BAD_REQUEST for a receipt that is unknown, expired or meant for another field
   */
  claim(recordName: string, fieldName: string, value: WireAsset): WireAsset;
  /** Reads what these records refer to, for records that join the batch late (deleted along with another). */
  include(recordNames: readonly string[]): Promise<void>;
  /**
   * Replaces what a record refers to. `assets` by field, in list order; empty for a deleted record.
   * @throws CloudError QUOTA_EXCEEDED, with nothing replaced, when all of the record's assets together need more room
   *   than there is
   */
  replace(recordName: string, hadAssets: boolean, assets: ReadonlyMap<string, readonly WireAsset[]>): void;
  /** Writes references and the owner's bytes, and that the uploads have been made use of. */
  flush(sql: Transaction): Promise<void>;
}

interface ClaimedUpload {
  readonly uploadID: string;
  readonly fieldName: string;
  readonly sha256: string;
  readonly size: number;
}

/** One reference more, or one fewer, to some bytes. */
interface Shift {
  readonly sha256: string;
  readonly size: number;
  readonly by: 1 | -1;
}

interface HeldAsset {
  readonly size: number;
  refs: number;
}

const insertReferences: BulkInsert = {
  table: 'record_assets',
  columns: [
    ['zone_id', 'bigint'],
    ['record_name', 'text'],
    ['field', 'text'],
    ['position', 'bigint'],
    ['owner', 'text'],
    ['sha256', 'text'],
    ['size', 'bigint'],
  ],
  onConflict: '',
};

const upsertHeld: BulkInsert = {
  table: 'owner_assets',
  columns: [
    ['realm', 'text'],
    ['owner', 'text'],
    ['sha256', 'text'],
    ['size', 'bigint'],
    ['refs', 'bigint'],
  ],
  onConflict: 'ON CONFLICT (realm, owner, sha256) DO UPDATE SET refs = excluded.refs',
};

/**
 * How long a receipt is taken again after its first use, ms. Well before clean-up forgets the upload (an hour after it is
 * over), so that bytes which nothing else holds by then are not collected under a record that is just being saved.
 */
const claimedLifetime = 30 * 60_000;

/** What a receipt stands for; the upload it names still has to be alive. */
export function openReceipt(
  context: CallContext,
  zoneID: number,
  receipt: string,
): { uploadID: string; fieldName: string } | undefined {
  const parts = context.services.tokens.open('receipt', receipt);
  if (parts === undefined) return undefined;
  const [realm, user, zone, fieldName, uploadID] = parts;
  if (realm !== context.realm.key || user !== context.caller.userName || zone !== String(zoneID)) return undefined;
  return fieldName === undefined || uploadID === undefined ? undefined : { uploadID, fieldName };
}

/** The writable value of an upload that is complete. An empty field name fits every field (rereference). */
export function writableAsset(
  context: CallContext,
  upload: { zoneID: number; fieldName: string; uploadID: string; sha256: string; size: number },
): WireAsset {
  const digest = Buffer.from(upload.sha256, 'base64'); // as on the wire and in the tables; storage names are hex
  const keys = context.services.tokens.seal('wrap', [upload.sha256]).slice(0, 24);
  return {
    wrappingKey: keys,
    fileChecksum: Buffer.concat([Buffer.from([1]), digest.subarray(0, 20)]).toString('base64'),
    receipt: context.services.tokens.seal('receipt', [
      context.realm.key,
      context.caller.userName,
      upload.zoneID,
      upload.fieldName,
      upload.uploadID,
    ]),
    referenceChecksum: Buffer.concat([Buffer.from([2]), digest.subarray(0, 20)]).toString('base64'),
    size: upload.size,
  };
}

/**
 * Opens the ledger for one batch.
 * @param receipts every receipt in the batch
 * @param dropped names of records with assets that the batch changes or deletes
 */
export async function openLedger(
  sql: Sql,
  context: CallContext,
  zone: ZoneRow,
  receipts: readonly string[],
  dropped: readonly string[],
): Promise<AssetLedger> {
  const uploads = await loadUploads(sql, context, zone, receipts);
  const before = new Map<string, { sha256: string; size: number }[]>();
  const held = new Map<string, HeldAsset>();
  let bytes = 0;
  let bytesAtStart = 0;
  let quota: number | undefined;

  /** Reads what the owner already holds of these digests, and what all of it costs, once it matters. */
  const weigh = async (digests: readonly string[]): Promise<void> => {
    const unknown = [...new Set(digests)].filter((sha256) => !held.has(sha256));
    if (unknown.length === 0) return;
    for (const [sha256, asset] of await loadHeld(sql, zone, unknown)) held.set(sha256, asset);
    if (quota !== undefined) return;
    const row = await sql.get<{ bytes: number; quota_bytes: number | null }>(
      'SELECT o.bytes, u.quota_bytes FROM owners o LEFT JOIN users u ON u.id = o.user_name WHERE o.realm = ? AND o.user_name = ?',
      [zone.realm, zone.owner],
    );
    bytes = row?.bytes ?? 0;
    bytesAtStart = bytes;
    quota = row?.quota_bytes ?? context.services.config.quotaBytes;
  };

  const include = async (recordNames: readonly string[]): Promise<void> => {
    const unknown = recordNames.filter((name) => !before.has(name));
    if (unknown.length === 0) return;
    for (const name of unknown) before.set(name, []);
    const rows = await sql.all<{ record_name: string; sha256: string; size: number }>(
      'SELECT record_name, sha256, size FROM record_assets WHERE zone_id = ? AND record_name IN (?*)',
      [zone.zone_id, unknown],
    );
    await weigh(rows.map((row) => row.sha256));
    for (const row of rows) before.get(row.record_name)?.push(row);
  };
  await include(dropped);
  await weigh([...uploads.values()].map((upload) => upload.sha256));

  /** Uploads by the record whose fields name them; they count once the record is in. */
  const claims = new Map<string, string[]>();
  const claimed = new Set<string>();
  const cleared = new Set<string>();
  const added: (readonly [record: string, field: string, position: number, sha256: string, size: number])[] = [];
  const touched = new Set<string>();

  const shift = (sha256: string, size: number, by: 1 | -1): void => {
    const asset = held.get(sha256) ?? { size, refs: 0 };
    if (asset.refs === 0 && by === 1) bytes += asset.size;
    asset.refs += by;
    if (asset.refs === 0) bytes -= asset.size;
    held.set(sha256, asset);
    touched.add(sha256);
  };

  /** How many bytes more (or fewer) the owner holds after these shifts, each content counted once. */
  const growthBy = (shifts: readonly Shift[]): number => {
    const sums = new Map<string, { size: number; by: number }>();
    for (const { sha256, size, by } of shifts) sums.set(sha256, { size, by: (sums.get(sha256)?.by ?? 0) + by });
    let growth = 0;
    for (const [sha256, { size, by }] of sums) {
      const asset = held.get(sha256) ?? { size, refs: 0 };
      const isHeld = asset.refs + by > 0;
      if (isHeld !== asset.refs > 0) growth += isHeld ? asset.size : -asset.size;
    }
    return growth;
  };

  return {
    include,
    claim(recordName, fieldName, value) {
      if (value.receipt === undefined) {
        throw badRequest(`field ${fieldName}: an asset as read cannot be written back; upload or rereference it`);
      }
      const upload = uploads.get(value.receipt);
      if (upload === undefined || (upload.fieldName !== '' && upload.fieldName !== fieldName)) {
        throw badRequest(`field ${fieldName}: this receipt is unknown, expired or belongs to another field`);
      }
      claims.set(recordName, [...(claims.get(recordName) ?? []), upload.uploadID]);
      const stored = writableAsset(context, { zoneID: 0, ...upload, uploadID: '' });
      const { receipt: _receipt, ...kept } = stored;
      return { ...kept, sha256: upload.sha256 };
    },
    replace(recordName, hadAssets, assets) {
      const dropped = hadAssets ? (before.get(recordName) ?? []) : [];
      const given = [...assets].flatMap(([field, values]) =>
        values.map((asset, position) => ({ field, position, sha256: asset.sha256 ?? '', size: asset.size })),
      );
      const shifts: readonly Shift[] = [
        ...dropped.map(({ sha256, size }) => ({ sha256, size, by: -1 as const })),
        ...given.map(({ sha256, size }) => ({ sha256, size, by: 1 as const })),
      ];
      // Over the whole record: many new assets in one must not pass because each of them alone would.
      const growth = growthBy(shifts);
      const maximum = quota ?? 0;
      if (growth > 0 && bytes + growth > maximum) throw storageFull(maximum);
      if (hadAssets) cleared.add(recordName);
      for (const { sha256, size, by } of shifts) shift(sha256, size, by);
      for (const { field, position, sha256, size } of given) added.push([recordName, field, position, sha256, size]);
      for (const uploadID of claims.get(recordName) ?? []) claimed.add(uploadID);
    },
    async flush(transaction) {
      if (cleared.size > 0) {
        await transaction.run('DELETE FROM record_assets WHERE zone_id = ? AND record_name IN (?*)', [
          zone.zone_id,
          [...cleared],
        ]);
      }
      await transaction.insertMany(
        insertReferences,
        added.map(([record, field, position, sha256, size]) => [
          zone.zone_id,
          record,
          field,
          position,
          zone.owner,
          sha256,
          size,
        ]),
      );
      const rows = [...touched].map((sha256) => ({ sha256, asset: held.get(sha256) ?? { size: 0, refs: 0 } }));
      await transaction.insertMany(
        upsertHeld,
        rows
          .filter(({ asset }) => asset.refs > 0)
          .map(({ sha256, asset }) => [zone.realm, zone.owner, sha256, asset.size, asset.refs]),
      );
      const gone = rows.filter(({ asset }) => asset.refs <= 0).map(({ sha256 }) => sha256);
      if (gone.length > 0) {
        await transaction.run('DELETE FROM owner_assets WHERE realm = ? AND owner = ? AND sha256 IN (?*)', [
          zone.realm,
          zone.owner,
          gone,
        ]);
      }
      if (claimed.size > 0) {
        // Over from now on, so that it counts as waiting no longer. Clean-up leaves it for a while: a request whose answer
        // was lost may come with the same receipt again. One without a record's name was given out for several.
        await transaction.run(
          `UPDATE uploads SET state = 'claimed', expires_at = ?
            WHERE state = 'done' AND record_name <> '' AND upload_id IN (?*)`,
          [context.now, [...claimed]],
        );
      }
      if (bytes !== bytesAtStart) {
        await transaction.run('UPDATE owners SET bytes = bytes + ? WHERE realm = ? AND user_name = ?', [
          bytes - bytesAtStart,
          zone.realm,
          zone.owner,
        ]);
      }
    },
  };
}

async function loadUploads(
  sql: Sql,
  context: CallContext,
  zone: ZoneRow,
  receipts: readonly string[],
): Promise<Map<string, ClaimedUpload>> {
  const wanted = new Map<string, { receipt: string; fieldName: string }[]>();
  for (const receipt of new Set(receipts)) {
    const opened = openReceipt(context, zone.zone_id, receipt);
    if (opened === undefined) continue;
    const list = wanted.get(opened.uploadID) ?? [];
    list.push({ receipt, fieldName: opened.fieldName });
    wanted.set(opened.uploadID, list);
  }
  const uploads = new Map<string, ClaimedUpload>();
  if (wanted.size === 0) return uploads;
  const rows = await sql.all<{ upload_id: string; sha256: string; size: number }>(
    `SELECT upload_id, sha256, size FROM uploads
      WHERE upload_id IN (?*) AND (state = 'done' AND expires_at > ? OR state = 'claimed' AND expires_at > ?)`,
    [[...wanted.keys()], context.now, context.now - claimedLifetime],
  );
  for (const row of rows) {
    for (const { receipt, fieldName } of wanted.get(row.upload_id) ?? []) {
      uploads.set(receipt, { uploadID: row.upload_id, fieldName, sha256: row.sha256, size: row.size });
    }
  }
  return uploads;
}

async function loadHeld(sql: Sql, zone: ZoneRow, digests: readonly string[]): Promise<Map<string, HeldAsset>> {
  if (digests.length === 0) return new Map();
  const rows = await sql.all<{ sha256: string; size: number; refs: number }>(
    'SELECT sha256, size, refs FROM owner_assets WHERE realm = ? AND owner = ? AND sha256 IN (?*)',
    [zone.realm, zone.owner, digests],
  );
  return new Map(rows.map((row) => [row.sha256, { size: row.size, refs: row.refs }]));
}
