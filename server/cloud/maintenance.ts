import type { Services } from './context.ts';
import { idempotencyLifetime } from './idempotency.ts';

/** What one round of clean-up did. */
export interface MaintenanceReport {
  readonly expiredRows: number;
  readonly abandonedUploads: number;
  readonly removedBlobs: number;
  readonly purgedRecords: number;
  readonly purgedTombstones: number;
}

const day = 24 * 60 * 60_000;
/** An upload's row is kept this long past its end, so that a claim that began in time is never overtaken, ms. */
const uploadGrace = 60 * 60_000;
/** Steps are small: each is one transaction that other writers wait for. */
const stepRows = 200;
const maxSteps = 500;
/** Names of bytes looked at in one step. */
const candidateRows = stepRows * 10;
/** Bytes removed in one round: each waits for the storage, and a round shall end. */
const maxRemovals = 2000;

/**
 * One round. Safe in any number of processes at once, and at any moment of any request.
 * @param isStopped asked between steps: a server that closes its database lets the rest be done next time
 */
export async function runMaintenance(
  services: Services,
  isStopped: () => boolean = () => false,
): Promise<MaintenanceReport> {
  const now = services.clock();
  const round: Round = {
    services,
    goOn: async () => {
      // SQLite answers without ever leaving the microtask queue: whatever the steps are made of, no request would be
      // read from its socket before the last of them. Where there are no timers, there are no sockets either.
      const { timers } = services;
      if (timers !== undefined) await new Promise<void>((resolve) => void timers.setTimeout(resolve, 0));
      return !isStopped();
    },
  };
  const expiredRows = await dropExpired(services, now);
  const purgedRecords = await purgeDeletedZones(round);
  const purgedTombstones = await purgeTombstones(round, now);
  const abandonedUploads = await dropUploads(round, now);
  const removedBlobs = await collectBlobs(round);
  return { expiredRows, abandonedUploads, removedBlobs, purgedRecords, purgedTombstones };
}

interface Round {
  readonly services: Services;
  /** Lets whoever waits have a turn before the next step; false when there is to be none. */
  readonly goOn: () => Promise<boolean>;
}

async function dropExpired(services: Services, now: number): Promise<number> {
  return services.database.write(async (sql) => {
    let rows = 0;
    rows += await sql.run('DELETE FROM sessions WHERE expires_at < ?', [now]);
    rows += await sql.run('DELETE FROM verifications WHERE expires_at < ?', [now]);
    rows += await sql.run('DELETE FROM device_codes WHERE expires_at < ?', [now]);
    rows += await sql.run('DELETE FROM device_tokens WHERE expires_at < ?', [now]);
    rows += await sql.run('DELETE FROM idempotency WHERE created_at < ?', [now - idempotencyLifetime]);
    rows += await sql.run('DELETE FROM rate_limits WHERE window_start < ?', [now - day]);
    rows += await sql.run('DELETE FROM signup_invitations WHERE expires_at < ?', [now]);
    return rows;
  });
}

