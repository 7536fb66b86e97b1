import { libraryZone } from '../../../shared/ids.ts';
import type { DatabaseScope } from '../../../shared/cloud/wireRecords.ts';
import type { Connection } from '../store/connection.ts';
import type { CloudZone } from './cloudDatabase.ts';

/** A zone as the library knows it. `owner` is empty in my own database. */
export interface LocalZone {
  readonly id: string;
  readonly store: DatabaseScope;
  readonly name: string;
  readonly owner: string;
  readonly kind: 'library' | 'share';
  readonly state: 'active' | 'ending' | 'ended';
  readonly rights: number;
}

/** The zones of the library: table `zone`, addressed as the server addresses them. */
export interface LocalZones {
  all(): readonly LocalZone[];
  byId(id: string): LocalZone | undefined;
  find(scope: DatabaseScope, zone: { zoneName: string; ownerRecordName?: string | undefined }): LocalZone | undefined;
  /** The zone, made when the server speaks of one that is not here. In the shared store it grants nothing at first. */
  ensure(scope: DatabaseScope, zone: { zoneName: string; ownerRecordName?: string | undefined }): LocalZone;
  setRights(id: string, rights: number): void;
  setState(id: string, state: LocalZone['state']): void;
  remove(id: string): void;
}

/** How a request names a zone. */
export function cloudZone(zone: Pick<LocalZone, 'name' | 'owner'>): CloudZone {
  return zone.owner === '' ? { zoneName: zone.name } : { zoneName: zone.name, ownerRecordName: zone.owner };
}

export function createLocalZones(connection: Connection, now: () => number): LocalZones {
  const columns = 'id, store, name, owner, kind, state, rights';
  const ownerIn = (scope: DatabaseScope, owner: string | undefined) => (scope === 'private' ? '' : (owner ?? ''));
  const zones: LocalZones = {
    all: () => connection.statement<[], LocalZone>(`SELECT ${columns} FROM zone ORDER BY id`).all(),
    byId: (id) => connection.statement<[string], LocalZone>(`SELECT ${columns} FROM zone WHERE id = ?`).get(id),
    find: (scope, { zoneName, ownerRecordName }) =>
      connection
        .statement<[string, string, string], LocalZone>(
          `SELECT ${columns} FROM zone WHERE store = ? AND name = ? AND owner = ?`,
        )
        .get(scope, zoneName, ownerIn(scope, ownerRecordName)),
    ensure: (scope, zone) => {
      const found = zones.find(scope, zone);
      if (found !== undefined) return found;
      const owner = ownerIn(scope, zone.ownerRecordName);
      const id = owner === '' ? zone.zoneName : `${owner}:${zone.zoneName}`;
      const kind = zone.zoneName === libraryZone ? 'library' : 'share';
      connection
        .statement<[string, string, string, string, string, number, number]>(
          `INSERT INTO zone (id, store, name, owner, kind, rights, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(id, scope, zone.zoneName, owner, kind, scope === 'private' ? 15 : 0, now());
      const made = zones.byId(id);
      if (made === undefined) throw new Error(`Zone ${id} was not made`);
      return made;
    },
    setRights: (id, rights) => {
      connection
        .statement<[number, string, number]>('UPDATE zone SET rights = ? WHERE id = ? AND rights <> ?')
        .run(rights, id, rights);
    },
    setState: (id, state) => {
      connection.statement<[string, string]>('UPDATE zone SET state = ? WHERE id = ?').run(state, id);
    },
    remove: (id) => {
      connection.statement<[string]>('DELETE FROM zone WHERE id = ?').run(id);
    },
  };
  return zones;
}
