import { comparators } from '../../shared/cloud/wireRecords.ts';
import type { Comparator, FilterInput, QueryInput, SortInput } from '../../shared/cloud/wireRecords.ts';
import { badRequest } from './cloudError.ts';
import type { RecordRow, StoredFields } from './recordRows.ts';

/** Comparing field values for queries, sorts and query subscriptions: the only place the server looks at a value. */

const systemFields: Readonly<Record<string, (row: RecordRow) => string | number>> = {
  recordName: (row) => row.record_name,
  createdUserRecordName: (row) => row.created_by,
  createdTimestamp: (row) => row.created_at,
  modifiedTimestamp: (row) => row.modified_at,
  modifiedUserRecordName: (row) => row.modified_by,
};
const systemAliases: Readonly<Record<string, string>> = {
  recordId: 'recordName',
  recordID: 'recordName',
  createdBy: 'createdUserRecordName',
  createTime: 'createdTimestamp',
  modTime: 'modifiedTimestamp',
  modifiedBy: 'modifiedUserRecordName',
};

/**
 * Refuses a query this server would otherwise answer wrongly.
 * @throws CloudError BAD_REQUEST naming the filter or sort
 */
export function checkQuery(query: QueryInput): void {
  for (const filter of query.filterBy ?? []) {
    comparatorOf(filter);
    checkFieldOf(filter);
    if (filter.fieldValue.value === undefined || filter.fieldValue.value === null)
      throw badRequest('a filter needs a fieldValue');
  }
  for (const sort of query.sortBy ?? []) {
    checkFieldOf(sort);
    if (sort.relativeLocation !== undefined) throw badRequest('sorting by distance is not supported');
  }
}

/** True when a record of the query's type passes every filter. */
export function matchesQuery(query: QueryInput, row: RecordRow, fields: StoredFields): boolean {
  return (query.filterBy ?? []).every((filter) =>
    passes(comparatorOf(filter), valueOf(filter, row, fields), plain(filter.fieldValue.value)),
  );
}

/** The values a record is sorted by, in the order of `sortBy`. */
export function sortKeys(query: QueryInput, row: RecordRow, fields: StoredFields): unknown[] {
  return (query.sortBy ?? []).map((sort) => valueOf(sort, row, fields) ?? null);
}

/** Order of two records by their keys, ties by name; records without the field come first. */
export function compareKeys(
  query: QueryInput,
  a: { readonly keys: readonly unknown[]; readonly name: string },
  b: { readonly keys: readonly unknown[]; readonly name: string },
): number {
  for (const [index, sort] of (query.sortBy ?? []).entries()) {
    const order = compareValues(a.keys[index], b.keys[index]);
    if (order !== 0) return sort.ascending === false ? -order : order;
  }
  return a.name === b.name ? 0 : a.name < b.name ? -1 : 1;
}

function comparatorOf(filter: FilterInput): Comparator {
  const comparator = comparators.find((known) => known === filter.comparator);
  if (comparator === undefined) throw badRequest(`comparator ${filter.comparator.slice(0, 40)} is not supported`);
  return comparator;
}

function checkFieldOf(part: FilterInput | SortInput): void {
  const system = systemNameOf(part);
  if (system !== undefined && !Object.hasOwn(systemFields, system))
    throw badRequest(`system field ${system.slice(0, 40)} is not supported`);
  if (system === undefined && part.fieldName === undefined) throw badRequest('a filter or sort needs a fieldName');
}

function systemNameOf(part: FilterInput | SortInput): string | undefined {
  const given =
    part.systemFieldName ?? (part.fieldName?.startsWith('___') === true ? part.fieldName.slice(3) : undefined);
  return given === undefined ? undefined : Object.hasOwn(systemAliases, given) ? systemAliases[given] : given;
}

function valueOf(part: FilterInput | SortInput, row: RecordRow, fields: StoredFields): unknown {
  const system = systemNameOf(part);
  if (system !== undefined) return Object.hasOwn(systemFields, system) ? systemFields[system]?.(row) : undefined;
  return plain(fields[part.fieldName ?? '']?.value);
}

/** References and assets compare by what they name. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    if ('recordName' in value) return value.recordName;
    if ('fileChecksum' in value) return value.fileChecksum;
    return JSON.stringify(value);
  }
  return value;
}

function passes(comparator: Comparator, value: unknown, wanted: unknown): boolean {
  switch (comparator) {
    case 'EQUALS':
      return same(value, wanted);
    case 'NOT_EQUALS':
      return !same(value, wanted);
    case 'LESS_THAN':
      return comparable(value, wanted) && compareValues(value, wanted) < 0;
    case 'LESS_THAN_OR_EQUALS':
      return comparable(value, wanted) && compareValues(value, wanted) <= 0;
    case 'GREATER_THAN':
      return comparable(value, wanted) && compareValues(value, wanted) > 0;
    case 'GREATER_THAN_OR_EQUALS':
      return comparable(value, wanted) && compareValues(value, wanted) >= 0;
    case 'IN':
      return list(wanted).some((item) => same(value, item));
    case 'NOT_IN':
      return !list(wanted).some((item) => same(value, item));
    case 'LIST_CONTAINS':
      return list(value).some((item) => same(item, wanted));
    case 'NOT_LIST_CONTAINS':
      return !list(value).some((item) => same(item, wanted));
    case 'LIST_CONTAINS_ANY':
      return list(wanted).some((item) => list(value).some((mine) => same(mine, item)));
    case 'NOT_LIST_CONTAINS_ANY':
      return !list(wanted).some((item) => list(value).some((mine) => same(mine, item)));
    case 'LIST_CONTAINS_ALL':
      return list(wanted).every((item) => list(value).some((mine) => same(mine, item)));
    case 'NOT_LIST_CONTAINS_ALL':
      return !list(wanted).every((item) => list(value).some((mine) => same(mine, item)));
    case 'BEGINS_WITH':
      return beginsWith(value, wanted);
    case 'NOT_BEGINS_WITH':
      return !beginsWith(value, wanted);
    case 'LIST_MEMBER_BEGINS_WITH':
      return list(value).some((item) => beginsWith(item, wanted));
    case 'NOT_LIST_MEMBER_BEGINS_WITH':
      return !list(value).some((item) => beginsWith(item, wanted));
    default:
      return false;
  }
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function beginsWith(value: unknown, prefix: unknown): boolean {
  return typeof value === 'string' && typeof prefix === 'string' && value.startsWith(prefix);
}

function comparable(a: unknown, b: unknown): boolean {
  return typeof a === typeof b && (typeof a === 'string' || typeof a === 'number');
}

function same(a: unknown, b: unknown): boolean {
  return typeof a === 'object' || typeof b === 'object'
    ? JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
    : a === b;
}

function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : 1;
  const left = typeof a === 'string' ? a : JSON.stringify(a);
  const right = typeof b === 'string' ? b : JSON.stringify(b);
  return left === right ? 0 : left < right ? -1 : 1;
}
