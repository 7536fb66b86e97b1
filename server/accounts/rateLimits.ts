import { CloudError } from '../cloud/cloudError.ts';
import type { Database } from '../database/database.ts';

export interface Spending {
  /** What is limited: purpose and who, tab-separated. */
  readonly key: string;
  readonly limit: number;
  readonly windowMs: number;
  /** ms since 1970 */
  readonly now: number;
}

/**
 * Counts one use against a fixed window, in the database, so that several processes count together.
 * @throws CloudError THROTTLED with retryAfter (s) once the window is used up
 */
export async function spend(database: Database, spending: Spending): Promise<void> {
  const { key, limit, windowMs, now } = spending;
  const row = await database.write((sql) =>
    sql.get<{ window_start: number; count: number }>(
      `INSERT INTO rate_limits (key, window_start, count) VALUES (?, ?, 1)
       ON CONFLICT (key) DO UPDATE SET
         count = CASE WHEN rate_limits.window_start <= ? THEN 1 ELSE rate_limits.count + 1 END,
         window_start = CASE WHEN rate_limits.window_start <= ? THEN excluded.window_start ELSE rate_limits.window_start END
       RETURNING window_start, count`,
      [key, now, now - windowMs, now - windowMs],
    ),
  );
  if (row !== undefined && row.count > limit) throw usedUp(row.window_start, spending);
}

/**
 * Whether a limit is used up already, without counting: for one that only those uses count against which pass a narrower one.
 * @throws CloudError THROTTLED with retryAfter (s)
 */
export async function requireLeft(database: Database, spending: Spending): Promise<void> {
  const { key, limit, windowMs, now } = spending;
  const row = await database.read((sql) =>
    sql.get<{ window_start: number; count: number }>('SELECT window_start, count FROM rate_limits WHERE key = ?', [
      key,
    ]),
  );
  if (row !== undefined && row.window_start > now - windowMs && row.count >= limit) {
    throw usedUp(row.window_start, spending);
  }
}

function usedUp(windowStart: number, { windowMs, now }: Spending): CloudError {
  const retryAfter = Math.max(1, Math.ceil((windowStart + windowMs - now) / 1000));
  return new CloudError('THROTTLED', 'too many tries; wait a little', { retryAfter });
}
