import { compareVersions, type FieldVersion } from '../../../shared/cloud/fieldMerge.ts';
import type { HybridStamp } from '../../../shared/cloud/hybridClock.ts';
import type { ReadRecord, RowValues } from './recordMapper.ts';
import { stampOf, type Stamps } from './stamps.ts';

/** What comes of a row and a record of it: of each field the later version. */
export interface RowMerge {
  /** Columns in which the record is later: the values the row takes. */
  readonly changes: RowValues;
  /** Fields in which the row is later, and when they were set: what the server has yet to get. */
  readonly ahead: Stamps;
}

/**
 * @param sides `local`: when the fields of the row were set; `unsent`: those among them that nobody else has heard of;
 *   `force`: the record is later in every field
 */
export function mergeRow(
  columns: readonly string[],
  row: RowValues,
  read: Pick<ReadRecord, 'values' | 'stamps'>,
  sides: { readonly local: Stamps; readonly unsent: Stamps; readonly force: boolean },
): RowMerge {
  const changes: Record<string, string | number | null> = {};
  const ahead: Record<string, HybridStamp> = {};
  for (const column of columns) {
    const isUnsent = stampOf(sides.unsent, column) !== undefined;
    const order = isUnsent ? undefined : 0;
    const mine: FieldVersion = { value: row[column] ?? null, stamp: stampOf(sides.local, column), order };
    const value = read.values[column] ?? null;
    const theirs: FieldVersion = { value, stamp: stampOf(read.stamps, column), order: 1 };
    if (!sides.force && compareVersions(mine, theirs) > 0) {
      const isKnownThere = mine.value === value && mine.stamp === theirs.stamp;
      if (mine.stamp !== undefined && !isKnownThere) ahead[column] = mine.stamp;
    } else if (mine.value !== value) {
      changes[column] = value;
    }
  }
  return { changes, ahead };
}
