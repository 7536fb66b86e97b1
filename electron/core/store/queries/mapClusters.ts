import type { PhotoID } from '../../../../shared/ids.ts';
import type { Connection, SqlValue } from '../connection.ts';
import { mapLevels } from '../mapCells.ts';
import { compileList, type PhotoList } from './listSource.ts';

export interface MapBox {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
  /** Cells across the box, each way. */
  readonly cells: number;
}

export interface MapCluster {
  readonly latitude: number;
  readonly longitude: number;
  readonly count: number;
  /** One of them, to show. */
  readonly photoID: PhotoID;
}

/**
 * The photos of a list inside a box, one cluster per cell at the mean of its photos, most first. A box over the date
 * line has `west` greater than `east`. The whole library is read from squares counted beforehand as long as several of
 * them fall into a cell: what a cluster gathers may then reach over its cell's edge by a part of a square.
 */
export function readMapClusters(connection: Connection, list: PhotoList, box: MapBox): MapCluster[] {
  const compiled = compileList(list);
  const { width, height } = cellSize(box);
  const level = mapLevels.findIndex((perDegree) => 1 / perDegree <= Math.min(width, height) / 4);
  if (compiled.whole && list.scope === 'both' && level >= 0) return readCells(connection, level, box);
  const from = compiled.whole ? 'photo AS p INDEXED BY photo_position' : compiled.from;
  const { inside, cell } = boxSql(box, 'p.latitude', 'p.longitude');
  const where = compiled.where.map(({ sql }) => `(${sql})`).join(' AND ');
  return connection
    .statement<SqlValue[], MapCluster>(
      `SELECT avg(p.latitude) AS latitude, avg(p.longitude) AS longitude, count(*) AS count, max(p.id) AS photoID FROM ${from}
       WHERE ${where} AND p.latitude IS NOT NULL AND ${inside.sql} GROUP BY ${cell.sql} ORDER BY count DESC`,
    )
    .all(...compiled.where.flatMap(({ parameters }) => [...parameters]), ...inside.parameters, ...cell.parameters);
}

function readCells(connection: Connection, level: number, box: MapBox): MapCluster[] {
  const perDegree = mapLevels[level] ?? 1;
  const { inside, cell } = boxSql(box, 'latitude / count', 'longitude / count');
  return connection
    .statement<SqlValue[], MapCluster>(
      `SELECT sum(latitude) / sum(count) AS latitude, sum(longitude) / sum(count) AS longitude, sum(count) AS count,
         max(photo_id) AS photoID FROM map_cell
       WHERE level = ? AND y BETWEEN ? AND ? AND ${inside.sql} GROUP BY ${cell.sql} ORDER BY 3 DESC`,
    )
    .all(
      level,
      Math.floor((box.south + 90) * perDegree),
      Math.floor((box.north + 90) * perDegree),
      ...inside.parameters,
      ...cell.parameters,
    );
}

/** A cell of a box, in degrees. */
function cellSize({ west, south, east, north, cells }: MapBox): { readonly width: number; readonly height: number } {
  const across = west <= east ? east - west : east - west + 360;
  return { width: Math.max(across / cells, 1e-9), height: Math.max((north - south) / cells, 1e-9) };
}

interface Fragment {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

/** What keeps positions inside a box, and the cell each falls in; over the date line longitudes go on past 180°. */
function boxSql(
  box: MapBox,
  latitude: string,
  longitude: string,
): { readonly inside: Fragment; readonly cell: Fragment } {
  const { west, south, east, north } = box;
  const { width, height } = cellSize(box);
  const over = west > east;
  const within = over ? `(${longitude} >= ? OR ${longitude} <= ?)` : `${longitude} BETWEEN ? AND ?`;
  const onwards = over ? `CASE WHEN ${longitude} < ? THEN ${longitude} + 360 ELSE ${longitude} END` : longitude;
  return {
    inside: { sql: `${latitude} BETWEEN ? AND ? AND ${within}`, parameters: [south, north, west, east] },
    cell: {
      sql: `CAST((${latitude} - ?) / ? AS INTEGER), CAST((${onwards} - ?) / ? AS INTEGER)`,
      parameters: [south, height, ...(over ? [west] : []), west, width],
    },
  };
}
