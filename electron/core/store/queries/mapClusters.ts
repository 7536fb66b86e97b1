import type { PhotoID } from '../../../../shared/ids.ts';
import type { Connection, SqlValue } from '../connection.ts';
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
 * line has `west` greater than `east`.
 */
export function readMapClusters(connection: Connection, list: PhotoList, box: MapBox): MapCluster[] {
  const { west, south, east, north, cells } = box;
  const across = west <= east ? east - west : east - west + 360;
  const height = Math.max((north - south) / cells, 1e-9);
  const width = Math.max(across / cells, 1e-9);
  const compiled = compileList(list);
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
