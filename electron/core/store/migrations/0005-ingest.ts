import type { Migration } from '../migrator.ts';

/**
 * What taking files in must remember over a restart: sessions, the files each of them found, and how far each came.
 * A folder may be watched whole or only refer to the files once chosen. A photo knows the time zone of its place and
 * the length of the video inside a motion photo; both come from the file, so they are not synced.
 */
export const ingest: Migration = {
  number: 5,
  name: 'ingest',
  sql: `
  CREATE TABLE import_session (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('import', 'scan')),
    mode TEXT NOT NULL CHECK (mode IN ('copy', 'reference')),
    state TEXT NOT NULL CHECK (state IN ('scanning', 'running', 'paused', 'waitingForSpace', 'cancelled', 'done')),
    source TEXT NOT NULL,
    roots TEXT NOT NULL,
    message TEXT,
    started_at INTEGER NOT NULL,
    ended_at INTEGER
  ) STRICT;

  CREATE TABLE import_item (
    id INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES import_session(id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('main', 'pair', 'sidecar')),
    change TEXT NOT NULL CHECK (change IN ('new', 'edited')),
    outcome TEXT NOT NULL CHECK (outcome IN
      ('pending', 'read', 'imported', 'duplicate', 'updated', 'sidecar', 'skipped', 'failed')),
    format TEXT,
    byte_size INTEGER NOT NULL,
    modified_ns TEXT NOT NULL,
    folder_id TEXT,
    file_id TEXT,
    photo_id TEXT,
    thumbnail INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    UNIQUE (session_id, path)
  ) STRICT;
  CREATE INDEX import_item_queue ON import_item(session_id, outcome, role, id);
  CREATE INDEX import_item_photo ON import_item(photo_id) WHERE photo_id IS NOT NULL;

  ALTER TABLE folder ADD COLUMN scope TEXT NOT NULL DEFAULT 'tree' CHECK (scope IN ('tree', 'files'));
  ALTER TABLE photo ADD COLUMN time_zone TEXT;
  ALTER TABLE photo ADD COLUMN motion_bytes INTEGER;
  `,
};
