import { z } from 'zod';
import { AppError } from '../../../../shared/errors.ts';
import type { PhotoID } from '../../../../shared/ids.ts';
import type { TimelinePage } from '../../../../shared/model/photo.ts';
import type { Connection, SqlValue } from '../connection.ts';
import { dayOf } from '../derivedColumns.ts';
import { anyMark, marks } from '../searchMarks.ts';
import { compileList, numberOfTime, type CompiledList, type Condition, type PhotoList } from './listSource.ts';

export interface MonthCounts {
  readonly total: number;
  /** Local months `2024-05`, newest first. */
  readonly months: readonly { readonly month: string; readonly count: number }[];
}

/** Reads lists of photos: pages of their skeleton, months, all ids, counts. */
export interface Timeline {
  /** @param after the `next` of the page before. @throws AppError invalidInput for one that no page gave. */
  page(list: PhotoList, after: string | undefined, limit: number): TimelinePage;
  months(list: PhotoList): MonthCounts;
  allIDs(list: PhotoList): PhotoID[];
  count(list: PhotoList): number;
}

interface Skeleton {
  readonly ids: readonly PhotoID[];
  readonly ratios: readonly number[];
  readonly days: readonly number[];
}

/** Results remembered between two changes of the file: a screen asks for its list, its months and its count. */
const keptResults = 12;
const cursor = z.union([
  z.tuple([z.literal('at'), z.number().int().min(0)]),
  z.tuple([z.literal('key'), z.union([z.number(), z.string()]), z.string()]),
]);

const whereOf = (conditions: readonly Condition[]): string => conditions.map(({ sql }) => `(${sql})`).join(' AND ');
const parametersOf = (conditions: readonly Condition[]): SqlValue[] =>
  conditions.flatMap(({ parameters }) => [...parameters]);

/**
 * A list in timeline order is read along its index, each page from where the last one ended. A list with an order of
 * its own (an album, a tag) is read whole once and kept until anything in the file changes.
 */
export function createTimeline(connection: Connection): Timeline {
  const kept = new Map<string, unknown>();
  let keptFor = '';

  /** Changes with every commit of this or another connection. */
  const version = (): string => {
    const own = connection.statement<[], { n: number }>('SELECT total_changes() AS n').get()?.n ?? 0;
    return `${own}.${String(connection.raw.pragma('data_version', { simple: true }))}`;
  };
  function remembered<T>(kind: string, list: PhotoList, make: () => T): T {
    const now = version();
    if (now !== keptFor) kept.clear();
    keptFor = now;
    const key = `${kind} ${JSON.stringify(list)}`;
    if (kept.has(key)) return kept.get(key) as T;
    const made = make();
    if (kept.size >= keptResults) kept.clear();
    kept.set(key, made);
    return made;
  }

  const wholeList = (list: PhotoList, compiled: CompiledList): Skeleton =>
    remembered('list', list, () => {
      const rows = connection
        .statement(
          `SELECT p.id, p.ratio, p.sort_at FROM ${compiled.from} WHERE ${whereOf(compiled.where)} ORDER BY ${compiled.orderBy}`,
        )
        .columns(...(parametersOf(compiled.where) as []));
      return skeletonOf(rows, compiled.dated);
    });

  return {
    page: (list, after, limit) => {
      const compiled = compileList(list);
      const position = readCursor(after);
      if (compiled.key.length === 0) {
        if (position !== undefined && position[0] !== 'at') throw badCursor();
        const start = position?.[1] ?? 0;
        const all = wholeList(list, compiled);
        const end = start + limit;
        return {
          ids: all.ids.slice(start, end),
          ratios: all.ratios.slice(start, end),
          days: all.days.slice(start, end),
          next: end < all.ids.length ? JSON.stringify(['at', end]) : null,
        };
      }
      const where = [...compiled.where];
      if (position !== undefined) {
        if (position[0] !== 'key') throw badCursor();
        where.push(continueAfter(compiled, position[1], position[2]));
      }
      const rows = connection
        .statement(
          `SELECT p.id, p.ratio, p.sort_at, ${compiled.key[0] ?? ''} FROM ${compiled.from}
           WHERE ${whereOf(where)} ORDER BY ${compiled.orderBy} LIMIT ?`,
        )
        .columns(...([...parametersOf(where), limit] as unknown as []));
      const last = rows.at(-1);
      return {
        ...skeletonOf(rows, compiled.dated),
        next: rows.length < limit || last === undefined ? null : JSON.stringify(['key', last[3], last[0]]),
      };
    },
    months: (list) => {
      const compiled = compileList(list);
      const days = compiled.whole ? countedDays(connection, list) : remembered('days', list, () => dayCounts(compiled));
      return monthsOf(days);
    },
    allIDs: (list) => {
      const compiled = compileList(list);
      if (compiled.key.length === 0) return [...wholeList(list, compiled).ids];
      return connection
        .statement(`SELECT p.id FROM ${compiled.from} WHERE ${whereOf(compiled.where)} ORDER BY ${compiled.orderBy}`)
        .columns(...(parametersOf(compiled.where) as []))
        .map((row) => row[0] as PhotoID);
    },
    count: (list) => {
      const compiled = compileList(list);
      if (compiled.whole) return countedDays(connection, list).reduce((sum, [, count]) => sum + count, 0);
      return remembered('count', list, () => {
        const indexed = countInIndex(connection, list, compiled);
        if (indexed !== undefined) return indexed;
        const sql = `SELECT count(*) AS n FROM ${compiled.from} WHERE ${whereOf(compiled.where)}`;
        return connection.statement<SqlValue[], { n: number }>(sql).get(...parametersOf(compiled.where))?.n ?? 0;
      });
    },
  };

  function dayCounts(compiled: CompiledList): (readonly [number, number])[] {
    return connection
      .statement(
        `SELECT CASE WHEN p.sort_at < 0 THEN (p.sort_at - 86399999) / 86400000 ELSE p.sort_at / 86400000 END AS local_day,
           count(*) FROM ${compiled.from} WHERE ${whereOf(compiled.where)} GROUP BY local_day ORDER BY local_day DESC`,
      )
      .columns(...(parametersOf(compiled.where) as []))
      .map((row) => [Number(row[0]), Number(row[1])] as const);
  }
}

