import {
  defaultZoneName,
  modifyRecordsRequestSchema,
  shareRecordName,
  shareRecordType,
} from '../../shared/cloud/wireRecords.ts';
import type { DatabaseScope, ModifyRecordsRequest, ZoneIDInput } from '../../shared/cloud/wireRecords.ts';
import type { Sql, Transaction } from '../database/database.ts';
import { checkAnswerSize } from './boundedRows.ts';
import { CloudError, badRequest, overLimit } from './cloudError.ts';
import type { AfterCommit, CallContext } from './context.ts';
import { writeWithEffects } from './effects.ts';
import { createBatch } from './recordBatch.ts';
import type { Operation, Outcome, RecordBatch } from './recordBatch.ts';
import { openLedger } from './recordAssets.ts';
import { loadRows, recordJSON, saveRows, hasAssetsFlag } from './recordRows.ts';
import { replaceReferences } from './references.ts';
import { announceChanges } from './pushes.ts';
import { applyShareOperation, isShareOperation } from './shareOperations.ts';
import { loadShare, shareJSON } from './shareRecord.ts';
import { advanceZone, insertZone, lockOwner, openZone, zoneOwnerOf } from './zones.ts';
import type { OpenZone } from './zones.ts';
import { parseBody } from './parseBody.ts';
import { randomUUID } from './tokens.ts';

/** Undoes everything a failed atomic batch did and carries the answer out of the transaction. */
class AtomicFailure extends Error {
  readonly answer: string;
  constructor(answer: string) {
    super('atomic batch refused');
    this.answer = answer;
  }
}

/**
 * records/modify (section 7): one transaction per call, one outcome per operation, in order.
 * @returns the JSON text of the answer
 */
export async function modifyRecords(context: CallContext, scope: DatabaseScope, body: unknown): Promise<string> {
  const request = parseBody(modifyRecordsRequestSchema, body);
  const { operations: maximum } = context.services.config.limits;
  if (request.operations.length > maximum) {
    throw overLimit('operations', maximum, `at most ${maximum} operations per request`);
  }
  const zoneID = addressedZone(context, request);
  const operations = nameOperations(context, request);
  try {
    return await writeWithEffects(context, async (sql, { afterCommit, afterFailure }) => {
      afterFailure.push(() => forgetTypes(context, operations));
      const open = await openForWriting(sql, context, scope, zoneID);
      return runBatch(sql, context, open, request, operations, afterCommit);
    });
  } catch (error) {
    if (error instanceof AtomicFailure) return error.answer;
    throw error;
  }
}

/** What was read of these types may have been made by a transaction that was undone. */
function forgetTypes(context: CallContext, operations: readonly Operation[]): void {
  for (const { record } of operations) {
    if (record.recordType !== undefined) context.services.schema.forget(context.realm, record.recordType);
  }
}

/** Opens a zone under its owner's lock; rights are read after the lock is held, so a revocation before it counts. */
async function openForWriting(
  sql: Transaction,
  context: CallContext,
  scope: DatabaseScope,
  zoneID: ZoneIDInput | undefined,
): Promise<OpenZone & { readonly ownerSeq: number }> {
  const { owner, name } = zoneOwnerOf(context, zoneID);
  const own = owner === context.caller.userName;
  // A stranger's zone is looked at before its owner is locked, or anybody could make rows and waits for any name.
  if (!own) await openZone(sql, context, scope, zoneID);
  const ownerSeq = await lockOwner(sql, context.realm.key, owner);
  if (own && scope === 'private' && name === defaultZoneName) {
    const known = await sql.get(
      'SELECT zone_id FROM zones WHERE realm = ? AND owner = ? AND name = ? AND deleted_at IS NULL',
      [context.realm.key, owner, name],
    );
    if (known === undefined) {
      const zone = await insertZone(sql, context, defaultZoneName, ownerSeq + 1);
      return { zone, access: { role: 'owner' }, scope, ownerSeq: ownerSeq + 1 };
    }
  }
  return { ...(await openZone(sql, context, scope, zoneID)), ownerSeq };
}

