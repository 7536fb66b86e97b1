import type { Migration } from '../migrator.ts';

/**
 * What sharing keeps on this computer beside the shares themselves: long steps that must survive a restart, who asked
 * for access, the activity feed, and the servers a person agreed to speak to.
 *
 * Moving a photo to the trash is an update on the wire, but to the people in a share it is a deletion: the store holds
 * it to the DELETE right.
 */
export const sharing: Migration = {
  number: 3,
  name: 'sharing',
  sql: `
  ALTER TABLE share ADD COLUMN notifications TEXT NOT NULL DEFAULT 'all' CHECK (notifications IN ('all', 'people', 'none'));
  ALTER TABLE share ADD COLUMN deny_requests INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE invitation ADD COLUMN owner_name TEXT;

  -- A step that moves or copies photos in several transactions. It is written before the first of them and removed
  -- with the last, so that a restart finds what is left to do.
  CREATE TABLE share_task (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('move', 'stop', 'leave')),
    zone_id TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX share_task_zone ON share_task(zone_id);

  CREATE TABLE access_request (
    id TEXT PRIMARY KEY,
    zone_id TEXT NOT NULL REFERENCES zone(id) ON DELETE CASCADE,
    user_name TEXT, display_name TEXT, email TEXT, message TEXT,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX access_request_zone ON access_request(zone_id);

  CREATE TABLE activity (
    id TEXT PRIMARY KEY,
    zone_id TEXT,
    kind TEXT NOT NULL,
    actor TEXT, actor_display TEXT, subject TEXT,
    count INTEGER NOT NULL DEFAULT 1,
    photo_ids TEXT NOT NULL DEFAULT '[]',
    at INTEGER NOT NULL,
    seen INTEGER NOT NULL DEFAULT 0,
    notified INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX activity_at ON activity(at DESC, id DESC);
  CREATE INDEX activity_zone ON activity(zone_id, at DESC);

  CREATE TABLE known_server (
    origin TEXT PRIMARY KEY,
    agreed_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TRIGGER photo_trash_right AFTER UPDATE OF trashed_at ON photo
  WHEN (OLD.trashed_at IS NULL) <> (NEW.trashed_at IS NULL) BEGIN
    SELECT RAISE(ABORT, 'shoebox: permissionFailure DELETE')
    FROM history_open AS open JOIN zone ON zone.id = OLD.zone_id
    WHERE zone.store = 'shared' AND open.author NOT IN ('sync', 'maintenance')
      AND (zone.rights & 4) = 0 AND NOT (OLD.created_by IS NULL AND (zone.rights & 1) <> 0);
  END;
  `,
};
