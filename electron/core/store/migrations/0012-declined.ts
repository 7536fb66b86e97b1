import type { Migration } from '../migrator.ts';

/**
 * A file whose import a person cancelled before it was read. Without a word of theirs on record the next look at its folder
 * would begin the same import anew.
 */
export const declined: Migration = {
  number: 12,
  name: 'declined',
  sql: `
  ALTER TABLE file ADD COLUMN declined INTEGER NOT NULL DEFAULT 0 CHECK (declined IN (0, 1));
  CREATE INDEX file_declined ON file(folder_id) WHERE declined = 1;
  `,
};
