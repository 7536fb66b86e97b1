import type { Migration } from '../migrator.ts';

/**
 * Pairs of photos that a person has looked at and said to be two: they are not offered as duplicates again. A judgement about
 * what this computer found, so it is not synced. The lower id comes first.
 */
export const keptApart: Migration = {
  number: 14,
  name: 'kept-apart',
  sql: `
  CREATE TABLE kept_apart (
    photo_id TEXT NOT NULL REFERENCES photo(id) ON DELETE CASCADE,
    other_id TEXT NOT NULL REFERENCES photo(id) ON DELETE CASCADE,
    PRIMARY KEY (photo_id, other_id),
    CHECK (photo_id < other_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX kept_apart_other ON kept_apart(other_id);
  `,
};
