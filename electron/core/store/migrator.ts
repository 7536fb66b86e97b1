import type BetterSqlite3 from 'better-sqlite3';
import { AppError } from '../../../shared/errors.ts';

/**
 * One step of the schema. Numbers are consecutive; a migration that was released is never edited, a later one
 * corrects it. `sql` runs in one transaction together with the new user_version: a failing migration leaves nothing.
 */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** The schema's version in a database file; 0 for an empty one. */
export function schemaVersion(database: BetterSqlite3.Database): number {
  return Number(database.pragma('user_version', { simple: true }));
}

/**
 * Brings a database to the newest version, one transaction per migration.
 * @param upTo stops at this number, for tests of a single migration.
 * @param beforeFirst called once before an existing library is changed, so that a copy can be taken.
 * @throws AppError libraryNewer when the file was written by a later version of Shoebox; nothing is changed.
 */
export function migrate(
  database: BetterSqlite3.Database,
  migrations: readonly Migration[],
  { upTo = migrations.length, beforeFirst }: { upTo?: number; beforeFirst?: (from: number) => void } = {},
): void {
  migrations.forEach((migration, index) => {
    if (migration.number !== index + 1) throw new Error(`Migration ${migration.name} must have number ${index + 1}`);
  });
  const from = schemaVersion(database);
  if (from > migrations.length) {
    throw new AppError(
      'libraryNewer',
      `This library was last used by a newer Shoebox (format ${from}; this one knows ${migrations.length}). ` +
        'Please update Shoebox on this computer; nothing was changed.',
      { libraryVersion: from, knownVersion: migrations.length },
    );
  }
  const pending = migrations.slice(from, upTo);
  if (from > 0 && pending.length > 0) beforeFirst?.(from);
  for (const migration of pending) {
    database.exec('BEGIN IMMEDIATE');
    try {
      database.exec(migration.sql);
      database.pragma(`user_version = ${migration.number}`);
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      throw new AppError(
        'libraryCorrupt',
        `The library could not be brought to format ${migration.number} (${migration.name}). It was left as it was.`,
        { migration: migration.number },
        { cause: error },
      );
    }
  }
}
