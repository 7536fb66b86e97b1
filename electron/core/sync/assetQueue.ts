import { attentionReason, type AttentionReason } from '../../../shared/model/sync.ts';
import type { Store } from '../store/store.ts';
import type { AssetResource } from './assetFiles.ts';

/** What one transfer is to do. */
export interface AssetJob {
  readonly resource: AssetResource;
  readonly direction: 'upload' | 'download';
  readonly uploadUrl: string | null;
  readonly attempts: number;
}

export interface AssetCounts {
  readonly uploads: number;
  readonly downloads: number;
  readonly uploadBytes: number;
  readonly downloadBytes: number;
  /** What keeps some of them from being moved, and how many. */
  readonly troubles: readonly AssetTrouble[];
}

/** A reason why transfers wait, the number of those, and what was said of one of them. */
export interface AssetTrouble {
  readonly reason: AttentionReason;
  readonly count: number;
  readonly message: string | null;
}

type JobRow = {
  id: string;
  zone_id: string;
  photo_id: string;
  kind: string;
  file_name: string;
  sha256: string;
  byte_size: number | null;
  photo_sha256: string | null;
  sort_at: number;
  direction: 'upload' | 'download';
  upload_url: string | null;
  attempts: number;
};

/** Thumbnails first, so that another computer shows the grid at once; then what is small and edited, then originals. */
export function assetRank(kind: string): number {
  switch (kind) {
    case 'thumbnail':
      return 0;
    case 'editedThumbnail':
      return 1;
    case 'sidecar':
      return 2;
    case 'original':
      return 3;
    default:
      return 4;
  }
}

/** Nothing is put off for longer, in ms: what seems to be was put off by a clock that has been set back since. */
export const longestWait = 60 * 60_000;

/** Ranks up to this one are always kept on every computer; the rest may be fetched on demand. */
const alwaysHere = 2;
const anyRank = 99;

export type AssetQueue = ReturnType<typeof createAssetQueue>;

/**
 * The transfers a library still has to make: table `sync_asset`, one row per resource. Rows are queued in the
 * transaction that learns of the need (an accepted record, an imported one), so none is forgotten by a crash.
 */
