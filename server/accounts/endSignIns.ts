import type { Transaction } from '../database/database.ts';
import { dropCodes } from './authorizationCode.ts';
import { dropApprovedDevices } from './deviceAuthorization.ts';
import { endSessions } from './sessions.ts';

/**
 * Ends whatever got in by the password that is being replaced, and what still could: sessions, codes that would become one,
 * and letters that would set another password. In the transaction that sets the new one, so that a server that stops in
 * between leaves nobody in.
 * @param which the session that stays, of a person who is signed in
 */
export async function endSignIns(
  sql: Transaction,
  userName: string,
  which: { readonly except?: string } = {},
): Promise<void> {
  // Codes before sessions: one that is traded at this moment is a session when its row is free, and is found below.
  await dropCodes(sql, userName);
  await dropApprovedDevices(sql, userName);
  await sql.run(`DELETE FROM verifications WHERE identifier LIKE 'reset:%' AND value = ?`, [userName]);
  // A session that begins now refers to the person: it is waited for, and found, or waits and begins afterwards.
  await sql.get(`SELECT id FROM users WHERE id = ?${sql.forUpdate}`, [userName]);
  await endSessions(sql, userName, which);
}
