import { assertNever } from './assertNever.ts';
import { presetRights } from './cloud/wireShares.ts';
import type { ShareRight, SharePreset, ShownPreset } from './model/share.ts';

/**
 * The one rule of who may do what in a share (docs/sharing.md, "What each may do"). The server applies it to every request, the
 * store's triggers to every write, and the interface greys out by it; they must say the same, and a test holds them to it.
 */

/** Rights as the store keeps them: one bit each. */
export const rightBits: Readonly<Record<ShareRight, number>> = { ADD: 1, EDIT: 2, DELETE: 4, MANAGE: 8 };

const order: readonly ShareRight[] = ['ADD', 'EDIT', 'DELETE', 'MANAGE'];

/** The bits of a set of rights; names nobody knows count for nothing. */
export function rightsToBits(rights: readonly string[]): number {
  return order.reduce((bits, right) => (rights.includes(right) ? bits | rightBits[right] : bits), 0);
}

/** The rights of some bits, in their fixed order. */
export function bitsToRights(bits: number): ShareRight[] {
  return order.filter((right) => (bits & rightBits[right]) !== 0);
}

export function rightsOfPreset(preset: SharePreset): readonly ShareRight[] {
  switch (preset) {
    case 'viewer':
      return presetRights.VIEWER;
    case 'contributor':
      return presetRights.CONTRIBUTOR;
    case 'editor':
      return presetRights.EDITOR;
    case 'manager':
      return presetRights.MANAGER;
    default:
      return assertNever(preset, 'preset');
  }
}

/** The preset with exactly these rights, else `custom`. */
export function presetOfRights(rights: readonly string[]): ShownPreset {
  const bits = rightsToBits(rights);
  const presets: readonly SharePreset[] = ['viewer', 'contributor', 'editor', 'manager'];
  return presets.find((preset) => rightsToBits(rightsOfPreset(preset)) === bits) ?? 'custom';
}

/** A record with a value in this field lies in the trash: to put it there, or take it out, needs what a deletion needs. */
export const trashedField = 'trashed_at';
/** The field that says who added something; a record without it was added by whoever made it. */
export const makerField = 'created_by';

/** What is done to a row of a share: made, changed, or removed (moving a photo to the trash removes it for the others). */
export type ShareAct = 'add' | 'edit' | 'delete';

/**
 * The right that is missing for an act, or null when it is allowed. What I added I may change and remove while I may add.
 * @param bits my rights in the zone; all bits in a zone of mine, none in one that is ending
 * @param addedByMe whether I added the row; means nothing for `add`
 */
export function missingRight(bits: number, act: ShareAct, addedByMe: boolean): ShareRight | null {
  const needed: ShareRight = act === 'add' ? 'ADD' : act === 'edit' ? 'EDIT' : 'DELETE';
  if ((bits & rightBits[needed]) !== 0) return null;
  if (act !== 'add' && addedByMe && (bits & rightBits.ADD) !== 0) return null;
  return needed;
}