export function createAssetQueue(store: Store) {
  const { connection } = store;
  const resourceColumns = `r.id, r.zone_id, r.photo_id, r.kind, r.file_name, r.sha256, r.byte_size,
    p.sha256 AS photo_sha256, p.sort_at`;
  const jobColumns = `${resourceColumns}, a.direction, a.upload_url, a.attempts`;
  const toJob = (row: JobRow): AssetJob => ({
    resource: {
      id: row.id,
      zoneId: row.zone_id,
      photoId: row.photo_id,
      kind: row.kind,
      fileName: row.file_name,
      sha256: row.sha256,
      byteSize: row.byte_size ?? 0,
      photoSha256: row.photo_sha256,
      sortAt: row.sort_at,
    },
    direction: row.direction,
    uploadUrl: row.upload_url,
    attempts: row.attempts,
  });

  const queue = {
    /** The server accepted a resource's record without bytes: they are sent when they are here. */
    queueUpload: (resourceId: string): void => {
      connection
        .statement<[string]>(
          `INSERT INTO sync_asset (resource_id, zone_id, direction, rank, byte_size, sha256, state)
           SELECT id, zone_id, 'upload', CASE kind WHEN 'thumbnail' THEN 0 WHEN 'editedThumbnail' THEN 1
             WHEN 'sidecar' THEN 2 WHEN 'original' THEN 3 ELSE 4 END, coalesce(byte_size, 0), sha256, 'queued'
           FROM resource WHERE id = ? AND sha256 IS NOT NULL AND local_state = 'here'
           ON CONFLICT (resource_id) DO UPDATE SET zone_id = excluded.zone_id, direction = 'upload',
             state = 'queued', sha256 = excluded.sha256, byte_size = excluded.byte_size, upload_url = NULL,
             value = NULL, attempts = 0, not_before = 0, reason = NULL, message = NULL
           WHERE sync_asset.sha256 IS NOT excluded.sha256 OR sync_asset.zone_id IS NOT excluded.zone_id
             OR sync_asset.direction = 'download' AND sync_asset.state <> 'done'`,
        )
        .run(resourceId);
    },
    /** The server holds other bytes than its record speaks of, whatever was sent before: those are sent that are here. */
    sendInstead: (resourceId: string): void => {
      queue.queueUpload(resourceId);
      connection
        .statement<[string]>(
          `UPDATE sync_asset SET direction = 'upload', state = 'queued', value = NULL, upload_url = NULL, attempts = 0,
             not_before = 0, reason = NULL, message = NULL
           WHERE resource_id = ? AND state = 'done'
             AND sha256 = (SELECT sha256 FROM resource WHERE id = sync_asset.resource_id AND local_state = 'here')`,
        )
        .run(resourceId);
    },
    /**
     * The record may speak of other bytes than before: what lies here are the older ones, unless a file has just these. Of a
     * sidecar in place nobody keeps the hash; the row followed it. Pictures have no files: one that was made here is new.
     */
    noteOlderBytes: (resourceId: string): void => {
      connection
        .statement<[string]>(
          `UPDATE resource SET local_state = 'remote' WHERE id = ? AND local_state = 'here'
             AND CASE WHEN kind IN ('thumbnail', 'editedThumbnail') THEN
               EXISTS (SELECT 1 FROM sync_asset AS a WHERE a.resource_id = resource.id
                 AND a.direction = 'download' AND a.sha256 <> resource.sha256)
             ELSE
               EXISTS (SELECT 1 FROM file WHERE file.resource_id = resource.id
                 AND file.state IN ('present', 'sidecar') AND file.sha256 <> resource.sha256)
               AND NOT EXISTS (SELECT 1 FROM file WHERE file.state IN ('present', 'sidecar')
                 AND (file.resource_id = resource.id AND file.sha256 IS NULL OR file.sha256 = resource.sha256))
             END`,
        )
        .run(resourceId);
    },
    isHere: (resourceId: string): boolean =>
      connection
        .statement<[string], { one: number }>(`SELECT 1 AS one FROM resource WHERE id = ? AND local_state = 'here'`)
        .get(resourceId) !== undefined,
    /**
     * Resources of my own zones whose bytes are here and whose record the server has, while nothing is known of their
     * bytes there: perhaps the computer that made the record never came to send them.
     * @param after continues behind this id
     */
    unaccounted: (after: string, limit: number): readonly AssetResource[] =>
      connection
        .statement<[string, number], Omit<JobRow, 'direction' | 'upload_url' | 'attempts'>>(
          `SELECT ${resourceColumns} FROM resource AS r JOIN photo AS p ON p.id = r.photo_id
             JOIN zone AS z ON z.id = r.zone_id
             JOIN sync_record AS s ON s.entity = 'Resource' AND s.row_id = r.id AND s.zone_id = r.zone_id
           WHERE r.id > ? AND z.store = 'private' AND r.local_state = 'here' AND r.sha256 IS NOT NULL
             AND s.change_tag IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sync_asset AS a
               WHERE a.resource_id = r.id AND (a.sha256 IS NULL OR a.sha256 = r.sha256))
           ORDER BY r.id LIMIT ?`,
        )
        .all(after, limit)
        .map((row) => toJob({ ...row, direction: 'upload', upload_url: null, attempts: 0 }).resource),
    /** The server has a resource's bytes. `here`: so has this computer, nothing is to be done. */
    noteRemote: (
      resource: { id: string; zoneId: string; kind: string; byteSize: number; sha256: string | null },
      here: boolean,
    ): void => {
      connection
        .statement<[string, string, number, number, string | null, string, string]>(
          `INSERT INTO sync_asset (resource_id, zone_id, direction, rank, byte_size, sha256, state)
           VALUES (?, ?, 'download', ?, ?, ?, ?)
           ON CONFLICT (resource_id) DO UPDATE SET zone_id = excluded.zone_id, direction = 'download',
             rank = excluded.rank, byte_size = excluded.byte_size, sha256 = excluded.sha256, state = excluded.state,
             attempts = 0, not_before = 0, reason = NULL, message = NULL
           WHERE sync_asset.sha256 IS NOT excluded.sha256 OR sync_asset.state <> ?`,
        )
        .run(
          resource.id,
          resource.zoneId,
          assetRank(resource.kind),
          resource.byteSize,
          resource.sha256,
          here ? 'done' : 'queued',
          here ? 'done' : 'queued',
        );
    },
    /**
     * The next jobs that may run now. Originals wait for a request when they are fetched on demand, and a row that has got
     * other bytes until its record says so on the server.
     * @param onlySmall pictures and sidecars alone
     */
    next: (
      now: number,
      limit: number,
      onDemand: boolean,
      busy: readonly string[],
      onlySmall = false,
    ): readonly AssetJob[] =>
      connection
        .statement<[number, number, number, number, string, number], JobRow>(
          `SELECT ${jobColumns} FROM sync_asset AS a JOIN resource AS r ON r.id = a.resource_id
             JOIN photo AS p ON p.id = r.photo_id
           WHERE a.state = 'queued' AND (a.not_before <= ? OR a.not_before > ?)
             AND r.sha256 IS NOT NULL AND (a.sha256 IS NULL OR a.sha256 = r.sha256)
             AND a.rank <= ? AND (a.direction = 'upload' OR a.rank <= ?)
             AND r.id NOT IN (SELECT value FROM json_each(?))
           ORDER BY a.rank, a.resource_id LIMIT ?`,
        )
        .all(
          now,
          now + longestWait,
          onlySmall ? alwaysHere : anyRank,
          onDemand ? alwaysHere : anyRank,
          JSON.stringify(busy),
          limit,
        )
        .map(toJob),
    job: (resourceId: string): AssetJob | undefined => {
      const row = connection
        .statement<[string], JobRow>(
          `SELECT ${jobColumns} FROM sync_asset AS a JOIN resource AS r ON r.id = a.resource_id
             JOIN photo AS p ON p.id = r.photo_id WHERE a.resource_id = ? AND r.sha256 IS NOT NULL`,
        )
        .get(resourceId);
      return row === undefined ? undefined : toJob(row);
    },
    /** Whether the bytes of a resource have been brought here; false again once its copy is evicted. */
    isDone: (resourceId: string): boolean =>
      connection
        .statement<[string]>(`SELECT 1 FROM sync_asset WHERE resource_id = ? AND state = 'done'`)
        .get(resourceId) !== undefined,
    setUploadUrl: (resourceId: string, url: string | null): void => {
      connection
        .statement<[string | null, string]>('UPDATE sync_asset SET upload_url = ? WHERE resource_id = ?')
        .run(url, resourceId);
    },
    /** The bytes are on the server; the record does not say so yet. @returns false when the file changed meanwhile. */
    setUploaded: (resourceId: string, sha256: string, value: string): boolean =>
      connection
        .statement<[string, string, string]>(
          `UPDATE sync_asset SET state = 'uploaded', value = ?, upload_url = NULL, attempts = 0, reason = NULL,
             message = NULL
           WHERE resource_id = ? AND sha256 = ?`,
        )
        .run(value, resourceId, sha256) === 1,
    /**
     * The value to write into the record, once the bytes are there; undefined for bytes the row has no more. What the server
     * gave for them counts in the zone they were sent to: of a photo that was moved since, they are offered anew.
     */
    value: (resourceId: string): unknown => {
      const row = connection
        .statement<[string], { value: string | null }>(
          `SELECT a.value FROM sync_asset AS a JOIN resource AS r ON r.id = a.resource_id
           WHERE a.resource_id = ? AND a.state = 'uploaded' AND a.sha256 = r.sha256 AND a.zone_id = r.zone_id`,
        )
        .get(resourceId);
      return row === undefined || row.value === null ? undefined : JSON.parse(row.value);
    },
    /** What the server gave for the bytes counts no longer: they are offered again, from this time on, ms. */
    sendAgain: (resourceId: string, from: number): void => {
      connection
        .statement<[number, string]>(
          `UPDATE sync_asset SET state = 'queued', value = NULL, upload_url = NULL, attempts = 0, not_before = ?
           WHERE resource_id = ? AND direction = 'upload' AND state = 'uploaded'`,
        )
        .run(from, resourceId);
    },
    /** These very bytes are where they should be. Others that the row got meanwhile are still to be moved. */
    setDone: ({ id, sha256 }: Pick<AssetResource, 'id' | 'sha256'>): void => {
      connection
        .statement<[string, string]>(
          `UPDATE sync_asset SET state = 'done', value = NULL, reason = NULL, message = NULL
           WHERE resource_id = ? AND (sha256 IS NULL OR sha256 = ?)`,
        )
        .run(id, sha256);
    },
    /** The record on the server names the bytes that were sent. */
    setAnnounced: (resourceId: string): void => {
      connection
        .statement<[string]>(
          `UPDATE sync_asset SET state = 'done', value = NULL, reason = NULL, message = NULL
           WHERE resource_id = ? AND state = 'uploaded'`,
        )
        .run(resourceId);
    },
    /** The bytes are not here any more (evicted): they are fetched when asked for. */
    setEvicted: (resourceId: string): void => {
      connection
        .statement<[string]>(
          `UPDATE sync_asset SET direction = 'download', state = 'queued', attempts = 0, reason = NULL, message = NULL
           WHERE resource_id = ?`,
        )
        .run(resourceId);
    },
    postpone: (resourceId: string, until: number, reason: AttentionReason | null, message: string | null): void => {
      connection
        .statement<[number, string | null, string | null, string]>(
          `UPDATE sync_asset SET attempts = attempts + 1, not_before = ?, reason = ?, message = ? WHERE resource_id = ?`,
        )
        .run(until, reason, message, resourceId);
    },
    /**
     * There was no room for these bytes: nor is there for any others to the same person that are no fewer. They wait as well,
     * so that a full account is asked about once in a while and not about each file.
     */
    postponeNoSmaller: (resource: AssetResource, until: number, reason: AttentionReason, message: string): void => {
      connection
        .statement<[number, AttentionReason, string, number, string]>(
          `UPDATE sync_asset SET not_before = ?, reason = ?, message = ?
           WHERE state = 'queued' AND direction = 'upload' AND byte_size >= ? AND zone_id IN (
             SELECT other.id FROM zone AS mine JOIN zone AS other ON other.owner = mine.owner WHERE mine.id = ?)`,
        )
        .run(until, reason, message, resource.byteSize, resource.zoneId);
    },
    /** Lets everything postponed try again now. */
    retry: (): void => {
      connection
        .statement<[]>(
          `UPDATE sync_asset SET not_before = 0, reason = NULL, message = NULL WHERE state = 'queued' AND not_before > 0`,
        )
        .run();
    },
    remove: (resourceId: string): void => {
      connection.statement<[string]>('DELETE FROM sync_asset WHERE resource_id = ?').run(resourceId);
    },
    /**
     * When the next of those is due that have to wait longer than `now`. Looks at each of them that is queued.
     * @param onlySmall pictures and sidecars alone
     */
    nextDue: (now: number, onDemand: boolean, onlySmall = false): number | undefined =>
      connection
        .statement<[number, number, number, number], { at: number | null }>(
          `SELECT min(not_before) AS at FROM sync_asset
           WHERE state = 'queued' AND not_before > ? AND not_before <= ? AND rank <= ?
             AND (direction = 'upload' OR rank <= ?)`,
        )
        .get(now, now + longestWait, onlySmall ? alwaysHere : anyRank, onDemand ? alwaysHere : anyRank)?.at ??
      undefined,
    counts: (onDemand: boolean): AssetCounts => {
      const rows = connection
        .statement<
          [number],
          { direction: string; reason: string | null; count: number; bytes: number; message: string | null }
        >(
          `SELECT direction, reason, count(*) AS count, sum(byte_size) AS bytes, max(message) AS message
           FROM sync_asset WHERE state IN ('queued', 'uploaded') AND (direction = 'upload' OR rank <= ?)
           GROUP BY direction, reason`,
        )
        .all(onDemand ? alwaysHere : anyRank);
      const sum = (direction: string, of: 'count' | 'bytes') =>
        rows.filter((row) => row.direction === direction).reduce((total, row) => total + row[of], 0);
      const troubles = new Map<AttentionReason, AssetTrouble>();
      for (const { reason, count, message } of rows) {
        const known = attentionReason.safeParse(reason);
        if (!known.success) continue;
        const before = troubles.get(known.data);
        troubles.set(known.data, {
          reason: known.data,
          count: count + (before?.count ?? 0),
          message: message ?? before?.message ?? null,
        });
      }
      return {
        uploads: sum('upload', 'count'),
        downloads: sum('download', 'count'),
        uploadBytes: sum('upload', 'bytes'),
        downloadBytes: sum('download', 'bytes'),
        troubles: [...troubles.values()],
      };
    },
    /**
     * Bytes of originals here that the server holds as well, the oldest photos first: what a cache limit may free. What I
     * added to another person's share stays: its copy on the server is theirs, and access to it can end without warning.
     */
    evictable: (limit: number): readonly AssetResource[] =>
      connection
        .statement<[number], JobRow>(
          `SELECT ${jobColumns} FROM sync_asset AS a JOIN resource AS r ON r.id = a.resource_id
             JOIN photo AS p ON p.id = r.photo_id JOIN zone AS z ON z.id = r.zone_id
           WHERE a.state = 'done' AND a.rank > ${alwaysHere} AND r.local_state = 'here' AND r.sha256 = a.sha256
             AND NOT (z.store = 'shared' AND p.created_by IS NULL)
           ORDER BY p.sort_at LIMIT ?`,
        )
        .all(limit)
        .map((row) => toJob(row).resource),
  };
  return queue;
}
