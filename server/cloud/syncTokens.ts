import { CloudError, badRequest } from './cloudError.ts';
import type { CallContext } from './context.ts';
import type { Database } from '../database/database.ts';
import type { ExpiredBecause } from '../../shared/cloud/serverErrors.ts';
import type { DatabaseScope } from '../../shared/cloud/wireRecords.ts';

/** Server change tokens (docs/protocol.md, sections 8, 14.6 and 16): signed epoch, identity of the feed, position. */

/**
 * @param startedBehind only in the middle of a reading from the beginning: how far deletions had been purged when it
 *   began. Its reader held nothing then, so those deletions are none it could miss.
 */
export function zoneToken(context: CallContext, incarnation: string, seq: number, startedBehind?: number): string {
  return context.services.tokens.seal('zone', [
    context.epoch,
    incarnation,
    seq,
    ...(startedBehind === undefined ? [] : [startedBehind]),
  ]);
}

/** What a zone token stands for. */
export interface ZonePosition {
  readonly seq: number;
  /** See `zoneToken`; undefined unless a reading from the beginning is under way. */
  readonly startedBehind: number | undefined;
}

export function databaseToken(context: CallContext, scope: DatabaseScope, seq: number): string {
  return context.services.tokens.seal('database', [
    context.epoch,
    context.realm.key,
    context.caller.userName,
    scope,
    seq,
  ]);
}

/**
 * The position a zone token stands for; the beginning without a token.
 * @throws CloudError BAD_REQUEST for what is not a zone token, CHANGE_TOKEN_EXPIRED with expiredBecause
 */
export function zoneTokenSeq(
  context: CallContext,
  token: string | undefined,
  zone: { readonly incarnation: string; readonly purgedSeq: number; readonly ownerSeq: number },
): ZonePosition {
  if (token === undefined) return { seq: 0, startedBehind: zone.purgedSeq };
  const parts = openToken(context, 'zone', token);
  if (parts[0] !== context.epoch) throw expired('EPOCH', 'server was restored');
  if (parts[1] !== zone.incarnation) throw expired('INCARNATION', 'the zone was deleted and made again');
  const seq = Number(parts[2]);
  if (seq > zone.ownerSeq) throw new RollbackSeen();
  const startedBehind = parts[3] === undefined ? undefined : Number(parts[3]);
  if (seq < zone.purgedSeq && startedBehind !== zone.purgedSeq) {
    throw expired('RETENTION', 'deletions after this token are no longer known');
  }
  return { seq, startedBehind };
}

/** The same for a database token; `latest` is the newest position of that feed. */
export function databaseTokenSeq(
  context: CallContext,
  scope: DatabaseScope,
  token: string | undefined,
  latest: number,
): number {
  if (token === undefined) return 0;
  const parts = openToken(context, 'database', token);
  if (parts[0] !== context.epoch) throw expired('EPOCH', 'server was restored');
  if (parts[1] !== context.realm.key || parts[2] !== context.caller.userName || parts[3] !== scope) {
    throw badRequest('Invalid continuation format: this token belongs to another database');
  }
  const seq = Number(parts[4]);
  if (seq > latest) throw new RollbackSeen();
  return seq;
}

/**
 * A token of this epoch is ahead of the server: the database was put back without a new epoch. The caller of the
 * handler mints one (see `mintEpoch`) and answers CHANGE_TOKEN_EXPIRED, so that every client re-offers what it holds.
 */
export class RollbackSeen extends Error {
  constructor() {
    super('a server change token is ahead of this database');
    this.name = 'RollbackSeen';
  }
}

export function expired(because: ExpiredBecause, reason: string): CloudError {
  return new CloudError('CHANGE_TOKEN_EXPIRED', reason, { expiredBecause: because });
}

/** Replaces the epoch unless another process already did; the epoch now in force. */
export async function mintEpoch(
  database: Database,
  random: (bytes: number) => Uint8Array,
  replacing: string,
): Promise<string> {
  return database.write(async (sql) => {
    const row = await sql.get<{ value: string }>(`SELECT value FROM meta WHERE key = 'epoch'${sql.forUpdate}`);
    if (row !== undefined && row.value !== replacing) return row.value;
    const epoch = newEpoch(random);
    await sql.run(`UPDATE meta SET value = ? WHERE key = 'epoch'`, [epoch]);
    return epoch;
  });
}

/** 64 random bits, hex. */
export function newEpoch(random: (bytes: number) => Uint8Array): string {
  return Buffer.from(random(8)).toString('hex');
}

function openToken(context: CallContext, purpose: 'zone' | 'database', token: string): string[] {
  const parts = token === '' ? undefined : context.services.tokens.open(purpose, token);
  if (parts === undefined) throw badRequest('Invalid continuation format: unknown sync token');
  return parts;
}
