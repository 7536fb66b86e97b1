import { entities } from '../../electron/core/store/entities.ts';
import type { Store } from '../../electron/core/store/store.ts';

/**
 * Everything the rows of a library say, as one text: each table by id, columns by name, counts kept by triggers
 * included. The count of a smart album is left out: it is taken in the background, a moment later.
 */
export function canonicalDump({ connection }: Store): string {
  const lines: string[] = [];
  const add = (table: string, sql: string): void => {
    for (const row of connection.statement<[], Record<string, unknown>>(sql).all()) {
      const columns = Object.keys(row).toSorted();
      lines.push(`${table} ${JSON.stringify(columns.map((name) => [name, row[name]]))}`);
    }
  };
  for (const { table } of entities) {
    add(
      table,
      table === 'album'
        ? `SELECT *, CASE kind WHEN 'smart' THEN 0 ELSE photo_count END AS photo_count FROM album ORDER BY id`
        : `SELECT * FROM ${table} ORDER BY id`,
    );
  }
  add('days', 'SELECT day, zone_id, count FROM photo_day_count WHERE count <> 0 ORDER BY day, zone_id');
  add('facets', 'SELECT kind, value, count FROM photo_facet_count WHERE count <> 0 ORDER BY kind, value');
  return lines.join('\n');
}
