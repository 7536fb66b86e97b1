import { shareRecordName, shareRecordType } from '../../shared/cloud/wireRecords.ts';
import type { RecordInput } from '../../shared/cloud/wireRecords.ts';
import {
  departureRules,
  normaliseRights,
  permissionOf,
  sharePermissions,
  shareRights,
} from '../../shared/cloud/wireShares.ts';
import type { DepartureRule, SharePermission, ShareRight } from '../../shared/cloud/wireShares.ts';
import type { Transaction } from '../database/database.ts';
import { CloudError, badRequest } from './cloudError.ts';
import type { AfterCommit, CallContext } from './context.ts';
import { reconcileParticipants } from './participants.ts';
import { parseFields } from './recordRows.ts';
import type { RecordRow, StoredFields } from './recordRows.ts';
import type { Operation, Outcome, RecordBatch } from './recordBatch.ts';
import { mayManage } from './rights.ts';
import { announceToPeople } from './pushes.ts';
import { loadShare, rightsOf, shareRecordRow, shareRow } from './shareRecord.ts';
import type { Share } from './shareRecord.ts';
import { randomText } from './tokens.ts';
import { endUploads } from './uploadRights.ts';
import { hideZone } from './views.ts';
import type { ZoneRow } from './zones.ts';

/** Both spellings of the type, and its one record name, belong to the share record. */
export function isShareOperation(operation: Operation): boolean {
  return operation.record.recordType?.toLowerCase() === shareRecordType || operation.recordName === shareRecordName;
}

/**
 * Create, change or delete the zone-wide share record (sections 10.2, 10.3): create by the owner; change by the owner or
 * who may MANAGE; delete by the owner stops sharing, by a participant leaves.
 *
 * Unlike a record, which the batch holds in memory until all is decided, a share writes rows and queues letters as it goes.
 * One that is refused half-way takes back exactly its own: the rest of the batch may still be saved.
 * @throws CloudError the operation's refusal; nothing is written and nothing is sent then
 */
export async function applyShareOperation(
  batch: RecordBatch,
  operation: Operation,
  afterCommit: AfterCommit[],
): Promise<Outcome> {
  const { sql } = batch;
  const effectsBefore = afterCommit.length;
  await sql.run('SAVEPOINT share_operation');
  try {
    const outcome = await applyWithin(batch, operation, afterCommit);
    await sql.run('RELEASE SAVEPOINT share_operation');
    return outcome;
  } catch (error) {
    afterCommit.length = effectsBefore;
    // Anything else than a refusal ends the whole transaction; a connection that is lost could not take anything back.
    if (error instanceof CloudError) {
      await sql.run('ROLLBACK TO SAVEPOINT share_operation');
      await sql.run('RELEASE SAVEPOINT share_operation');
    }
    throw error;
  }
}

async function applyWithin(batch: RecordBatch, operation: Operation, afterCommit: AfterCommit[]): Promise<Outcome> {
  if (operation.record.forRecord !== undefined) throw badRequest('record shares are not supported; share the zone');
  if (operation.record.recordName !== undefined && operation.recordName !== shareRecordName) {
    throw badRequest(`the share of a zone is named ${shareRecordName}`);
  }
  if (batch.open.zone.is_default === 1) throw badRequest('the default zone cannot be shared');
  const before = batch.current(shareRecordName);
  const { operationType } = operation;
  if (operationType === 'delete' || operationType === 'forceDelete') {
    return batch.open.access.role === 'owner' ? stopSharing(batch, operation, before) : leave(batch, before);
  }
  if (before === undefined) {
    if (operationType === 'update' || operationType === 'replace')
      throw new CloudError('NOT_FOUND', 'this zone is not shared');
    return createShare(batch, operation, afterCommit);
  }
  if (operationType === 'create') throw new CloudError('EXISTS', 'this zone is already shared');
  return changeShare(batch, operation, before, afterCommit);
}

async function createShare(batch: RecordBatch, operation: Operation, afterCommit: AfterCommit[]): Promise<Outcome> {
  const { sql, context, open } = batch;
  if (open.access.role !== 'owner') throw new CloudError('ACCESS_DENIED', 'only the owner of a zone may share it');
  const { record } = operation;
  const settings = readSettings(record, undefined);
  if (settings.endsAt !== null) throw badRequest('a new share cannot be ending');
  const merged = await batch.mergeFields(shareRecordType, shareRecordName, emptyFields(), record);
  await removeLeftovers(batch);
  await sql.run(
    `INSERT INTO shares (zone_id, short_guid, public_permission, public_rights, deny_access_requests, departure_rule)
     VALUES (?, ?, ?, ?, ?, ?)`,
    [
      open.zone.zone_id,
      randomText(context.services.random, 18),
      settings.publicPermission,
      settings.publicRights.join(','),
      settings.denyAccessRequests ? 1 : 0,
      settings.departureRule,
    ],
  );
  if (record.participants !== undefined) await reconcileParticipants(batch, record.participants, afterCommit);
  return { kind: 'saved', row: batch.put(shareRow(context, open.zone.zone_id, merged.text, undefined)) };
}

