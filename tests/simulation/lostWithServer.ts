import type { Client } from './client.ts';
import type { Edit, Ledger } from './ledger.ts';
import type { SimulatedServer } from './simulatedServer.ts';

/**
 * Notes, after a server was put back to an earlier copy, what lay on it alone: nobody can offer that again, and no rule
 * asks for it.
 */
export function noteLostWithServer(clients: readonly Client[], server: SimulatedServer, ledger: Ledger): void {
  for (const [id, { entity, person, zone }] of ledger.created) {
    if (entity !== 'Photo') continue;
    // Who takes part in a share of it cannot offer it again: it is its owner's.
    const holders = zone.includes(':') ? clients : clients.filter((one) => one.person === person);
    const isHeld = (table: 'photo' | 'resource', row: string) =>
      holders.some(
        ({ store }) =>
          store.connection.statement<[string]>(`SELECT 1 FROM ${table} WHERE id = ?`).get(row) !== undefined,
      );
    if (!isHeld('photo', id) && !server.holds(id)) ledger.heldByNobody.add(id);
    // Whoever had it may have been installed anew, and have read only as far as the photo.
    const original = `${id}-original`;
    if (!isHeld('resource', original) && !server.holds(original)) ledger.heldByNobody.add(original);
  }
  // Whoever made it may have been installed anew since, before anybody else had read it.
  const isHeldEdit = ({ entity, rowId, field, before, device }: Edit) =>
    entity !== 'Photo' ||
    clients.some(({ name }) => name === device) ||
    clients.some(({ store }) => {
      const row = store.connection
        .statement<[string], { value: Edit['value'] }>(`SELECT "${field}" AS value FROM photo WHERE id = ?`)
        .get(rowId);
      return row !== undefined && row.value !== before;
    });
  for (const edit of ledger.edits) {
    if (ledger.heldByNobody.has(edit.rowId) || !isHeldEdit(edit)) ledger.lostEdits.add(edit);
  }
}