/**
 * A search without conditions over the row is counted in the index alone: all that match, less the few of them that are
 * hidden or in the trash. Undefined where the row must be asked.
 */
function countInIndex(connection: Connection, list: PhotoList, compiled: CompiledList): number | undefined {
  const { match, from, to, where } = list.filter;
  if (match === null || compiled.key[0] !== 'search_text.rowid' || where.length > 0 || list.scope !== 'both')
    return undefined;
  const count = (expression: string): number =>
    connection
      .statement<[string, number, number], { n: number }>(
        'SELECT count(*) AS n FROM search_text WHERE search_text MATCH ? AND rowid >= ? AND rowid < ?',
      )
      .get(
        expression,
        from === null ? Number.MIN_SAFE_INTEGER : numberOfTime(from),
        to === null ? Number.MAX_SAFE_INTEGER : numberOfTime(to),
      )?.n ?? 0;
  return count(match) - count(`(${match}) AND ${anyMark([marks.hidden, marks.trashed])}`);
}

function countedDays(connection: Connection, list: PhotoList): (readonly [number, number])[] {
  const scope =
    list.scope === 'both' ? '' : list.scope === 'personal' ? `AND zone_id = 'library'` : `AND zone_id <> 'library'`;
  return connection
    .statement(`SELECT day, sum(count) FROM photo_day_count WHERE count > 0 ${scope} GROUP BY day ORDER BY day DESC`)
    .columns()
    .map((row) => [Number(row[0]), Number(row[1])] as const);
}

function skeletonOf(rows: readonly SqlValue[][], dated: boolean): { ids: PhotoID[]; ratios: number[]; days: number[] } {
  const ids = Array.from<PhotoID>({ length: rows.length });
  const ratios = Array.from<number>({ length: rows.length });
  const days = Array.from<number>({ length: rows.length });
  for (const [index, row] of rows.entries()) {
    ids[index] = row[0] as PhotoID;
    ratios[index] = row[1] as number;
    days[index] = dated ? dayOf(row[2] as number) : 0;
  }
  return { ids, ratios, days };
}

function monthsOf(days: readonly (readonly [number, number])[]): MonthCounts {
  const months: { month: string; count: number }[] = [];
  let total = 0;
  for (const [day, count] of days) {
    const month = new Date(day * 86_400_000).toISOString().slice(0, -17);
    const last = months.at(-1);
    if (last?.month === month) last.count += count;
    else months.push({ month, count });
    total += count;
  }
  return { total, months };
}

function continueAfter({ key, descending }: CompiledList, value: number | string, id: string): Condition {
  const sign = descending ? '<' : '>';
  return key.length === 1
    ? { sql: `${key[0] ?? ''} ${sign} ?`, parameters: [value] }
    : { sql: `(${key.join(', ')}) ${sign} (?, ?)`, parameters: [value, id] };
}

const badCursor = (): AppError =>
  new AppError('invalidInput', '“after” is not a place that a page of this list ended at.');

function readCursor(after: string | undefined): z.infer<typeof cursor> | undefined {
  if (after === undefined) return undefined;
  try {
    return cursor.parse(JSON.parse(after));
  } catch {
    throw badCursor();
  }
}
