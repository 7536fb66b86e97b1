import { afterEach, beforeEach, expect, test } from 'vitest';
import BetterSqlite3 from 'better-sqlite3';
import { fc } from '../helpers/properties.ts';
import { mapLevels } from '../../electron/core/store/mapCells.ts';
import { migrations } from '../../electron/core/store/migrations/all.ts';
import { migrate } from '../../electron/core/store/migrator.ts';

let database: BetterSqlite3.Database;
beforeEach(() => {
  database = new BetterSqlite3(':memory:');
  migrate(database, migrations, { upTo: migrations.length });
  database.exec(`INSERT INTO store VALUES ('private', 's1');
    INSERT INTO zone (id, store, name, kind, created_at) VALUES ('library', 'private', 'library', 'library', 1);
    INSERT INTO history_transaction (id, author, at, stamp) VALUES (1, 'ingest', 1, 'a');
    INSERT INTO history_open VALUES (1, 1, 'maintenance')`);
});
afterEach(() => database.close());

interface Cell {
  readonly level: number;
  readonly y: number;
  readonly x: number;
  readonly count: number;
  readonly latitude: number;
  readonly longitude: number;
}
const cells = () =>
  database.prepare<[], Cell & { photo_id: string }>('SELECT * FROM map_cell ORDER BY level, y, x').all();

/** The squares counted anew from the photos. */
function counted(): Cell[] {
  const photos = database
    .prepare<[], { latitude: number; longitude: number }>(
      'SELECT latitude, longitude FROM photo WHERE latitude IS NOT NULL AND trashed_at IS NULL AND hidden = 0',
    )
    .all();
  const found = new Map<string, Cell>();
  for (const [level, perDegree] of mapLevels.entries()) {
    for (const { latitude, longitude } of photos) {
      const [y, x] = [Math.trunc((latitude + 90) * perDegree), Math.trunc((longitude + 180) * perDegree)];
      const old = found.get(`${level} ${y} ${x}`) ?? { level, y, x, count: 0, latitude: 0, longitude: 0 };
      found.set(`${level} ${y} ${x}`, {
        ...old,
        count: old.count + 1,
        latitude: old.latitude + latitude,
        longitude: old.longitude + longitude,
      });
    }
  }
  return [...found.values()].toSorted((a, b) => a.level - b.level || a.y - b.y || a.x - b.x);
}

const rounded = ({ level, y, x, count, latitude, longitude }: Cell) => [
  level,
  y,
  x,
  count,
  Math.round(latitude * 1e6),
  Math.round(longitude * 1e6),
];

/** Few places, so that squares are shared: the same house, the same town, the poles and both sides of the date line. */
const place = fc.constantFrom<readonly [number, number] | null>(
  null,
  [35.51234, 24.01234],
  [35.51235, 24.01236],
  [35.6, 24.2],
  [-90, -180],
  [90, 180],
  [-17.5, 179.99],
  [-17.5, -179.99],
);
const step = fc.record({
  kind: fc.constantFrom('insert', 'move', 'trash', 'restore', 'hide', 'show', 'delete'),
  photo: fc.integer({ min: 0, max: 7 }),
  place,
});

test('whatever happens to photos, the squares of the map are those counted anew, each with a photo that lies in it', () => {
  const run = (sql: string, ...parameters: (string | number | null)[]) => database.prepare(sql).run(...parameters);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      run('DELETE FROM photo');
      expect(cells()).toEqual([]);
      for (const { kind, photo, place: where } of steps) {
        const id = `p${photo}`;
        const [latitude, longitude] = where ?? [null, null];
        if (kind === 'insert')
          run(
            `INSERT INTO photo (id, zone_id, kind, media_type, file_name, latitude, longitude, created_at, modified_at, sort_at)
             VALUES (?, 'library', 'photo', 'image', 'a.jpg', ?, ?, 1, 1, 1) ON CONFLICT (id) DO NOTHING`,
            id,
            latitude,
            longitude,
          );
        else if (kind === 'move')
          run('UPDATE photo SET latitude = ?, longitude = ? WHERE id = ?', latitude, longitude, id);
        else if (kind === 'trash') run('UPDATE photo SET trashed_at = 5 WHERE id = ?', id);
        else if (kind === 'restore') run('UPDATE photo SET trashed_at = NULL WHERE id = ?', id);
        else if (kind === 'hide') run('UPDATE photo SET hidden = 1 WHERE id = ?', id);
        else if (kind === 'show') run('UPDATE photo SET hidden = 0 WHERE id = ?', id);
        else run('DELETE FROM photo WHERE id = ?', id);
        expect(cells().map(rounded)).toEqual(counted().map(rounded));
        for (const { level, y, x, photo_id } of cells()) {
          const perDegree = mapLevels[level] ?? 0;
          const shown = database
            .prepare<[string], { latitude: number; longitude: number }>(
              'SELECT latitude, longitude FROM photo WHERE id = ? AND trashed_at IS NULL AND hidden = 0',
            )
            .get(photo_id);
          expect(shown).toBeDefined();
          expect(Math.trunc(((shown?.latitude ?? 0) + 90) * perDegree)).toBe(y);
          expect(Math.trunc(((shown?.longitude ?? 0) + 180) * perDegree)).toBe(x);
        }
      }
    }),
    { numRuns: 150 },
  );
});
