import type { Migration } from '../migrator.ts';

/**
 * Nothing is removed for good because a clock says so: `use_day` notes the last days on which the library was open,
 * `trash_seen` since when a photo was seen in the trash here, and `unowned_file` since when a copy of ours belongs to no
 * photo any more (it was deleted for good on another computer). All of it is this computer's own observation.
 */
export const grace: Migration = {
  number: 9,
  name: 'grace',
  sql: `
  CREATE TABLE use_day (at INTEGER PRIMARY KEY) STRICT;
  CREATE TABLE trash_seen (
    photo_id TEXT PRIMARY KEY REFERENCES photo(id) ON DELETE CASCADE,
    since INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE unowned_file (
    file_id TEXT PRIMARY KEY REFERENCES file(id) ON DELETE CASCADE,
    since INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
};
