import type { ShareRight } from '../../shared/cloud/wireShares.ts';
import type { ZoneAccess } from './zones.ts';

export type RecordAct = 'create' | 'change' | 'delete';

/**
 * The whole rule of who may do what to an ordinary record (docs/sharing.md, "What each may do"): an owner anything; a
 * participant creates with ADD, changes with EDIT, deletes with DELETE, and may change and delete what they added while
 * they may add.
 * To put a record into the trash, or take it out, is both a change and a deletion.
 * @param creator `created.userRecordName` as the server recorded it, never as a client says
 * @returns the right that is missing, or undefined when the act is allowed
 */
export function missingRight(
  access: ZoneAccess,
  act: RecordAct,
  caller: string,
  creator: string | undefined,
): ShareRight | undefined {
  if (access.role === 'owner') return undefined;
  const needed: ShareRight = act === 'create' ? 'ADD' : act === 'change' ? 'EDIT' : 'DELETE';
  if (access.ending) return needed;
  if (access.rights.includes(needed)) return undefined;
  if (act !== 'create' && creator === caller && access.rights.includes('ADD')) return undefined;
  return needed;
}

/** Owner, or a participant with MANAGE while the share is not ending. */
export function mayManage(access: ZoneAccess): boolean {
  return access.role === 'owner' || (access.rights.includes('MANAGE') && !access.ending);
}

/** Rights a manager may hand out: never one the manager lacks. */
export function grantable(access: ZoneAccess, wanted: readonly ShareRight[]): boolean {
  return access.role === 'owner' || wanted.every((right) => access.rights.includes(right));
}
