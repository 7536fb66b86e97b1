import type { Migration } from '../migrator.ts';

/**
 * What mirroring knows about each row, in the file of the rows, so that a server token, a change tag and the rows they
 * speak of commit together.
 *
 * `sync_record` is the server's side of a row (where it lies, its tag, the stamps the server holds); `sync_pending` is
 * what the server does not have yet. An entry leaves `sync_pending` by an acknowledgement, by being overtaken, or into
 * `sync_refused`, where a person sees it: never silently.
 */
export const sync: Migration = {
  number: 2,
  name: 'sync',
  sql: `
  CREATE TABLE sync_state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE sync_account (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    server TEXT NOT NULL, container TEXT NOT NULL, environment TEXT NOT NULL,
    user_name TEXT NOT NULL, email TEXT NOT NULL, display_name TEXT,
    state TEXT NOT NULL CHECK (state IN ('signedIn', 'needsSignIn', 'signedOut')),
    signed_in_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE sync_scope (
    scope TEXT PRIMARY KEY CHECK (scope IN ('private', 'shared')),
    token TEXT, epoch TEXT
  ) STRICT, WITHOUT ROWID;

  -- mode: how rows the server does not list are treated once the zone was read from its beginning.
  CREATE TABLE sync_zone (
    zone_id TEXT PRIMARY KEY,
    token TEXT,
    on_server INTEGER NOT NULL DEFAULT 0,
    mode TEXT NOT NULL DEFAULT 'follow' CHECK (mode IN ('follow', 'reoffer', 'sweep')),
    snapshot INTEGER NOT NULL DEFAULT 0,
    ended_reason TEXT,
    ended_round INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE sync_record (
    entity TEXT NOT NULL, row_id TEXT NOT NULL, zone_id TEXT NOT NULL,
    change_tag TEXT,
    stamps TEXT NOT NULL,
    unknown TEXT,
    seen INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (entity, row_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sync_record_zone ON sync_record(zone_id, change_tag);

  CREATE TABLE sync_pending (
    entity TEXT NOT NULL, row_id TEXT NOT NULL, zone_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('save', 'delete')),
    rank INTEGER NOT NULL,
    stamps TEXT NOT NULL,
    created INTEGER NOT NULL DEFAULT 0,
    change_tag TEXT,
    sent INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'waiting', 'parked')),
    reason TEXT, message TEXT,
    not_before INTEGER NOT NULL DEFAULT 0,
    since INTEGER NOT NULL,
    PRIMARY KEY (entity, row_id, zone_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sync_pending_order ON sync_pending(zone_id, rank, row_id);
  CREATE INDEX sync_pending_state ON sync_pending(state, not_before) WHERE state <> 'ready';

  -- Records whose parent has not arrived, and records this version cannot read; tried again when the parent arrives,
  -- or when a later version opens the library.
  CREATE TABLE sync_orphan (
    entity TEXT NOT NULL, row_id TEXT NOT NULL, zone_id TEXT NOT NULL,
    parent_id TEXT, reason TEXT NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (entity, row_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sync_orphan_parent ON sync_orphan(parent_id);
  CREATE INDEX sync_orphan_zone ON sync_orphan(zone_id);

  -- Deletions wait one full round: a move is a save in one zone and a deletion in another, and the deletion may be
  -- read first.
  CREATE TABLE sync_tombstone (
    entity TEXT NOT NULL, row_id TEXT NOT NULL, zone_id TEXT NOT NULL,
    round INTEGER NOT NULL,
    PRIMARY KEY (entity, row_id, zone_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE sync_refused (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    entity TEXT NOT NULL, row_id TEXT NOT NULL, zone_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('save', 'delete')),
    "values" TEXT NOT NULL,
    reason TEXT NOT NULL, needed_right TEXT, message TEXT,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX sync_refused_row ON sync_refused(row_id);

  -- The bytes of a resource on their way. An upload resumes by its url, a download by the size of its partial file.
  CREATE TABLE sync_asset (
    resource_id TEXT PRIMARY KEY,
    zone_id TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('upload', 'download')),
    rank INTEGER NOT NULL,
    byte_size INTEGER NOT NULL DEFAULT 0,
    sha256 TEXT,
    state TEXT NOT NULL CHECK (state IN ('queued', 'uploaded', 'done', 'parked')),
    upload_url TEXT, value TEXT,
    reason TEXT, message TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sync_asset_order ON sync_asset(state, rank, resource_id);
  CREATE INDEX sync_asset_sha256 ON sync_asset(sha256) WHERE sha256 IS NOT NULL;
  `,
};
