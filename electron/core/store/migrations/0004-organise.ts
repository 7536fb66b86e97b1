import type { Migration } from '../migrator.ts';

const visible = (row: string): string => `${row}.trashed_at IS NULL AND ${row}.hidden = 0`;

const facets = {
  camera: ['make', 'model'],
  lens: ['lens'],
  place: ['country', 'region', 'place'],
} as const;

const facetKey = (row: string, columns: readonly string[]): string =>
  columns.map((column) => `ifnull(${row}.${column}, '')`).join(' || char(31) || ');

const countFacet = (row: 'OLD' | 'NEW', sign: '+' | '-', kind: keyof typeof facets): string => `
    INSERT INTO photo_facet_count (kind, value, count)
      SELECT '${kind}', ${facetKey(row, facets[kind])}, ${sign}1
      WHERE coalesce(${facets[kind].map((column) => `${row}.${column}`).join(', ')}, NULL) IS NOT NULL
      ON CONFLICT (kind, value) DO UPDATE SET count = count + excluded.count;`;

const facetKinds = ['camera', 'lens', 'place'] as const;

/** Adds `sign` one to everything that counts a photo: its day, camera, lens and place, its albums, its tags. */
const count = (row: 'OLD' | 'NEW', sign: '+' | '-'): string => `
    INSERT INTO photo_day_count (day, zone_id, count) VALUES (${row}.day, ${row}.zone_id, ${sign}1)
      ON CONFLICT (day, zone_id) DO UPDATE SET count = count + excluded.count;
    UPDATE album SET photo_count = photo_count ${sign} 1
      WHERE id IN (SELECT album_id FROM album_item WHERE photo_id = ${row}.id);
    UPDATE tag SET photo_count = photo_count ${sign} 1
      WHERE id IN (SELECT tag_id FROM photo_tag WHERE photo_id = ${row}.id);
    ${facetKinds.map((kind) => countFacet(row, sign, kind)).join('')}`;

const countJoin = (table: 'album' | 'tag', join: 'album_item' | 'photo_tag'): string => {
  const owner = `${table}_id`;
  const change = (row: 'OLD' | 'NEW', sign: '+' | '-'): string => `
    UPDATE ${table} SET photo_count = photo_count ${sign} 1 WHERE id = ${row}.${owner}
      AND EXISTS (SELECT 1 FROM photo WHERE photo.id = ${row}.photo_id AND ${visible('photo')});`;
  return `
  DROP TRIGGER ${join}_insert_count;
  DROP TRIGGER ${join}_delete_count;
  DROP TRIGGER IF EXISTS ${join}_update_count;
  CREATE TRIGGER ${join}_insert_count AFTER INSERT ON ${join} BEGIN${change('NEW', '+')}
  END;
  CREATE TRIGGER ${join}_delete_count AFTER DELETE ON ${join} BEGIN${change('OLD', '-')}
  END;
  CREATE TRIGGER ${join}_update_count AFTER UPDATE OF ${owner}, photo_id ON ${join}
    WHEN OLD.${owner} <> NEW.${owner} OR OLD.photo_id <> NEW.photo_id BEGIN${change('OLD', '-')}${change('NEW', '+')}
  END;
  UPDATE ${table} SET photo_count = (SELECT count(*) FROM ${join} AS joined JOIN photo ON photo.id = joined.photo_id
    WHERE joined.${owner} = ${table}.id AND ${visible('photo')});`;
};

/**
 * What the screens ask, made quick at 500,000 photos: covering indexes in the order of the timeline, counts kept by
 * triggers (an album counts what it shows, so not what is hidden or in the trash), and the full-text index.
 *
 * History learns which step a transaction undoes or redoes, so that undo needs no log of its own.
 */