/** Takes the rows of deleted zones away, a few at a time, and gives their owners the bytes back. */
async function purgeDeletedZones({ services, goOn }: Round): Promise<number> {
  let purged = 0;
  /** Zones before this one are empty, or another process is at them. */
  let from = 0;
  for (let step = 0; step < maxSteps && (await goOn()); step += 1) {
    const done = await services.database.write(async (sql) => {
      const zone = await sql.get<{ zone_id: number; realm: string; owner: string }>(
        `SELECT zone_id, realm, owner FROM zones AS z WHERE deleted_at IS NOT NULL AND zone_id >= ?
            AND EXISTS (SELECT 1 FROM records AS r WHERE r.zone_id = z.zone_id) ORDER BY zone_id LIMIT 1`,
        [from],
      );
      if (zone === undefined) return undefined;
      const zoneID = zone.zone_id;
      const rows = await sql.all<{ record_name: string }>(
        `SELECT record_name FROM records WHERE zone_id = ? ORDER BY record_name LIMIT ?${sql.forUpdate === '' ? '' : ' FOR UPDATE SKIP LOCKED'}`,
        [zoneID, stepRows],
      );
      const names = rows.map((row) => row.record_name);
      const assets = await sql.all<{ sha256: string; size: number; refs: number }>(
        `SELECT sha256, size, count(*) AS refs FROM record_assets WHERE zone_id = ? AND record_name IN (?*)
          GROUP BY sha256, size ORDER BY sha256`,
        [zoneID, names],
      );
      if (assets.length > 0) {
        await sql.get(`SELECT seq FROM owners WHERE realm = ? AND user_name = ?${sql.forUpdate}`, [
          zone.realm,
          zone.owner,
        ]);
        for (const asset of assets) {
          const owned = [zone.realm, zone.owner, asset.sha256] as const;
          await sql.run('UPDATE owner_assets SET refs = refs - ? WHERE realm = ? AND owner = ? AND sha256 = ?', [
            asset.refs,
            ...owned,
          ]);
          const gone = await sql.run(
            'DELETE FROM owner_assets WHERE realm = ? AND owner = ? AND sha256 = ? AND refs <= 0',
            owned,
          );
          if (gone > 0) {
            await sql.run('UPDATE owners SET bytes = bytes - ? WHERE realm = ? AND user_name = ?', [
              asset.size,
              zone.realm,
              zone.owner,
            ]);
          }
        }
      }
      for (const [table, column] of [
        ['record_assets', 'record_name'],
        ['record_refs', 'source'],
        ['records', 'record_name'],
      ] as const) {
        await sql.run(`DELETE FROM ${table} WHERE zone_id = ? AND ${column} IN (?*)`, [zoneID, names]);
      }
      return { zoneID, rows: names.length };
    });
    if (done === undefined) break;
    purged += done.rows;
    from = done.rows === 0 ? done.zoneID + 1 : done.zoneID;
  }
  return purged;
}

/** Forgets deletions older than the retention; a token from before is answered CHANGE_TOKEN_EXPIRED from then on. */
async function purgeTombstones({ services, goOn }: Round, now: number): Promise<number> {
  const before = now - services.config.tombstoneDays * day;
  let purged = 0;
  for (let step = 0; step < maxSteps && (await goOn()); step += 1) {
    const done = await services.database.write(async (sql) => {
      // The oldest first, as their index has them: in the order of zones each step would sort all there are.
      const batch = await sql.all<{ zone_id: number; record_name: string; seq: number }>(
        'SELECT zone_id, record_name, seq FROM records WHERE deleted = 1 AND modified_at < ? ORDER BY modified_at LIMIT ?',
        [before, stepRows],
      );
      let deleted = 0;
      const zones = [...Map.groupBy(batch, (row) => row.zone_id)].sort(([a], [b]) => a - b);
      for (const [zoneID, mine] of zones) {
        // The age again: where writers do not wait for this step, one that was made and deleted again has a new deletion.
        deleted += await sql.run(
          'DELETE FROM records WHERE zone_id = ? AND deleted = 1 AND modified_at < ? AND record_name IN (?*)',
          [zoneID, before, mine.map((row) => row.record_name)],
        );
        const seq = mine.reduce((newest, row) => Math.max(newest, row.seq), 0);
        await sql.run('UPDATE zones SET purged_seq = ? WHERE zone_id = ? AND purged_seq < ?', [seq, zoneID, seq]);
      }
      return { looked: batch.length, deleted };
    });
    if (done.looked === 0) break;
    purged += done.deleted;
  }
  return purged;
}

/**
 * Finds bytes again that an upload had made an asset when the power failed: that they are there was not waited for (`complete`
 * in receiveUpload.ts), so the database may know of the upload alone. While its row lives, whoever sends them again names
 * them; before it goes, they are named here, and collected like all that nothing refers to.
 * @returns false when the round is to end
 */
