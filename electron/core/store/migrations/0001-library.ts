import { entities, type EntityDefinition } from '../entities.ts';
import { historyTriggers } from '../historyTriggers.ts';
import type { Migration } from '../migrator.ts';

const provenance = `
    created_by TEXT, created_at INTEGER NOT NULL, modified_by TEXT, modified_at INTEGER NOT NULL`;
const synced = `
    id TEXT PRIMARY KEY, zone_id TEXT NOT NULL REFERENCES zone(id) DEFERRABLE INITIALLY DEFERRED`;

/** Columns that became synced later: the migration that did it makes the triggers of their table anew. */
const later: Readonly<Record<string, readonly string[]>> = { photo: ['time_zone'] };
const asReleased = (one: EntityDefinition): EntityDefinition => ({
  ...one,
  synced: one.synced.filter((column) => !(later[one.table] ?? []).includes(column)),
});

/**
 * The library as it was first released: two logical stores in one file, zones, persistent history, the synced
 * entities, and what is known only on this computer (folders, files, shares as last seen).
 *
 * There is no UNIQUE on names and no foreign key from a personal row to a photo: two computers may each make the row
 * that would break the rule before they hear of the other.
 */
export const library: Migration = {
  number: 1,
  name: 'library',
  sql: `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

  CREATE TABLE store (
    name TEXT PRIMARY KEY CHECK (name IN ('private', 'shared')),
    identifier TEXT NOT NULL
  ) STRICT;

  CREATE TABLE zone (
    id TEXT PRIMARY KEY,
    store TEXT NOT NULL REFERENCES store(name),
    name TEXT NOT NULL,
    owner TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL CHECK (kind IN ('library', 'share')),
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'ending', 'ended')),
    rights INTEGER NOT NULL DEFAULT 15,
    created_at INTEGER NOT NULL,
    UNIQUE (owner, name)
  ) STRICT;

  CREATE TABLE history_transaction (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    author TEXT NOT NULL CHECK (author IN ('app', 'sync', 'ingest', 'maintenance')),
    at INTEGER NOT NULL,
    stamp TEXT NOT NULL,
    label TEXT,
    step TEXT
  ) STRICT;
  CREATE INDEX history_transaction_step ON history_transaction(step) WHERE step IS NOT NULL;

  CREATE TABLE history_change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    transaction_id INTEGER NOT NULL REFERENCES history_transaction(id),
    store TEXT NOT NULL,
    entity TEXT NOT NULL,
    row_id TEXT NOT NULL,
    zone_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('insert', 'update', 'delete')),
    "values" TEXT
  ) STRICT;
  CREATE INDEX history_change_transaction ON history_change(transaction_id);
  CREATE INDEX history_change_row ON history_change(row_id);

  CREATE TABLE history_open (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    transaction_id INTEGER NOT NULL,
    author TEXT NOT NULL
  ) STRICT;

  CREATE TABLE history_reader (
    name TEXT NOT NULL,
    store TEXT NOT NULL REFERENCES store(name),
    token INTEGER NOT NULL,
    PRIMARY KEY (name, store)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE photo (${synced},
    kind TEXT NOT NULL CHECK (kind IN ('photo', 'live', 'motion', 'raw', 'rawJpeg', 'video')),
    media_type TEXT NOT NULL CHECK (media_type IN ('image', 'video')),
    file_name TEXT NOT NULL,
    title TEXT, caption TEXT,
    taken_at TEXT, taken_offset INTEGER,
    latitude REAL, longitude REAL, altitude REAL, place TEXT, region TEXT, country TEXT,
    make TEXT, model TEXT, lens TEXT, iso INTEGER, aperture REAL, exposure_time REAL, focal_length REAL,
    width INTEGER, height INTEGER, orientation INTEGER, duration_ms INTEGER,
    sha256 TEXT, byte_size INTEGER, thumbhash TEXT,
    content_identifier TEXT, burst_id TEXT,
    current_edit_id TEXT, copied_from TEXT,
    trashed_at INTEGER, trashed_by TEXT,${provenance},
    sort_at INTEGER NOT NULL,
    day INTEGER NOT NULL GENERATED ALWAYS AS (CASE WHEN sort_at < 0 THEN (sort_at - 86399999) / 86400000 ELSE sort_at / 86400000 END) VIRTUAL,
    ratio INTEGER NOT NULL DEFAULT 1000,
    favourite INTEGER NOT NULL DEFAULT 0,
    hidden INTEGER NOT NULL DEFAULT 0,
    rating INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'ready' CHECK (state IN ('header', 'ready', 'failed')),
    facts_level INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX photo_timeline ON photo(sort_at DESC, id DESC, ratio, zone_id, day) WHERE trashed_at IS NULL AND hidden = 0;
  CREATE INDEX photo_day ON photo(day DESC) WHERE trashed_at IS NULL AND hidden = 0;
  CREATE INDEX photo_zone ON photo(zone_id);
  CREATE INDEX photo_added ON photo(created_at DESC, id DESC, ratio, zone_id) WHERE trashed_at IS NULL AND hidden = 0;
  CREATE INDEX photo_favourite ON photo(sort_at DESC, id DESC, ratio, zone_id) WHERE favourite = 1 AND trashed_at IS NULL AND hidden = 0;
  CREATE INDEX photo_hidden ON photo(sort_at DESC, id DESC, ratio, zone_id) WHERE hidden = 1 AND trashed_at IS NULL;
  CREATE INDEX photo_trash ON photo(trashed_at DESC, id DESC, ratio, zone_id) WHERE trashed_at IS NOT NULL;
  CREATE INDEX photo_rating ON photo(rating, sort_at DESC, id DESC) WHERE rating > 0;
  CREATE INDEX photo_sha256 ON photo(sha256);
  CREATE INDEX photo_content_identifier ON photo(content_identifier) WHERE content_identifier IS NOT NULL;
  CREATE INDEX photo_pending ON photo(facts_level) WHERE facts_level < 3;

  CREATE TABLE resource (${synced},
    photo_id TEXT NOT NULL REFERENCES photo(id) DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL CHECK (kind IN ('original', 'pairedVideo', 'raw', 'sidecar', 'thumbnail', 'editedThumbnail')),
    file_name TEXT NOT NULL, mime_type TEXT, byte_size INTEGER, sha256 TEXT, width INTEGER, height INTEGER,${provenance},
    local_state TEXT NOT NULL DEFAULT 'here' CHECK (local_state IN ('here', 'remote', 'missing'))
  ) STRICT;
  CREATE INDEX resource_photo ON resource(photo_id);
  CREATE INDEX resource_sha256 ON resource(sha256);
  CREATE INDEX resource_zone ON resource(zone_id);

  CREATE TABLE edit (${synced},
    photo_id TEXT NOT NULL REFERENCES photo(id) DEFERRABLE INITIALLY DEFERRED,
    stack TEXT NOT NULL, format_version INTEGER NOT NULL, label TEXT,${provenance}
  ) STRICT;
  CREATE INDEX edit_photo ON edit(photo_id, created_at);
  CREATE INDEX edit_zone ON edit(zone_id);

  CREATE TABLE album (${synced},
    kind TEXT NOT NULL CHECK (kind IN ('manual', 'smart', 'folder')),
    title TEXT NOT NULL, parent_id TEXT, position TEXT NOT NULL, rules TEXT, sort TEXT NOT NULL DEFAULT 'manual',
    cover_photo_id TEXT,${provenance},
    photo_count INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX album_parent ON album(parent_id, position);
  CREATE INDEX album_zone ON album(zone_id);

  CREATE TABLE album_item (${synced},
    album_id TEXT NOT NULL REFERENCES album(id) DEFERRABLE INITIALLY DEFERRED,
    photo_id TEXT NOT NULL, position TEXT NOT NULL,${provenance}
  ) STRICT;
  CREATE INDEX album_item_order ON album_item(album_id, position, id, photo_id);
  CREATE INDEX album_item_photo ON album_item(photo_id, album_id);
  CREATE INDEX album_item_zone ON album_item(zone_id);

  CREATE TABLE tag (${synced},
    name TEXT NOT NULL, color TEXT, merged_into TEXT, deduplicated_at INTEGER,${provenance},
    name_key TEXT NOT NULL, photo_count INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX tag_name ON tag(zone_id, name_key);
  CREATE INDEX tag_merged ON tag(merged_into) WHERE merged_into IS NOT NULL;

  CREATE TABLE photo_tag (${synced},
    photo_id TEXT NOT NULL REFERENCES photo(id) DEFERRABLE INITIALLY DEFERRED,
    tag_id TEXT NOT NULL REFERENCES tag(id) DEFERRABLE INITIALLY DEFERRED,${provenance}
  ) STRICT;
  CREATE INDEX photo_tag_photo ON photo_tag(photo_id, tag_id);
  CREATE INDEX photo_tag_tag ON photo_tag(tag_id, photo_id);
  CREATE INDEX photo_tag_zone ON photo_tag(zone_id);

  CREATE TABLE rating (${synced},
    photo_id TEXT NOT NULL, value INTEGER NOT NULL CHECK (value BETWEEN 0 AND 5),${provenance}
  ) STRICT;
  CREATE INDEX rating_photo ON rating(photo_id);
  CREATE INDEX rating_zone ON rating(zone_id);

  CREATE TABLE comment (${synced},
    photo_id TEXT NOT NULL REFERENCES photo(id) DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL DEFAULT 'text' CHECK (kind IN ('text', 'like')),
    text TEXT NOT NULL,${provenance}
  ) STRICT;
  CREATE INDEX comment_photo ON comment(photo_id, created_at);
  CREATE INDEX comment_zone ON comment(zone_id);

  CREATE TABLE personal (${synced},
    photo_id TEXT NOT NULL, favourite INTEGER NOT NULL DEFAULT 0, hidden INTEGER NOT NULL DEFAULT 0,${provenance}
  ) STRICT;
  CREATE INDEX personal_photo ON personal(photo_id);
  CREATE INDEX personal_zone ON personal(zone_id);

  CREATE TABLE saved_search (${synced},
    title TEXT NOT NULL, query TEXT NOT NULL, position TEXT NOT NULL,${provenance}
  ) STRICT;
  CREATE INDEX saved_search_zone ON saved_search(zone_id);

  ${entities.map(asReleased).map(historyTriggers).join('\n')}

  -- The personal layer and my own rating, repeated on the photo so that the timeline's indexes can use them.
  CREATE TRIGGER personal_insert_photo AFTER INSERT ON personal BEGIN
    UPDATE photo SET favourite = NEW.favourite, hidden = NEW.hidden WHERE id = NEW.photo_id;
  END;
  CREATE TRIGGER personal_update_photo AFTER UPDATE OF favourite, hidden ON personal BEGIN
    UPDATE photo SET favourite = NEW.favourite, hidden = NEW.hidden WHERE id = NEW.photo_id;
  END;
  CREATE TRIGGER personal_delete_photo AFTER DELETE ON personal BEGIN
    UPDATE photo SET favourite = 0, hidden = 0 WHERE id = OLD.photo_id;
  END;
  CREATE TRIGGER rating_insert_photo AFTER INSERT ON rating WHEN NEW.created_by IS NULL BEGIN
    UPDATE photo SET rating = NEW.value WHERE id = NEW.photo_id;
  END;
  CREATE TRIGGER rating_update_photo AFTER UPDATE OF value ON rating WHEN NEW.created_by IS NULL BEGIN
    UPDATE photo SET rating = NEW.value WHERE id = NEW.photo_id;
  END;
  CREATE TRIGGER rating_delete_photo AFTER DELETE ON rating WHEN OLD.created_by IS NULL BEGIN
    UPDATE photo SET rating = 0 WHERE id = OLD.photo_id;
  END;
  CREATE TRIGGER photo_insert_personal AFTER INSERT ON photo BEGIN
    UPDATE photo SET
      favourite = coalesce((SELECT favourite FROM personal WHERE photo_id = NEW.id), 0),
      hidden = coalesce((SELECT hidden FROM personal WHERE photo_id = NEW.id), 0),
      rating = coalesce((SELECT value FROM rating WHERE photo_id = NEW.id AND created_by IS NULL), 0)
    WHERE id = NEW.id AND (EXISTS (SELECT 1 FROM personal WHERE photo_id = NEW.id)
      OR EXISTS (SELECT 1 FROM rating WHERE photo_id = NEW.id AND created_by IS NULL));
  END;

  -- Counts kept by the store.
  CREATE TRIGGER photo_tag_insert_count AFTER INSERT ON photo_tag BEGIN
    UPDATE tag SET photo_count = photo_count + 1 WHERE id = NEW.tag_id;
  END;
  CREATE TRIGGER photo_tag_delete_count AFTER DELETE ON photo_tag BEGIN
    UPDATE tag SET photo_count = photo_count - 1 WHERE id = OLD.tag_id;
  END;
  CREATE TRIGGER photo_tag_update_count AFTER UPDATE OF tag_id ON photo_tag WHEN OLD.tag_id <> NEW.tag_id BEGIN
    UPDATE tag SET photo_count = photo_count - 1 WHERE id = OLD.tag_id;
    UPDATE tag SET photo_count = photo_count + 1 WHERE id = NEW.tag_id;
  END;
  CREATE TRIGGER album_item_insert_count AFTER INSERT ON album_item BEGIN
    UPDATE album SET photo_count = photo_count + 1 WHERE id = NEW.album_id;
  END;
  CREATE TRIGGER album_item_delete_count AFTER DELETE ON album_item BEGIN
    UPDATE album SET photo_count = photo_count - 1 WHERE id = OLD.album_id;
  END;

  -- Only on this computer from here on.
  CREATE TABLE folder (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('watched', 'originals')),
    path TEXT NOT NULL UNIQUE,
    marker TEXT,
    state TEXT NOT NULL DEFAULT 'available' CHECK (state IN ('available', 'unavailable')),
    reason TEXT,
    watch_mode TEXT NOT NULL DEFAULT 'native' CHECK (watch_mode IN ('native', 'polling', 'rescan')),
    added_at INTEGER NOT NULL,
    scanned_at INTEGER
  ) STRICT;

  CREATE TABLE file (
    id TEXT PRIMARY KEY,
    folder_id TEXT NOT NULL REFERENCES folder(id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    resource_id TEXT,
    photo_id TEXT,
    byte_size INTEGER NOT NULL,
    modified_ns TEXT NOT NULL,
    changed_ns TEXT NOT NULL,
    inode TEXT NOT NULL,
    device TEXT NOT NULL,
    sha256 TEXT,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'header', 'present', 'missing', 'rejected', 'sidecar')),
    reason TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    seen_scan INTEGER NOT NULL DEFAULT 0,
    UNIQUE (folder_id, path)
  ) STRICT;
  CREATE INDEX file_resource ON file(resource_id);
  CREATE INDEX file_photo ON file(photo_id);
  CREATE INDEX file_sha256 ON file(sha256);
  CREATE INDEX file_identity ON file(inode, byte_size);
  CREATE INDEX file_state ON file(state) WHERE state <> 'present';

  -- Shares as the server last described them. Changes here make no history: the server is the authority.
  CREATE TABLE share (
    zone_id TEXT PRIMARY KEY REFERENCES zone(id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    short_guid TEXT,
    change_tag TEXT,
    owner_name TEXT, owner_display TEXT, owner_email TEXT,
    public_permission TEXT NOT NULL DEFAULT 'NONE',
    public_rights INTEGER NOT NULL DEFAULT 0,
    departure_rule TEXT NOT NULL DEFAULT 'STAY' CHECK (departure_rule IN ('STAY', 'GO')),
    ends_at INTEGER,
    cover_photo_id TEXT,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL DEFAULT 0,
    record TEXT
  ) STRICT;

  CREATE TABLE participant (
    id TEXT NOT NULL,
    zone_id TEXT NOT NULL REFERENCES zone(id) ON DELETE CASCADE,
    user_name TEXT, email TEXT, display_name TEXT,
    type TEXT NOT NULL, rights INTEGER NOT NULL, acceptance TEXT NOT NULL,
    invited_by TEXT, invited_at INTEGER, joined_by_link TEXT, is_me INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (zone_id, id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE share_link (
    id TEXT PRIMARY KEY,
    zone_id TEXT NOT NULL REFERENCES zone(id) ON DELETE CASCADE,
    short_guid TEXT NOT NULL, role TEXT NOT NULL, label TEXT, expires_at INTEGER, max_uses INTEGER,
    use_count INTEGER NOT NULL DEFAULT 0, has_password INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE invitation (
    short_guid TEXT PRIMARY KEY,
    server TEXT NOT NULL, title TEXT NOT NULL, owner_display TEXT, owner_email TEXT, rights INTEGER NOT NULL,
    photo_count INTEGER, departure_rule TEXT, received_at INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'invited'
  ) STRICT;

  CREATE TABLE sync_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('setup', 'import', 'export')),
    store TEXT NOT NULL,
    started_at INTEGER NOT NULL, ended_at INTEGER,
    succeeded INTEGER, changes INTEGER NOT NULL DEFAULT 0,
    error_code TEXT, error_message TEXT
  ) STRICT;
  CREATE INDEX sync_event_kind ON sync_event(kind, store, id);
  `,
};
