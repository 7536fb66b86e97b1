/**
 * The map counted beforehand: squares of five sizes with how many visible photos lie in each, the sum of their places and
 * one of them to show. Counting half a million positions for every look at the world took a quarter of a second.
 * Kept by triggers, so it is right whoever writes.
 */

/** Squares per degree, from a hemisphere's to a house's. Each is eight times as fine as the one before. */
export const mapLevels = [0.25, 2, 16, 128, 1_024] as const;

const shown = (row: string): string =>
  `${row}.latitude IS NOT NULL AND ${row}.longitude IS NOT NULL AND ${row}.trashed_at IS NULL AND ${row}.hidden = 0`;
/** Places start at the south pole and the date line, so that cutting off a fraction always rounds down. */
const square = (value: string, origin: number, level: number): string =>
  `CAST((${value} + ${origin}) * ${level} AS INTEGER)`;
const rowOf = (row: string, level: number): string => square(`${row}.latitude`, 90, level);
const columnOf = (row: string, level: number): string => square(`${row}.longitude`, 180, level);

function add(row: string): string {
  return mapLevels
    .map(
      (level, number) => `
    INSERT INTO map_cell (level, y, x, count, latitude, longitude, photo_id)
      VALUES (${number}, ${rowOf(row, level)}, ${columnOf(row, level)}, 1, ${row}.latitude, ${row}.longitude, ${row}.id)
      ON CONFLICT (level, y, x) DO UPDATE SET count = count + 1,
        latitude = latitude + excluded.latitude, longitude = longitude + excluded.longitude;`,
    )
    .join('');
}

/** From the finest square up: a square whose photo to show is gone takes that of one of its parts. */
function remove(row: string): string {
  return mapLevels
    .map((level, number) => ({ level, number }))
    .toReversed()
    .map(({ level, number }) => {
      const [y, x] = [rowOf(row, level), columnOf(row, level)];
      const at = `level = ${number} AND y = ${y} AND x = ${x}`;
      const another =
        number === mapLevels.length - 1
          ? // By the square's edges, so that the index on positions finds it; a rounding at the edge is put right by y and x.
            `SELECT p.id FROM photo AS p INDEXED BY photo_position
             WHERE ${shown('p')} AND p.latitude BETWEEN ${y} / ${level}.0 - 90 - 1e-9 AND (${y} + 1) / ${level}.0 - 90 + 1e-9
               AND ${rowOf('p', level)} = ${y} AND ${columnOf('p', level)} = ${x} LIMIT 1`
          : `SELECT part.photo_id FROM map_cell AS part
             WHERE part.level = ${number + 1} AND part.y BETWEEN ${y} * 8 AND ${y} * 8 + 7
               AND part.x BETWEEN ${x} * 8 AND ${x} * 8 + 7 LIMIT 1`;
      return `
    DELETE FROM map_cell WHERE ${at} AND count = 1;
    UPDATE map_cell SET count = count - 1, latitude = latitude - ${row}.latitude, longitude = longitude - ${row}.longitude,
      photo_id = CASE WHEN photo_id = ${row}.id THEN (${another}) ELSE photo_id END
      WHERE ${at};`;
    })
    .join('');
}

/** The table, its triggers, and what they would have counted so far. */
export const mapCellSql = `
  CREATE TABLE map_cell (
    level INTEGER NOT NULL, y INTEGER NOT NULL, x INTEGER NOT NULL,
    count INTEGER NOT NULL, latitude REAL NOT NULL, longitude REAL NOT NULL, photo_id TEXT NOT NULL,
    PRIMARY KEY (level, y, x)
  ) STRICT, WITHOUT ROWID;
  ${mapLevels
    .map(
      (level, number) => `INSERT INTO map_cell (level, y, x, count, latitude, longitude, photo_id)
    SELECT ${number}, ${rowOf('photo', level)}, ${columnOf('photo', level)}, count(*), sum(latitude), sum(longitude), min(id)
    FROM photo WHERE ${shown('photo')} GROUP BY 2, 3;`,
    )
    .join('\n  ')}
  CREATE TRIGGER photo_insert_map AFTER INSERT ON photo WHEN ${shown('NEW')} BEGIN${add('NEW')}
  END;
  CREATE TRIGGER photo_delete_map AFTER DELETE ON photo WHEN ${shown('OLD')} BEGIN${remove('OLD')}
  END;
  CREATE TRIGGER photo_show_map AFTER UPDATE OF latitude, longitude, trashed_at, hidden ON photo
    WHEN ${shown('NEW')} AND NOT (${shown('OLD')}) BEGIN${add('NEW')}
  END;
  CREATE TRIGGER photo_hide_map AFTER UPDATE OF latitude, longitude, trashed_at, hidden ON photo
    WHEN ${shown('OLD')} AND NOT (${shown('NEW')}) BEGIN${remove('OLD')}
  END;
  CREATE TRIGGER photo_move_map AFTER UPDATE OF latitude, longitude ON photo
    WHEN ${shown('OLD')} AND ${shown('NEW')} AND (OLD.latitude <> NEW.latitude OR OLD.longitude <> NEW.longitude)
    BEGIN${remove('OLD')}${add('NEW')}
  END;`;
