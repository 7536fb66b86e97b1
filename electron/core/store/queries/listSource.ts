import type { SqlValue } from '../connection.ts';

/** A piece of SQL over the alias `p` (photo) with its parameters. */
export interface Condition {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

/** What narrows a list: an expression over the full-text index, a span of local time (ms), and plain conditions. */
export interface ListFilter {
  readonly match: string | null;
  readonly from: number | null;
  /** Exclusive. */
  readonly to: number | null;
  readonly where: readonly Condition[];
}

export const noFilter: ListFilter = { match: null, from: null, to: null, where: [] };

export type ListOrder = 'takenDescending' | 'takenAscending' | 'addedDescending' | 'name' | 'manual' | 'trashed';

/** Where a list's photos come from. */
export type ListSource =
  | { readonly kind: 'library' | 'favourites' | 'recent' | 'hidden' | 'trash' }
  | { readonly kind: 'share'; readonly zoneID: string }
  | { readonly kind: 'tag'; readonly tagIDs: readonly string[] }
  | { readonly kind: 'album'; readonly albumIDs: readonly string[] };

export interface PhotoList {
  readonly source: ListSource;
  readonly scope: 'personal' | 'shared' | 'both';
  readonly order: ListOrder;
  readonly filter: ListFilter;
}

/** How a list is read: page by page along an index, or whole (its order needs a sort over all of it). */
export interface CompiledList {
  readonly from: string;
  readonly where: readonly Condition[];
  /** SQL of the key a page continues from, most significant first; empty for a list that is read whole. */
  readonly key: readonly string[];
  readonly descending: boolean;
  readonly orderBy: string;
  /** Whether days are in order, so that headings make sense. */
  readonly dated: boolean;
  /** Whether the list is the whole visible library, whose days are counted by the store. */
  readonly whole: boolean;
}

/**
 * A document's number: its local time in 1,024ths of a ms, so that numbers sort as the timeline does and up to 1,024
 * photos share one ms. Within a safe integer from 1691 to 2248; times outside stand at the ends.
 */
export const numberOfTime = (sortAt: number): number =>
  Math.min(8_796_000_000_000, Math.max(-8_796_000_000_000, Math.trunc(sortAt))) * 1_024;

const matching = 'SELECT d.photo_id FROM search_text CROSS JOIN search_document AS d ON d.number = search_text.rowid';
const condition = (sql: string, ...parameters: SqlValue[]): Condition => ({ sql, parameters });

/** Compiles a list to SQL over `p`. Every index is named, so that a plan cannot change with the data. */
export function compileList({ source, scope, order, filter }: PhotoList): CompiledList {
  const where: Condition[] = [...filter.where];
  if (scope === 'personal') where.push(condition(`p.zone_id = 'library'`));
  if (scope === 'shared') where.push(condition(`p.zone_id <> 'library'`));
  const { match, from, to } = filter;
  const visible = condition('p.trashed_at IS NULL AND p.hidden = 0');
  const timed = () => {
    if (from !== null) where.push(condition('p.sort_at >= ?', from));
    if (to !== null) where.push(condition('p.sort_at < ?', to));
  };
  const byTime = order === 'takenDescending' || order === 'takenAscending';
  const descending = order !== 'takenAscending';
  const direction = descending ? 'DESC' : 'ASC';

  if (source.kind === 'library' && match !== null && byTime) {
    where.push(condition('search_text MATCH ?', match), visible);
    timed();
    if (from !== null) where.push(condition('search_text.rowid >= ?', numberOfTime(from)));
    if (to !== null) where.push(condition('search_text.rowid < ?', numberOfTime(to)));
    return {
      from: `search_text CROSS JOIN search_document AS d ON d.number = search_text.rowid
        CROSS JOIN photo AS p INDEXED BY photo_skeleton ON p.id = d.photo_id`,
      where,
      key: ['search_text.rowid'],
      descending,
      orderBy: `search_text.rowid ${direction}`,
      dated: true,
      whole: false,
    };
  }
  timed();
  if (match !== null) where.push(condition(`p.id IN (${matching} WHERE search_text MATCH ?)`, match));
  const along = (index: string, column: string, dated: boolean, whole = false): CompiledList => ({
    from: `photo AS p INDEXED BY ${index}`,
    where,
    key: [column, 'p.id'],
    descending,
    orderBy: `${column} ${direction}, p.id ${direction}`,
    dated,
    whole,
  });
  const sorted = (from: string, manual = ''): CompiledList => ({
    from,
    where,
    key: [],
    descending,
    orderBy:
      order === 'name'
        ? 'p.file_name COLLATE NOCASE, p.id'
        : order === 'addedDescending'
          ? 'p.created_at DESC, p.id DESC'
          : order === 'manual' && manual !== ''
            ? manual
            : `p.sort_at ${direction}, p.id ${direction}`,
    dated: byTime || (order === 'manual' && manual === ''),
    whole: false,
  });
  switch (source.kind) {
    case 'library':
      where.push(visible);
      if (order === 'name') return sorted('photo AS p');
      if (order === 'addedDescending') return along('photo_added', 'p.created_at', false);
      return along(
        'photo_timeline',
        'p.sort_at',
        true,
        match === null && from === null && to === null && filter.where.length === 0,
      );
    case 'recent':
      where.push(visible);
      return along('photo_added', 'p.created_at', false);
    case 'favourites':
      where.push(condition('p.favourite = 1'), visible);
      return along('photo_favourite', 'p.sort_at', true);
    case 'hidden':
      where.push(condition('p.hidden = 1 AND p.trashed_at IS NULL'));
      return along('photo_hidden', 'p.sort_at', true);
    case 'trash':
      where.push(condition('p.trashed_at IS NOT NULL'));
      return along('photo_trash', 'p.trashed_at', false);
    case 'share':
      where.push(condition(`p.zone_id = ? AND p.zone_id <> 'library'`, source.zoneID), visible);
      return along('photo_zone_timeline', 'p.sort_at', true);
    case 'tag':
      where.push(
        condition(
          'p.id IN (SELECT photo_id FROM photo_tag WHERE tag_id IN (SELECT value FROM json_each(?)))',
          JSON.stringify(source.tagIDs),
        ),
        visible,
      );
      return sorted('photo AS p INDEXED BY photo_skeleton');
    case 'album': {
      where.push(visible);
      const [first, ...others] = source.albumIDs;
      if (first !== undefined && others.length === 0) {
        where.push(condition('i.album_id = ?', first));
        return sorted(
          'album_item AS i CROSS JOIN photo AS p INDEXED BY photo_skeleton ON p.id = i.photo_id',
          'i.position, i.id',
        );
      }
      where.push(
        condition(
          'p.id IN (SELECT photo_id FROM album_item WHERE album_id IN (SELECT value FROM json_each(?)))',
          JSON.stringify(source.albumIDs),
        ),
      );
      return sorted('photo AS p INDEXED BY photo_skeleton');
    }
  }
}
