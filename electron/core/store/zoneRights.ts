import { missingRight, type ShareAct } from '../../../shared/shareRights.ts';
import type { Connection } from './connection.ts';
import type { StoreName } from './observer.ts';

/** What decides about writing in a zone. */
export interface ZoneRights {
  readonly id: string;
  readonly store: StoreName;
  readonly kind: 'library' | 'share';
  readonly state: 'active' | 'ending' | 'ended';
  readonly rights: number;
}

/** How a zone looks to the person: their own library, a share of theirs, or one they take part in. */
export type SharedState = 'none' | 'byMe' | 'withMe';

/** Every zone of the library by id. A library has few zones (server limit: 1,000), so they are read whole. */
export function readZones(connection: Connection): ReadonlyMap<string, ZoneRights> {
  const rows = connection.statement<[], ZoneRights>('SELECT id, store, kind, state, rights FROM zone').all();
  return new Map(rows.map((zone) => [zone.id, zone]));
}

const may = (zone: ZoneRights | undefined, act: ShareAct, createdBy: string | null): boolean =>
  zone !== undefined &&
  (zone.store === 'private' ||
    (zone.state === 'active' && missingRight(zone.rights, act, createdBy === null) === null));

/** Rows may be added. */
export const mayAdd = (zone: ZoneRights | undefined): boolean => may(zone, 'add', null);

/** A row may be changed: by right, or because I added it and still may add. `createdBy` null is me. */
export const mayEdit = (zone: ZoneRights | undefined, createdBy: string | null): boolean =>
  may(zone, 'edit', createdBy);

/** A row may be removed (a photo: put into the trash): by right, or because I added it and still may add. */
export const mayDelete = (zone: ZoneRights | undefined, createdBy: string | null): boolean =>
  may(zone, 'delete', createdBy);

export function sharedState(zone: ZoneRights | undefined): SharedState {
  if (zone === undefined || zone.kind === 'library') return 'none';
  return zone.store === 'private' ? 'byMe' : 'withMe';
}
