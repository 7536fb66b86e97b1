import type { Migration } from '../migrator.ts';

/**
 * What history said, before it was purged, of facts that a person has set: a later reading of the file leaves those alone for
 * ever. Each computer knows it from its own history, so it is not synced.
 */
export const setByHand: Migration = {
  number: 15,
  name: 'set-by-hand',
  sql: `
  CREATE TABLE set_by_hand (
    photo_id TEXT NOT NULL REFERENCES photo(id) ON DELETE CASCADE,
    column_name TEXT NOT NULL,
    PRIMARY KEY (photo_id, column_name)
  ) STRICT, WITHOUT ROWID;
  `,
};
