import { z } from 'zod';
import { resolveResultSchema } from '../../../shared/cloud/wireShares.ts';
import { rightBits } from '../../../shared/shareRights.ts';
import type { SqlValue } from '../store/connection.ts';
import type { Store } from '../store/store.ts';
import { displayName } from './shareRecords.ts';

/** Requests for access in an answer, read loosely. */
export const requestsAnswer = z.looseObject({
  requests: z.array(
    z.looseObject({
      requestID: z.string(),
      userIdentity: resolveResultSchema.shape.ownerIdentity,
      message: z.string().optional(),
      createdAt: z.number().optional(),
      serverErrorCode: z.string().optional(),
      reason: z.string().optional(),
    }),
  ),
});

/** Makes the stored requests to a share those the server lists. @returns whether any row changed */
export function storeRequests(
  store: Store,
  shareID: string,
  requests: z.infer<typeof requestsAnswer>['requests'],
  at: number,
): boolean {
  const { connection } = store;
  const before = connection
    .statement<[string], { id: string }>('SELECT id FROM access_request WHERE zone_id = ? ORDER BY id')
    .all(shareID)
    .map(({ id }) => id);
  const ids = requests.map(({ requestID }) => requestID).toSorted();
  if (before.join() === ids.join()) return false;
  store.transaction('app', () => {
    connection.statement<[string]>('DELETE FROM access_request WHERE zone_id = ?').run(shareID);
    for (const one of requests) {
      connection
        .statement<SqlValue[]>(
          `INSERT INTO access_request (id, zone_id, user_name, display_name, email, message, at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          one.requestID,
          shareID,
          one.userIdentity?.userRecordName ?? null,
          displayName(one.userIdentity),
          one.userIdentity?.lookupInfo?.emailAddress ?? null,
          one.message ?? null,
          one.createdAt ?? at,
        );
    }
  });
  return true;
}

/**
 * Removes the requests to, and the links of, shares that I manage no more: names, addresses and messages of people are
 * for those who may answer them. @returns whether any row went
 */
export function forgetManaged(store: Store): boolean {
  const { connection } = store;
  const lost = connection
    .statement<[number], { id: string }>(
      `SELECT id FROM zone WHERE store = 'shared' AND (state <> 'active' OR rights & ? = 0)
       AND (id IN (SELECT zone_id FROM access_request) OR id IN (SELECT zone_id FROM share_link))`,
    )
    .all(rightBits.MANAGE);
  if (lost.length === 0) return false;
  store.transaction('app', () => {
    for (const { id } of lost) {
      connection.statement<[string]>('DELETE FROM access_request WHERE zone_id = ?').run(id);
      connection.statement<[string]>('DELETE FROM share_link WHERE zone_id = ?').run(id);
    }
  });
  return true;
}