async function changeShare(
  batch: RecordBatch,
  operation: Operation,
  before: RecordRow,
  afterCommit: AfterCommit[],
): Promise<Outcome> {
  const { sql, context, open } = batch;
  requireManage(batch);
  const { record, operationType } = operation;
  if (operationType === 'update' || operationType === 'replace') batch.checkTag(operation, before);
  const share = await loadShare(sql, context, open.zone);
  const settings = readSettings(record, share);
  if (open.access.role !== 'owner') refuseOwnersSettings(batch, settings, share);
  const base = operationType === 'update' || operationType === 'forceUpdate' ? parseFields(before) : emptyFields();
  const merged = await batch.mergeFields(shareRecordType, shareRecordName, base, record);
  await sql.run(
    `UPDATE shares SET public_permission = ?, public_rights = ?, deny_access_requests = ?, departure_rule = ?, ends_at = ?
      WHERE zone_id = ?`,
    [
      settings.publicPermission,
      settings.publicRights.join(','),
      settings.denyAccessRequests ? 1 : 0,
      settings.departureRule,
      settings.endsAt,
      open.zone.zone_id,
    ],
  );
  if (record.participants !== undefined) await reconcileParticipants(batch, record.participants, afterCommit);
  return { kind: 'saved', row: batch.put(shareRow(context, open.zone.zone_id, merged.text, before)) };
}

async function stopSharing(batch: RecordBatch, operation: Operation, before: RecordRow | undefined): Promise<Outcome> {
  const { sql, context, open } = batch;
  if (before === undefined) {
    if (operation.operationType !== 'forceDelete') throw new CloudError('NOT_FOUND', 'this zone is not shared');
    await removeLeftovers(batch);
    return { kind: 'deleted' };
  }
  if (operation.operationType === 'delete') batch.checkTag(operation, before);
  await endShare(sql, context, open.zone, 'SHARING_STOPPED');
  buryShareRecord(batch, before);
  return { kind: 'deleted' };
}

/**
 * Ends a share that has no record. Earlier versions left one behind where making a share was refused half-way: people were
 * invited by it and may have come in, while its owner could neither see nor end it, nor share the zone again.
 */
async function removeLeftovers({ sql, context, open }: RecordBatch): Promise<void> {
  const { zone } = open;
  const leftover = await sql.get('SELECT zone_id FROM shares WHERE zone_id = ?', [zone.zone_id]);
  if (leftover === undefined || (await shareRecordRow(sql, zone.zone_id)) !== undefined) return;
  await endShare(sql, context, zone, 'SHARING_STOPPED');
}

/** Removes everything that makes a zone shared; the zone's records stay with the owner. */
export async function endShare(
  sql: Transaction,
  context: CallContext,
  zone: ZoneRow,
  reason: 'SHARING_STOPPED' | 'DELETED',
): Promise<void> {
  const accepted = await sql.all<{ user_name: string }>(
    `SELECT user_name FROM participants WHERE zone_id = ? AND status = 'ACCEPTED' AND user_name IS NOT NULL`,
    [zone.zone_id],
  );
  const users = accepted.map((row) => row.user_name);
  await hideZone(sql, context.realm.key, users, zone.zone_id, reason);
  for (const table of ['shares', 'participants', 'links', 'access_requests']) {
    await sql.run(`DELETE FROM ${table} WHERE zone_id = ?`, [zone.zone_id]);
  }
  await endUploads(sql, zone, context.now);
  await announceToPeople(sql, context, zone, users);
}

async function leave(batch: RecordBatch, before: RecordRow | undefined): Promise<Outcome> {
  const { sql, context, open } = batch;
  if (open.access.role !== 'participant' || before === undefined)
    throw new CloudError('NOT_FOUND', 'this zone is not shared');
  const share = await loadShare(sql, context, open.zone);
  await sql.run(`UPDATE participants SET status = 'UNSUBSCRIBED' WHERE participant_id = ?`, [
    open.access.participantID,
  ]);
  await endUploads(sql, open.zone, context.now);
  await hideZone(sql, context.realm.key, [context.caller.userName], open.zone.zone_id, 'LEFT');
  if (share?.row.departure_rule === 'GO') await takeAlong(batch);
  batch.put(shareRow(context, open.zone.zone_id, before.fields, before));
  return { kind: 'deleted' };
}

