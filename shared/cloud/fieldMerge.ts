import { compareStamps } from './hybridClock.ts';
import type { HybridStamp } from './hybridClock.ts';

/** One field's value with the stamp of the edit that set it. */
export interface FieldVersion {
  /** JSON value; null is a cleared field. */
  readonly value: unknown;
  /** Missing for fields written by a client that knows no stamps: earlier than any stamp. */
  readonly stamp?: HybridStamp | undefined;
  /**
   * The server's order of acceptance where it is known; missing for an edit not yet accepted, which will be later than
   * everything accepted so far. Decides between equal stamps (a copied library, or two clients without stamps).
   */
  readonly order?: number | undefined;
}

export type VersionedFields = Readonly<Record<string, FieldVersion>>;

/**
 * Total order of two versions of one field: by stamp, then by server order, then by the value's canonical text, so that
 * two devices with equal stamps and no order still pick the same winner.
 * @returns negative, zero or positive
 */
export function compareVersions(a: FieldVersion, b: FieldVersion): number {
  const byStamp = compareStamps(a.stamp, b.stamp);
  if (byStamp !== 0) return byStamp;
  const aOrder = a.order ?? Number.POSITIVE_INFINITY;
  const bOrder = b.order ?? Number.POSITIVE_INFINITY;
  if (aOrder !== bOrder) return aOrder < bOrder ? -1 : 1;
  const aText = canonicalText(a.value);
  const bText = canonicalText(b.value);
  return aText === bText ? 0 : aText < bText ? -1 : 1;
}

/** The later of two versions of one field. */
export function mergeField(a: FieldVersion, b: FieldVersion): FieldVersion {
  return compareVersions(a, b) >= 0 ? a : b;
}

/**
 * Merges two versions of a record field by field: the maximum of a total order per field, hence commutative,
 * associative and idempotent (docs/sync.md, I8). Fields only one side knows are kept.
 */
export function mergeFields(a: VersionedFields, b: VersionedFields): VersionedFields {
  const merged: Record<string, FieldVersion> = Object.create(null) as Record<string, FieldVersion>;
  for (const [name, version] of Object.entries(a)) merged[name] = version;
  for (const [name, version] of Object.entries(b)) {
    const mine = merged[name];
    merged[name] = mine === undefined ? version : mergeField(mine, version);
  }
  return merged;
}

/** Names of the fields in which `merged` differs from `base`: what a merge has to write, or to export again. Sorted. */
export function changedFields(base: VersionedFields, merged: VersionedFields): string[] {
  const changed: string[] = [];
  for (const [name, version] of Object.entries(merged)) {
    const before = Object.hasOwn(base, name) ? base[name] : undefined;
    if (before === undefined || canonicalText(before.value) !== canonicalText(version.value)) changed.push(name);
  }
  return changed.sort();
}

/** JSON with object keys sorted, so that equal values have equal text whatever order their keys came in. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalText(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