export const organise: Migration = {
  number: 4,
  name: 'organise',
  sql: `
  ALTER TABLE history_transaction ADD COLUMN inverts TEXT;
  -- The newest token of a store was found by reading history backwards until the store came up.
  CREATE INDEX history_change_store ON history_change(store, transaction_id);

  DROP INDEX photo_timeline;
  DROP INDEX photo_day;
  DROP INDEX photo_zone;
  CREATE INDEX photo_timeline ON photo(sort_at DESC, id DESC, ratio, zone_id, byte_size)
    WHERE trashed_at IS NULL AND hidden = 0;
  CREATE INDEX photo_zone_timeline ON photo(zone_id, sort_at DESC, id DESC, ratio)
    WHERE trashed_at IS NULL AND hidden = 0 AND zone_id <> 'library';
  CREATE INDEX photo_zone ON photo(zone_id);
  CREATE INDEX photo_position ON photo(latitude, longitude, id)
    WHERE latitude IS NOT NULL AND trashed_at IS NULL AND hidden = 0;
  CREATE INDEX photo_name_size ON photo(file_name, byte_size) WHERE trashed_at IS NULL;
  -- The skeleton of a list that has an order of its own: one look-up per photo instead of two.
  CREATE INDEX photo_skeleton ON photo(id, sort_at, ratio, zone_id, hidden, trashed_at);

  CREATE TABLE photo_day_count (
    day INTEGER NOT NULL, zone_id TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (day DESC, zone_id)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO photo_day_count (day, zone_id, count)
    SELECT day, zone_id, count(*) FROM photo WHERE ${visible('photo')} GROUP BY day, zone_id;
  CREATE TABLE photo_facet_count (
    kind TEXT NOT NULL CHECK (kind IN ('camera', 'lens', 'place')), value TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (kind, value)
  ) STRICT, WITHOUT ROWID;
  ${facetKinds
    .map(
      (kind) => `INSERT INTO photo_facet_count (kind, value, count)
    SELECT '${kind}', ${facetKey('photo', facets[kind])}, count(*) FROM photo
    WHERE ${visible('photo')} AND coalesce(${facets[kind].join(', ')}, NULL) IS NOT NULL GROUP BY 2;
  CREATE TRIGGER photo_${kind}_count AFTER UPDATE OF ${facets[kind].join(', ')} ON photo
    WHEN ${visible('OLD')} AND ${visible('NEW')}
      AND ${facetKey('OLD', facets[kind])} <> ${facetKey('NEW', facets[kind])} BEGIN${countFacet('OLD', '-', kind)}${countFacet('NEW', '+', kind)}
  END;`,
    )
    .join('\n')}
  CREATE TRIGGER photo_insert_count AFTER INSERT ON photo WHEN ${visible('NEW')} BEGIN${count('NEW', '+')}
  END;
  CREATE TRIGGER photo_delete_count AFTER DELETE ON photo WHEN ${visible('OLD')} BEGIN${count('OLD', '-')}
  END;
  CREATE TRIGGER photo_show_count AFTER UPDATE OF trashed_at, hidden ON photo
    WHEN ${visible('NEW')} AND NOT (${visible('OLD')}) BEGIN${count('NEW', '+')}
  END;
  CREATE TRIGGER photo_hide_count AFTER UPDATE OF trashed_at, hidden ON photo
    WHEN ${visible('OLD')} AND NOT (${visible('NEW')}) BEGIN${count('OLD', '-')}
  END;
  CREATE TRIGGER photo_move_count AFTER UPDATE OF sort_at, zone_id ON photo
    WHEN ${visible('OLD')} AND ${visible('NEW')} AND (OLD.day <> NEW.day OR OLD.zone_id <> NEW.zone_id) BEGIN
    INSERT INTO photo_day_count (day, zone_id, count) VALUES (OLD.day, OLD.zone_id, -1)
      ON CONFLICT (day, zone_id) DO UPDATE SET count = count + excluded.count;
    INSERT INTO photo_day_count (day, zone_id, count) VALUES (NEW.day, NEW.zone_id, 1)
      ON CONFLICT (day, zone_id) DO UPDATE SET count = count + excluded.count;
  END;
  ${countJoin('album', 'album_item')}
  ${countJoin('tag', 'photo_tag')}

  -- A document's number is its place in time, so that matches come in the order of the timeline and a date is a range
  -- of numbers. marks holds exact facts as words of their own (searchMarks.ts), so that a rule is one more word in
  -- the expression. Photos whose document is out of date wait in search_pending.
  CREATE TABLE search_document (
    number INTEGER PRIMARY KEY,
    photo_id TEXT NOT NULL UNIQUE
  ) STRICT;
  CREATE VIRTUAL TABLE search_text USING fts5(
    name, words, tags, comments, place, camera, lens, marks,
    content = '', contentless_delete = 1, detail = full,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'", prefix = '2 3'
  );
  CREATE TABLE search_pending (photo_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  INSERT INTO search_pending (photo_id) SELECT id FROM photo;
  `,
};
