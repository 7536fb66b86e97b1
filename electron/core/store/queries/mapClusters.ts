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
  const { west, south, east, north, cells } = box;
  const across = west <= east ? east - west : east - west + 360;
  const height = Math.max((north - south) / cells, 1e-9);
  const width = Math.max(across / cells, 1e-9);
  const compiled = compileList(list);
  const level = mapLevels.findIndex((perDegree) => 1 / perDegree <= Math.min(width, height) / 4);
  if (compiled.whole && list.scope === 'both' && level >= 0) return readCells(connection, level, box, width, height);
  const from = compiled.whole ? 'photo AS p INDEXED BY photo_position' : compiled.from;
  const longitude =
    west <= east ? 'p.longitude' : 'CASE WHEN p.longitude < ? THEN p.longitude + 360 ELSE p.longitude END';
  const shift: SqlValue[] = west <= east ? [] : [west];
  const inside = west <= east ? 'p.longitude BETWEEN ? AND ?' : '(p.longitude >= ? OR p.longitude <= ?)';
  const where = compiled.where.map(({ sql }) => `(${sql})`).join(' AND ');
  return connection
    .statement<SqlValue[], MapCluster>(
      `SELECT avg(p.latitude) AS latitude, avg(p.longitude) AS longitude, count(*) AS count, max(p.id) AS photoID FROM ${from}
       WHERE ${where} AND p.latitude IS NOT NULL AND p.latitude BETWEEN ? AND ? AND ${inside}
       GROUP BY CAST((p.latitude - ?) / ? AS INTEGER), CAST((${longitude} - ?) / ? AS INTEGER) ORDER BY count DESC`,
    )
    .all(
      ...compiled.where.flatMap(({ parameters }) => [...parameters]),
      south,
      north,
      west,
      east,
      south,
      height,
      ...shift,
      west,
      width,
    );
}

function readCells(
  connection: Connection,
  level: number,
  { west, south, east, north }: MapBox,
  width: number,
  height: number,
): MapCluster[] {
  const perDegree = mapLevels[level] ?? 1;
  const over = west > east;
  const longitude = over
    ? `CASE WHEN longitude / count < ? THEN longitude / count + 360 ELSE longitude / count END`
    : 'longitude / count';
  return connection
    .statement<SqlValue[], MapCluster>(
      `SELECT sum(latitude) / sum(count) AS latitude, sum(longitude) / sum(count) AS longitude, sum(count) AS count,
         max(photo_id) AS photoID FROM map_cell
       WHERE level = ? AND y BETWEEN ? AND ? AND latitude / count BETWEEN ? AND ?
         AND ${over ? '(longitude / count >= ? OR longitude / count <= ?)' : 'longitude / count BETWEEN ? AND ?'}
       GROUP BY CAST((latitude / count - ?) / ? AS INTEGER), CAST((${longitude} - ?) / ? AS INTEGER) ORDER BY 3 DESC`,
    )
    .all(
      level,
      Math.floor((south + 90) * perDegree),
      Math.floor((north + 90) * perDegree),
      south,
      north,
      west,
      east,
      south,
      height,
      ...(over ? [west] : []),
      west,
      width,
    );
}
