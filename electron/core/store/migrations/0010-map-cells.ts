import { mapCellSql } from '../mapCells.ts';
import type { Migration } from '../migrator.ts';

/** The map is counted while photos come and go, not while somebody waits for it. */
export const mapCells: Migration = { number: 10, name: 'map-cells', sql: mapCellSql };
