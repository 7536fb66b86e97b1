import type { Migration } from '../migrator.ts';

/**
 * When a failed reading of a file last counted. A folder in which something changes is scanned every few seconds: counted by
 * scans alone, a file was given up after a minute in which another program had held it.
 */
export const attemptedAt: Migration = {
  number: 13,
  name: 'attempted-at',
  sql: `
  ALTER TABLE file ADD COLUMN attempted_at INTEGER;
  `,
};
