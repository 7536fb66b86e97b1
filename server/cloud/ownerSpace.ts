import type { Sql, Transaction } from '../database/database.ts';
import { storageFull } from './cloudError.ts';
import type { Services } from './context.ts';

/** The room an owner has, as of one moment. */
export interface OwnerSpace {
  /** What the caller has begun to upload and not finished. */
  readonly openUploads: number;
  readonly maximum: number;
  /** Room for this content beside the records and whatever else has arrived for them. Never below zero. */
  left(content: string | null): number;
  /**
   * Room for this content beside everything that was promised room.
   * @param content a digest, or the name of an upload that has none yet; counted once, however often it was asked for
   * @throws CloudError QUOTA_EXCEEDED
   */
  require(content: string, size: number): void;
  /** Counts an upload that has just been granted. */
  promise(content: string, size: number): void;
}

/**
 * Reads what an owner holds and what is about to come. Uploads count from the moment they are granted until a record holds
 * their bytes, else any number of files could be sent that no record ever names. To the owner, those of other people count by
 * what has arrived: nobody is kept from their own storage by what somebody else only means to send.
 *
 * Copies made by reference are not counted while any record holds their bytes: they take no place on the disk. Nor are bytes
 * the owner holds already, sent once more; but what is said to be those and has another size will not be them.
 * @param lock the transaction in which the owner stays locked, where what is decided by this is written
 */
export async function ownerSpace(
  sql: Sql,
  services: Pick<Services, 'config' | 'clock'>,
  { realm, owner, caller }: { readonly realm: string; readonly owner: string; readonly caller: string },
  lock?: Transaction,
): Promise<OwnerSpace> {
  const row = await sql.get<{ bytes: number }>(
    `SELECT bytes FROM owners WHERE realm = ? AND user_name = ?${lock?.forUpdate ?? ''}`,
    [realm, owner],
  );
  const user = await sql.get<{ quota_bytes: number | null }>('SELECT quota_bytes FROM users WHERE id = ?', [owner]);
  // CROSS JOIN: SQLite starts with the owner's zones, however few uploads there are of everybody.
  const rows = await sql.all<{ content: string; size: number; arrived: number; mine: number }>(
    `SELECT coalesce(u.sha256, u.zone_id || '/' || u.field_name || '/' || u.record_name) AS content,
            max(CASE WHEN u.state = 'open' AND z.owner = ? AND u.user_name <> z.owner THEN u.received
                     ELSE coalesce(u.size, 0) END) AS size,
            max(CASE WHEN u.state = 'open' THEN 0 ELSE u.size END) AS arrived,
            sum(CASE WHEN u.state = 'open' AND u.user_name = ? THEN 1 ELSE 0 END) AS mine
       FROM zones z CROSS JOIN uploads u LEFT JOIN owner_assets a
         ON a.realm = ? AND a.owner = ? AND a.sha256 = u.sha256 AND a.size = coalesce(u.size, a.size)
      WHERE z.realm = ? AND z.owner = ? AND z.deleted_at IS NULL AND u.zone_id = z.zone_id AND u.expires_at > ?
        AND a.sha256 IS NULL
        AND (u.field_name <> '' OR NOT EXISTS (SELECT 1 FROM record_assets AS r WHERE r.sha256 = u.sha256))
      GROUP BY content`,
    [caller, caller, realm, owner, realm, owner, services.clock()],
  );
  const held = row?.bytes ?? 0;
  const maximum = user?.quota_bytes ?? services.config.quotaBytes;
  const pending = new Map(rows.map((one) => [one.content, one]));
  let promised = rows.reduce((sum, one) => sum + one.size, 0);
  const arrived = rows.reduce((sum, one) => sum + one.arrived, 0);
  let mine = rows.reduce((sum, one) => sum + one.mine, 0);
  return {
    maximum,
    get openUploads() {
      return mine;
    },
    left(content) {
      const same = content === null ? 0 : (pending.get(content)?.arrived ?? 0);
      return Math.max(0, maximum - held - arrived + same);
    },
    require(content, size) {
      if (held + promised - (pending.get(content)?.size ?? 0) + size > maximum) throw storageFull(maximum);
    },
    promise(content, size) {
      const same = pending.get(content) ?? { content, size: 0, arrived: 0, mine: 0 };
      const larger = Math.max(same.size, size);
      promised += larger - same.size;
      pending.set(content, { ...same, size: larger });
      mine += 1;
    },
  };
}

/** What an upload counts under that has no digest yet; spelt as in `ownerSpace`. */
export function contentName(zoneID: number, recordName: string, fieldName: string): string {
  return `${zoneID}/${fieldName}/${recordName}`;
}