async function nameBlobsAgain({ services, goOn }: Round, before: number): Promise<boolean> {
  const begun = await services.database.read((sql) =>
    sql.all<{ sha256: string; size: number }>(
      `SELECT DISTINCT u.sha256, u.size FROM uploads AS u
        WHERE u.expires_at < ? AND u.state = 'open' AND u.sha256 IS NOT NULL AND u.size IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM blobs AS b WHERE b.sha256 = u.sha256)`,
      [before],
    ),
  );
  for (const { sha256, size } of begun) {
    if (await services.assets.exists(Buffer.from(sha256, 'base64').toString('hex'))) {
      await services.database.write((sql) =>
        sql.run('INSERT INTO blobs (sha256, size, created_at) VALUES (?, ?, ?) ON CONFLICT (sha256) DO NOTHING', [
          sha256,
          size,
          services.clock(),
        ]),
      );
    }
    if (!(await goOn())) return false;
  }
  return true;
}

async function dropUploads(round: Round, now: number): Promise<number> {
  const { services, goOn } = round;
  if (!(await nameBlobsAgain(round, now - uploadGrace))) return 0;
  await services.database.write((sql) => sql.run('DELETE FROM uploads WHERE expires_at < ?', [now - uploadGrace]));
  let abandoned = 0;
  const held = await services.assets.unfinished();
  for (let start = 0; start < held.length && (await goOn()); start += stepRows) {
    const some = held.slice(start, start + stepRows);
    const known = await services.database.read((sql) =>
      sql.all<{ upload_id: string }>('SELECT upload_id FROM uploads WHERE upload_id IN (?*)', [some]),
    );
    const alive = new Set(known.map((row) => row.upload_id));
    for (const uploadID of some) {
      if (alive.has(uploadID)) continue;
      await services.assets.abandon(uploadID);
      abandoned += 1;
    }
  }
  return abandoned;
}

/**
 * Removes bytes nothing refers to. The file goes while the blob's row is locked: an upload of the same bytes waits for
 * that lock before it relies on the file, and anything that refers to them (a record, a receipt that is not over) is seen.
 * What is too much for one round is found by the next.
 */
async function collectBlobs({ services, goOn }: Round): Promise<number> {
  let removed = 0;
  let tried = 0;
  let after = '';
  while (tried < maxRemovals && (await goOn())) {
    const from = after;
    const page = await services.database.read(async (sql) => {
      const last = await sql.get<{ through: string | null }>(
        'SELECT max(sha256) AS through FROM (SELECT sha256 FROM blobs WHERE sha256 > ? ORDER BY sha256 LIMIT ?) AS page',
        [from, candidateRows],
      );
      const through = last?.through ?? undefined;
      if (through === undefined) return undefined;
      const unused = await sql.all<{ sha256: string }>(
        `SELECT sha256 FROM blobs AS b WHERE sha256 > ? AND sha256 <= ?
           AND NOT EXISTS (SELECT 1 FROM record_assets AS a WHERE a.sha256 = b.sha256)
           AND NOT EXISTS (SELECT 1 FROM uploads AS u WHERE u.sha256 = b.sha256) ORDER BY sha256`,
        [from, through],
      );
      return { through, unused };
    });
    if (page === undefined) break;
    for (const { sha256 } of page.unused.slice(0, maxRemovals - tried)) {
      if (!(await goOn())) break;
      tried += 1;
      removed += await removeBlob(services, sha256);
    }
    after = page.through;
  }
  return removed;
}

async function removeBlob(services: Services, sha256: string): Promise<number> {
  const digest = Buffer.from(sha256, 'base64').toString('hex');
  // Asked while nobody waits, whatever the answer: a storage that hangs is found out before the database is held for it.
  await services.assets.exists(digest);
  return services.database.write(async (sql) => {
    const row = await sql.get(`SELECT sha256 FROM blobs WHERE sha256 = ?${sql.forUpdate}`, [sha256]);
    if (row === undefined) return 0;
    const used = await sql.get(
      `SELECT 1 AS yes FROM record_assets WHERE sha256 = ? UNION ALL SELECT 1 FROM uploads WHERE sha256 = ? LIMIT 1`,
      [sha256, sha256],
    );
    if (used !== undefined) return 0;
    await services.assets.remove(digest);
    return sql.run('DELETE FROM blobs WHERE sha256 = ?', [sha256]);
  });
}
