import { AppError } from '../../shared/errors.ts';
import type { Sql } from './database.ts';
import { container } from './migrations/0001-container.ts';
import { deletedZones } from './migrations/0002-deleted-zones.ts';
import { promisedRoom } from './migrations/0003-promised-room.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** Append only, in order; tests walk up from every version. */
export const migrations: readonly Migration[] = [container, deletedZones, promisedRoom];

const spellings = {
  sqlite: { int: 'INTEGER', text: 'TEXT', blob: 'BLOB', serial: 'INTEGER PRIMARY KEY AUTOINCREMENT', strict: 'STRICT' },
  postgres: {
    int: 'BIGINT',
    // Names are compared and paged byte by byte, whatever locale the cluster was made with.
    text: 'TEXT COLLATE "C"',
    blob: 'BYTEA',
    serial: 'BIGSERIAL PRIMARY KEY',
    strict: '',
  },
} as const;

/** The statements of a migration in one dialect, without empty ones. */
export function migrationStatements(migration: Migration, dialect: Sql['dialect']): string[] {
  const words = spellings[dialect];
  const text = migration.sql.replaceAll(/\{(\w+)\}/g, (_, word: string) => {
    if (!Object.hasOwn(words, word))
      throw new Error(`Migration ${migration.version} uses {${word}}, which no dialect knows`);
    return words[word as keyof typeof words];
  });
  return text
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

/**
 * What is still to do from `current`.
 * @throws AppError libraryNewer when a newer server wrote this database
 */
export function pendingMigrations(current: number, all: readonly Migration[] = migrations): readonly Migration[] {
  const newest = all.at(-1)?.version ?? 0;
  if (current > newest) {
    throw new AppError(
      'libraryNewer',
      `This server database is at version ${current}, newer than this program understands (${newest}). Update the server.`,
    );
  }
  return all.filter((migration) => migration.version > current);
}
