import type { SavedSearch } from '../../../shared/contract/search.ts';
import { AppError } from '../../../shared/errors.ts';
import { libraryZone, type SavedSearchID } from '../../../shared/ids.ts';
import type { Store } from '../store/store.ts';
import { isPosition, positionBetween } from './position.ts';
import type { Steps } from './steps.ts';

/** Searches kept by name, in the library zone. */
export interface SavedSearches {
  list(): SavedSearch[];
  /** Saving under a name that is taken replaces that search. */
  save(title: string, query: string): Promise<SavedSearch>;
  /** @throws AppError notFound; alreadyExists when another search has the name */
  rename(id: string, title: string): Promise<SavedSearch>;
  /** @throws AppError notFound */
  remove(id: string): Promise<void>;
}

export function createSavedSearches(deps: {
  readonly store: Store;
  readonly steps: Steps;
  readonly now: () => number;
  readonly newId: () => string;
}): SavedSearches {
  const { store, steps, now, newId } = deps;
  const { connection } = store;
  const all = () =>
    connection
      .statement<[], { id: SavedSearchID; title: string; query: string; position: string }>(
        'SELECT id, title, query, position FROM saved_search ORDER BY position, id',
      )
      .all();
  return {
    list: () => all().map(({ id, title, query }) => ({ id, title, query })),
    save: (title, query) =>
      steps.run(() => {
        const known = all();
        const old = known.find((one) => one.title === title);
        const id = old?.id ?? (newId() as SavedSearchID);
        const last = known.filter((one) => isPosition(one.position)).at(-1)?.position ?? null;
        const position = old?.position ?? positionBetween(last, null);
        return {
          label: `Saved the search “${title}”`,
          rows: old?.query === query ? [] : [id],
          write: () => {
            connection
              .statement<[string, string, string, string, string, number, number]>(
                `INSERT INTO saved_search (id, zone_id, title, query, position, created_at, modified_at)
                 VALUES (?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (id) DO UPDATE SET query = excluded.query, modified_at = excluded.modified_at`,
              )
              .run(id, libraryZone, title, query, position, now(), now());
          },
          result: { id, title, query },
        };
      }),
    rename: (id, title) =>
      steps.run(() => {
        const known = all();
        const row = known.find((one) => one.id === id);
        if (row === undefined) throw new AppError('notFound', 'This saved search is gone.', { id });
        if (known.some((one) => one.id !== id && one.title === title))
          throw new AppError('alreadyExists', `There is another search called “${title}”.`, { title });
        return {
          label: `Renamed the search “${row.title}” to “${title}”`,
          rows: row.title === title ? [] : [row],
          write: () => {
            connection
              .statement<[string, number, string]>('UPDATE saved_search SET title = ?, modified_at = ? WHERE id = ?')
              .run(title, now(), id);
          },
          result: { id: row.id, title, query: row.query },
        };
      }),
    remove: (id) =>
      steps.run(() => {
        const row = all().find((one) => one.id === id);
        if (row === undefined) throw new AppError('notFound', 'This saved search is gone.', { id });
        return {
          label: `Removed the search “${row.title}”`,
          rows: [row],
          write: () => {
            connection.statement<[string]>('DELETE FROM saved_search WHERE id = ?').run(id);
          },
          result: undefined,
        };
      }),
  };
}
