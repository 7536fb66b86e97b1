import { assertNever } from '../../../shared/assertNever.ts';
import { AppError } from '../../../shared/errors.ts';
import type { ShareRight } from '../../../shared/model/share.ts';
import { missingRight, rightBits, type ShareAct } from '../../../shared/shareRights.ts';
import type { Connection } from '../store/connection.ts';

/** A zone as the question "may I?" needs it. */
export interface ZoneRights {
  readonly zoneID: string;
  /** A zone of my own database: the library, or a share I own. */
  readonly mine: boolean;
  readonly state: 'active' | 'ending' | 'ended';
  /** rightBits; all of them in a zone of mine. */
  readonly bits: number;
  /** The owner's display name, for reasons in words. */
  readonly ownerName: string;
}

/** An answer with the reason a person reads when it is no. */
export type Verdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly right: ShareRight; readonly reason: string };

/**
 * The only authority in the core on what this person may write, read from the store at each question. The store's
 * triggers refuse by the same rule whatever is asked here, and the server decides for everybody.
 */
export interface Permissions {
  /** @throws AppError notFound for a zone this library does not have */
  zone(zoneID: string): ZoneRights;
  may(zoneID: string, act: ShareAct, createdBy: string | null): Verdict;
  mayManage(zoneID: string): Verdict;
  /** May this photo's row be changed (`edit`) or removed (`delete`)? @throws AppError notFound */
  mayPhoto(photoID: string, act: 'edit' | 'delete'): Verdict;
  /** @throws AppError permissionFailure with the reason when a verdict is no */
  require(verdict: Verdict): void;
}

export function createPermissions(connection: Connection): Permissions {
  const zoneRow = connection.statement<
    [string],
    { store: string; state: ZoneRights['state']; rights: number; owner: string | null }
  >(
    `SELECT zone.store, zone.state, zone.rights, coalesce(share.owner_display, share.owner_email) AS owner
     FROM zone LEFT JOIN share ON share.zone_id = zone.id WHERE zone.id = ?`,
  );
  const photoRow = connection.statement<[string], { zone_id: string; created_by: string | null }>(
    'SELECT zone_id, created_by FROM photo WHERE id = ?',
  );

  const zone = (zoneID: string): ZoneRights => {
    const row = zoneRow.get(zoneID);
    if (row === undefined) throw new AppError('notFound', 'This share is not in your library any more.', { zoneID });
    const mine = row.store === 'private';
    return { zoneID, mine, state: row.state, bits: row.rights, ownerName: row.owner ?? 'the owner' };
  };
  const may = (zoneID: string, act: ShareAct, createdBy: string | null): Verdict => {
    const rights = zone(zoneID);
    if (rights.mine) return { allowed: true };
    if (rights.state !== 'active') {
      return {
        allowed: false,
        right: rightFor(act),
        reason: `${capital(rights.ownerName)} stopped sharing; you can take copies.`,
      };
    }
    const right = missingRight(rights.bits, act, createdBy === null);
    return right === null ? { allowed: true } : { allowed: false, right, reason: reasonFor(right, rights.ownerName) };
  };

  return {
    zone,
    may,
    mayManage: (zoneID) => {
      const rights = zone(zoneID);
      if (rights.mine || (rights.state === 'active' && (rights.bits & rightBits.MANAGE) !== 0))
        return { allowed: true };
      return { allowed: false, right: 'MANAGE', reason: reasonFor('MANAGE', rights.ownerName) };
    },
    mayPhoto: (photoID, act) => {
      const row = photoRow.get(photoID);
      if (row === undefined) throw new AppError('notFound', 'This photo is not in your library any more.', { photoID });
      return may(row.zone_id, act, row.created_by);
    },
    require: (verdict) => {
      if (!verdict.allowed) throw new AppError('permissionFailure', verdict.reason, { neededRight: verdict.right });
    },
  };
}

/** Why something is greyed out, and who can change that. */
export function reasonFor(right: ShareRight, ownerName: string): string {
  const owner = capital(ownerName);
  switch (right) {
    case 'ADD':
      return `${owner} can let you add photos.`;
    case 'EDIT':
      return `${owner} can let you edit what others added.`;
    case 'DELETE':
      return `${owner} can let you remove what others added.`;
    case 'MANAGE':
      return `${owner} can let you manage this share.`;
    default:
      return assertNever(right, 'right');
  }
}

function rightFor(act: ShareAct): ShareRight {
  return act === 'add' ? 'ADD' : act === 'edit' ? 'EDIT' : 'DELETE';
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