/** The departure rule GO: what the leaving person added goes with them; the app has copied it home before. */
async function takeAlong(batch: RecordBatch): Promise<void> {
  const { sql, context, open } = batch;
  const rows = await sql.all<{ record_name: string }>(
    'SELECT record_name FROM records WHERE zone_id = ? AND created_by = ? AND deleted = 0 AND record_name <> ? ORDER BY record_name',
    [open.zone.zone_id, context.caller.userName, shareRecordName],
  );
  for (const { record_name } of rows) await batch.withdraw(record_name);
}

function buryShareRecord(batch: RecordBatch, before: RecordRow): void {
  const { context, open } = batch;
  batch.put({ ...shareRow(context, open.zone.zone_id, '{}', before), deleted: 1 });
}

function requireManage(batch: RecordBatch): void {
  if (mayManage(batch.open.access)) return;
  throw new CloudError('ACCESS_DENIED', 'only the owner, or who may manage, changes a share', {
    neededRight: 'MANAGE',
  });
}

/** Who manages may invite and change rights and public access within their own; how the share ends is the owner's. */
function refuseOwnersSettings(batch: RecordBatch, settings: ShareSettings, share: Share | undefined): void {
  const access = batch.open.access;
  const rights = access.role === 'participant' ? access.rights : shareRights;
  const before = rightsOf(share?.row.public_rights ?? '');
  const widened = settings.publicRights.filter((right) => !before.includes(right));
  if (widened.some((right) => !rights.includes(right))) {
    throw new CloudError('ACCESS_DENIED', 'nobody can give rights they do not have', { neededRight: widened[0] });
  }
  if (settings.endsAt !== (share?.row.ends_at ?? null) || settings.departureRule !== share?.row.departure_rule) {
    throw new CloudError('ACCESS_DENIED', 'only the owner decides how a share ends');
  }
}

interface ShareSettings {
  readonly publicPermission: SharePermission;
  readonly publicRights: readonly ShareRight[];
  readonly departureRule: DepartureRule;
  readonly denyAccessRequests: boolean;
  readonly endsAt: number | null;
}

/** What a share record in a request sets; keys that are absent keep what is stored (section 14.4). */
function readSettings(record: RecordInput, share: Share | undefined): ShareSettings {
  const stored = share?.row;
  const publicPermission =
    record.publicPermission === undefined
      ? (stored?.public_permission ?? 'NONE')
      : sharePermissions.find((permission) => permission === record.publicPermission);
  if (publicPermission === undefined) throw badRequest('publicPermission must be NONE, READ_ONLY or READ_WRITE');
  const departureRule = departureRules.find(
    (rule) => rule === (record.departureRule ?? stored?.departure_rule ?? 'STAY'),
  );
  if (departureRule === undefined) throw badRequest('departureRule must be STAY or GO');
  const endsAt = record.endsAt === undefined ? (stored?.ends_at ?? null) : record.endsAt;
  if (endsAt !== null && !Number.isSafeInteger(endsAt)) throw badRequest('endsAt must be a time in ms');
  return {
    publicPermission,
    publicRights: publicRightsOf(record, publicPermission, stored),
    departureRule,
    denyAccessRequests: record.denyAccessRequests ?? stored?.deny_access_requests === 1,
    endsAt,
  };
}

function publicRightsOf(
  record: RecordInput,
  permission: SharePermission,
  stored: { readonly public_permission: SharePermission; readonly public_rights: string } | undefined,
): readonly ShareRight[] {
  if (record.publicRights === undefined) {
    if (stored !== undefined && stored.public_permission === permission) return rightsOf(stored.public_rights);
    return permission === 'READ_WRITE' ? ['ADD', 'EDIT', 'DELETE'] : [];
  }
  const rights = normaliseRights(record.publicRights);
  if (rights.includes('MANAGE') || rights.length !== new Set(record.publicRights).size) {
    throw badRequest('publicRights must be a subset of ADD, EDIT, DELETE');
  }
  const fits = permission === 'NONE' ? rights.length === 0 : permissionOf(rights) === permission;
  if (!fits) throw badRequest('publicRights contradict publicPermission');
  return rights;
}

function emptyFields(): StoredFields {
  return Object.create(null) as StoredFields;
}