async function runBatch(
  sql: Transaction,
  context: CallContext,
  open: OpenZone & { readonly ownerSeq: number },
  request: ModifyRecordsRequest,
  operations: readonly Operation[],
  afterCommit: AfterCommit[],
): Promise<string> {
  const names = operations.map((operation) => operation.recordName);
  // Each may be answered whole: as what was saved, or as the version the server has instead.
  await checkAnswerSize(sql, open.zone.zone_id, names, 'operations');
  const rows = await loadRows(sql, open.zone.zone_id, names);
  const withAssets = [...rows.values()]
    .filter((row) => (row.flags & hasAssetsFlag) !== 0)
    .map((row) => row.record_name);
  const ledger = await openLedger(sql, context, open.zone, receiptsIn(operations), withAssets);
  const batch = createBatch({ sql, context, open, rows, ledger, firstSeq: open.ownerSeq + 1 });

  const outcomes: (Outcome | CloudError)[] = [];
  for (const operation of operations) {
    try {
      outcomes.push(
        isShareOperation(operation)
          ? await applyShareOperation(batch, operation, afterCommit)
          : await batch.apply(operation),
      );
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      outcomes.push(error);
    }
  }
  const dangling = await batch.danglingReferences();
  outcomes.forEach((outcome, index) => {
    const problem = dangling.get(names[index] ?? '');
    if (problem !== undefined && !(outcome instanceof CloudError)) outcomes[index] = problem;
  });

  const failed = outcomes.some((outcome) => outcome instanceof CloudError);
  const atomic = request.atomic !== false && open.zone.is_default === 0;
  // Binding references are checked over the whole batch, so one that dangles refuses the batch in either mode.
  if (failed && (atomic || dangling.size > 0)) throw new AtomicFailure(atomicAnswer(operations, outcomes));

  await finishBatch(sql, context, open, batch);
  await ledger.flush(sql);
  return answerOf(sql, context, open, request, operations, outcomes);
}

async function finishBatch(sql: Transaction, context: CallContext, open: OpenZone, batch: RecordBatch): Promise<void> {
  const changed = batch.changedRows();
  if (changed.length === 0) return;
  await saveRows(
    sql,
    changed.map((change) => change.row),
  );
  const { sources, references } = batch.referenceChanges();
  await replaceReferences(sql, open.zone.zone_id, sources, references);
  for (const [recordType, fields] of batch.newSchema()) {
    await context.services.schema.extend(sql, context.realm, recordType, fields);
  }
  await advanceZone(sql, open.zone, batch.lastSeq());
  await announceChanges(sql, context, open.zone, changed);
}

async function answerOf(
  sql: Sql,
  context: CallContext,
  open: OpenZone,
  request: ModifyRecordsRequest,
  operations: readonly Operation[],
  outcomes: readonly (Outcome | CloudError)[],
): Promise<string> {
  const items: string[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    const operation = operations[index];
    if (operation === undefined) continue;
    if (outcome instanceof CloudError) {
      items.push(outcome.item({ recordName: operation.recordName }));
    } else if (outcome.kind === 'deleted') {
      items.push(JSON.stringify({ recordName: operation.recordName, deleted: true }));
    } else if (outcome.row.record_type === shareRecordType) {
      items.push(shareJSON(context, open, outcome.row, await loadShare(sql, context, open.zone)));
    } else {
      items.push(
        recordJSON(context, open, outcome.row, {
          desiredKeys: operation.desiredKeys ?? request.desiredKeys,
          numbersAsStrings: operation.numbersAsStrings ?? request.numbersAsStrings,
        }),
      );
    }
  }
  return `{"records":[${items.join(',')}]}`;
}

function atomicAnswer(operations: readonly Operation[], outcomes: readonly (Outcome | CloudError)[]): string {
  const innocent = new CloudError('ATOMIC_ERROR', 'another operation of this atomic batch failed');
  const items = outcomes.map((outcome, index) =>
    (outcome instanceof CloudError ? outcome : innocent).item({ recordName: operations[index]?.recordName }),
  );
  return `{"records":[${items.join(',')}]}`;
}

/** The one zone a request writes to; some clients name it in each record instead. */
function addressedZone(context: CallContext, request: ModifyRecordsRequest): ZoneIDInput | undefined {
  let addressed = request.zoneID;
  for (const { record } of request.operations) {
    if (record.zoneID === undefined) continue;
    addressed ??= record.zoneID;
    const a = zoneOwnerOf(context, addressed);
    const b = zoneOwnerOf(context, record.zoneID);
    if (a.name !== b.name || a.owner !== b.owner) throw badRequest('all operations of a request must be in one zone');
  }
  return addressed;
}

function nameOperations(context: CallContext, request: ModifyRecordsRequest): Operation[] {
  const seen = new Set<string>();
  return request.operations.map((operation) => {
    // Of a share only the type need be said: without its one name the record there is would be neither seen nor kept.
    const isShare = operation.record.recordType?.toLowerCase() === shareRecordType;
    const recordName = operation.record.recordName ?? (isShare ? shareRecordName : randomUUID(context.services.random));
    if (seen.has(recordName)) throw badRequest('one operation per record per request', { recordName });
    seen.add(recordName);
    return { ...operation, recordName };
  });
}

function receiptsIn(operations: readonly Operation[]): string[] {
  const receipts: string[] = [];
  const collect = (value: unknown): void => {
    if (typeof value === 'object' && value !== null && 'receipt' in value && typeof value.receipt === 'string') {
      receipts.push(value.receipt);
    }
  };
  for (const { record } of operations) {
    for (const field of Object.values(record.fields ?? {})) {
      if (Array.isArray(field.value)) field.value.forEach(collect);
      else collect(field.value);
    }
  }
  return receipts;
}
