import type { HybridStamp } from '../../../shared/cloud/hybridClock.ts';
import type { CloudField } from './cloudDatabase.ts';
import type { ReadRecord } from './recordMapper.ts';
import { stampOf, type Stamps } from './stamps.ts';
import type { RecordState } from './recordTable.ts';

/** Fields of a record that this version keeps without knowing them, for the versions that do. */
export type UnknownFields = Readonly<Record<string, CloudField>>;

/** Those kept of a row. */
export function unknownFieldsOf(known: RecordState | undefined): UnknownFields {
  return JSON.parse(known?.unknown ?? '{}') as UnknownFields;
}

/** As they are kept; null for none. */
export function unknownFieldsText(fields: UnknownFields): string | null {
  return Object.keys(fields).length === 0 ? null : JSON.stringify(fields);
}

/**
 * Those of a row that wait to be sent, with the stamps they wait with. What the record they are to go to has got later is not
 * put back.
 */
export function waitingUnknownFields(
  read: ReadRecord,
  known: RecordState | undefined,
  waiting: Stamps,
): { readonly fields: UnknownFields; readonly stamps: Stamps } {
  const fields: Record<string, CloudField> = {};
  const stamps: Record<string, HybridStamp> = {};
  for (const [name, field] of Object.entries(unknownFieldsOf(known))) {
    const stamp = Object.hasOwn(waiting, name) ? waiting[name] : undefined;
    if (stamp === undefined) continue;
    const theirs = read.unknown?.[name] === undefined ? undefined : stampOf(read.stamps, name);
    if (theirs !== undefined && theirs >= stamp) continue;
    fields[name] = field;
    stamps[name] = stamp;
  }
  return { fields, stamps };
}

/** What a copy of a row in another place holds beyond, or later than, what is kept of it here. */
export function newerUnknownFields(
  read: ReadRecord,
  known: RecordState | undefined,
): { readonly fields: UnknownFields; readonly stamps: Stamps } {
  const held = unknownFieldsOf(known);
  const fields: Record<string, CloudField> = {};
  const stamps: Record<string, HybridStamp> = {};
  for (const [name, field] of Object.entries(read.unknown ?? {})) {
    const stamp = stampOf(read.stamps, name);
    const mine = held[name];
    if (stamp === undefined || JSON.stringify(mine) === JSON.stringify(field)) continue;
    if (mine !== undefined && stamp <= (stampOf(known?.stamps ?? {}, name) ?? '')) continue;
    fields[name] = field;
    stamps[name] = stamp;
  }
  return { fields, stamps };
}
