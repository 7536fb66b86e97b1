import { openStore, type Store } from '../../electron/core/store/store.ts';
import type { Author } from '../../electron/core/store/history.ts';
import type { SqlValue } from '../../electron/core/store/connection.ts';
import { temporaryFolder } from './temporaryFolder.ts';

/** A real store in a folder of its own, with a clock moved by hand and rows written by short names. */
export interface TestStore {
  readonly store: Store;
  readonly directory: string;
  clock: number;
  /** Runs one statement in a transaction of its own. */
  write(author: Author, sql: string, ...values: SqlValue[]): void;
  photo(id: string, options?: { zone?: string; by?: string | null; author?: Author; title?: string }): void;
  zone(id: string, rights: number, store?: 'private' | 'shared'): void;
  rows<Row = Record<string, SqlValue>>(sql: string, ...values: SqlValue[]): Row[];
  dispose(): void;
}

export function openTestStore(): TestStore {
  const folder = temporaryFolder('store');
  const fixture = { clock: 1_700_000_000_000 };
  let ids = 0;
  const store = openStore({
    directory: folder.path,
    now: () => fixture.clock,
    newId: () => `id-${(ids += 1)}`,
    reportError: (error) => {
      throw error;
    },
  });
  const write = (author: Author, sql: string, ...values: SqlValue[]): void => {
    store.transaction(author, (connection) => connection.statement<SqlValue[]>(sql).run(...values));
  };
  return Object.assign(fixture, {
    store,
    directory: folder.path,
    write,
    photo: (
      id: string,
      { zone = 'library', by = null, author = 'ingest', title = '' }: Parameters<TestStore['photo']>[1] = {},
    ) =>
      write(
        author,
        `INSERT INTO photo (id, zone_id, kind, media_type, file_name, title, created_by, created_at, modified_at, sort_at)
         VALUES (?, ?, 'photo', 'image', ?, ?, ?, 1, 1, 1)`,
        id,
        zone,
        `${id}.jpg`,
        title,
        by,
      ),
    zone: (id: string, rights: number, name: 'private' | 'shared' = 'shared') => {
      store.connection
        .statement<SqlValue[]>(
          `INSERT INTO zone (id, store, name, owner, kind, rights, created_at) VALUES (?, ?, ?, 'ana', 'share', ?, 1)`,
        )
        .run(id, name, id, rights);
    },
    rows: <Row>(sql: string, ...values: SqlValue[]) => store.connection.statement<SqlValue[], Row>(sql).all(...values),
    dispose: () => {
      store.dispose();
      folder.dispose();
    },
  });
}
