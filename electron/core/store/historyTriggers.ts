import type { EntityDefinition } from './entities.ts';

/**
 * The SQL that makes one table write its own history, and refuse what the person has no right to.
 *
 * The triggers are permanent, so they hold on every connection. `store.transaction(author)` puts one row into
 * history_open for the time of the transaction; with that row missing a write aborts, so no stray write escapes
 * history. An update records the changed columns with their values before (undo and merging need them), a delete the
 * whole row (the tombstone); an insert needs neither, the row is there.
 */
export function historyTriggers({ entity, table, synced }: EntityDefinition): string {
  const columns = ['zone_id', ...synced];
  const changed = columns.map((name) => `OLD."${name}" IS NOT NEW."${name}"`).join(' OR ');
  const before = columns
    .map((name) => `SELECT '${name}' AS name, OLD."${name}" AS value WHERE OLD."${name}" IS NOT NEW."${name}"`)
    .join(' UNION ALL ');
  const tombstone = columns.map((name) => `'${name}', OLD."${name}"`).join(', ');
  const record = (kind: string, row: 'OLD' | 'NEW', values: string) => `
    INSERT INTO history_change (transaction_id, store, entity, row_id, zone_id, kind, "values")
    SELECT open.transaction_id, zone.store, '${entity}', ${row}.id, ${row}.zone_id, '${kind}', ${values}
    FROM history_open AS open JOIN zone ON zone.id = ${row}.zone_id;`;
  const mustBeOpen = `
    SELECT RAISE(ABORT, 'shoebox: write to ${table} outside store.transaction')
    WHERE NOT EXISTS (SELECT 1 FROM history_open);`;
  // Rights are bits: ADD 1, EDIT 2, DELETE 4, MANAGE 8. In my own zones all bits are set. What I added (created_by is
  // null) I may change and remove while I may add. Sync applies what the server has already accepted.
  const refused = (row: 'OLD' | 'NEW', right: number, mine: boolean, name: string) => `
    SELECT RAISE(ABORT, 'shoebox: permissionFailure ${name}')
    FROM history_open AS open JOIN zone ON zone.id = ${row}.zone_id
    WHERE zone.store = 'shared' AND open.author NOT IN ('sync', 'maintenance')
      AND (zone.rights & ${right}) = 0${mine ? ` AND NOT (${row}.created_by IS NULL AND (zone.rights & 1) <> 0)` : ''};`;
  return `
  CREATE TRIGGER history_${table}_insert AFTER INSERT ON ${table} BEGIN${mustBeOpen}${refused('NEW', 1, false, 'ADD')}${record('insert', 'NEW', 'NULL')}
  END;
  CREATE TRIGGER history_${table}_update AFTER UPDATE ON ${table} WHEN ${changed} BEGIN${mustBeOpen}${refused('OLD', 2, true, 'EDIT')}${record('update', 'NEW', `(SELECT json_group_object(name, value) FROM (${before}))`)}
  END;
  CREATE TRIGGER history_${table}_delete AFTER DELETE ON ${table} BEGIN${mustBeOpen}${refused('OLD', 4, true, 'DELETE')}${record('delete', 'OLD', `json_object(${tombstone})`)}
  END;`;
}

/** Drops the triggers of a table, for a migration that changes its columns and then makes them again. */
export function dropHistoryTriggers({ table }: Pick<EntityDefinition, 'table'>): string {
  return ['insert', 'update', 'delete'].map((kind) => `DROP TRIGGER IF EXISTS history_${table}_${kind};`).join('\n');
}
