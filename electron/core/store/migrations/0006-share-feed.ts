import type { Migration } from '../migrator.ts';

/**
 * `caught_up`: the first reading of a share somebody opened to me is over; only what comes later is news. `forgotten`
 * lists bytes (by SHA-256) whose last row went with a share: the files made from them are removed, by whichever process
 * gets to it, and the entry with them.
 */
export const shareFeed: Migration = {
  number: 6,
  name: 'share-feed',
  sql: `
  ALTER TABLE share ADD COLUMN caught_up INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE forgotten (sha256 TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  `,
};
