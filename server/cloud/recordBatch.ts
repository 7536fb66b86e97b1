import { makerField, trashedField } from '../../shared/shareRights.ts';
import type { ModifyRecordsRequest, RecordInput, WireAsset, FieldType } from '../../shared/cloud/wireRecords.ts';
import type { Transaction } from '../database/database.ts';
import { loadHeads } from './boundedRows.ts';
import type { RecordHead } from './boundedRows.ts';
import { CloudError, badRequest, overLimit } from './cloudError.ts';
import type { CallContext } from './context.ts';
import { assetsOf, bindingReferences, checkField, checkFieldName } from './fieldValues.ts';
import type { CheckedField } from './fieldValues.ts';
import type { AssetLedger } from './recordAssets.ts';
import { hasAssetsFlag, hasReferencesFlag, parseFields, recordJSON } from './recordRows.ts';
import type { RecordRow, StoredFields } from './recordRows.ts';
import { countSources, maxSourcesPerTarget, referencesTo } from './references.ts';
import type { BindingReference } from './references.ts';
import { missingRight } from './rights.ts';
import type { RecordAct } from './rights.ts';
import { maxFieldsPerType } from './schema.ts';
import type { TypeSchema } from './schema.ts';
import type { OpenZone } from './zones.ts';

export type Operation = ModifyRecordsRequest['operations'][number] & { readonly recordName: string };

export type Outcome = { readonly kind: 'saved'; readonly row: RecordRow } | { readonly kind: 'deleted' };

export interface RecordChange {
  readonly kind: 'create' | 'update' | 'delete';
  readonly row: RecordRow;
}

/**
 * One records/modify in memory: operations are applied in order to the rows they name, and nothing is written before
 * the whole batch has been decided.
 */
export interface RecordBatch {
  readonly sql: Transaction;
  readonly context: CallContext;
  readonly open: OpenZone;
  /** A record the batch names as it has it now; undefined when it does not exist or is deleted. */
  current(recordName: string): RecordRow | undefined;
  /** @throws CloudError the operation's refusal; the batch is unchanged then */
  apply(operation: Operation): Promise<Outcome>;
  /** Puts a row with the next seq and tag in place (also used for share records). */
  put(row: Omit<RecordRow, 'seq' | 'tag'>): RecordRow;
  /** Checks the tag an update, replace or delete carries. @throws CloudError BAD_REQUEST, CONFLICT */
  checkTag(operation: Operation, row: RecordRow): void;
  /** Turns given fields into stored ones. @throws CloudError BAD_REQUEST */
  mergeFields(recordType: string, recordName: string, base: StoredFields, record: RecordInput): Promise<MergedFields>;
  /** Deletes a record whose creator takes it along when leaving, whatever their rights. */
  withdraw(recordName: string): Promise<void>;
  /** Records refused because a VALIDATE reference of theirs points nowhere, or because something still points at them. */
  danglingReferences(): Promise<Map<string, CloudError>>;
  changedRows(): RecordChange[];
  referenceChanges(): { sources: string[]; references: BindingReference[] };
  newSchema(): ReadonlyMap<string, ReadonlyMap<string, FieldType>>;
  lastSeq(): number;
}

export interface MergedFields {
  readonly text: string;
  readonly flags: number;
  readonly assets: ReadonlyMap<string, readonly WireAsset[]>;
  readonly references: readonly BindingReference[];
}

export function createBatch(parts: {
  readonly sql: Transaction;
  readonly context: CallContext;
  readonly open: OpenZone;
  /** The records the operations name, as they are stored. */
  readonly rows: ReadonlyMap<string, RecordRow>;
  readonly ledger: AssetLedger;
  readonly firstSeq: number;
}): RecordBatch {
  const { sql, context, open, ledger } = parts;
  const caller = context.caller.userName;
  const { recordBytes } = context.services.config.limits;
  const original = parts.rows;
  /** Records no operation names, but which references lead to. They may be many, and large: their fields stay unread. */
  const others = new Map<string, RecordHead>();
  const changed = new Map<string, RecordRow>();
  const references = new Map<string, readonly BindingReference[]>();
  const referenceSources = new Set<string>();
  const schemaAdditions = new Map<string, Map<string, FieldType>>();
  let seq = parts.firstSeq - 1;

  const current = (recordName: string): RecordRow | undefined =>
    living(changed.get(recordName) ?? original.get(recordName));

  /** The same of any record that `findHeads` was asked for. */
  const currentHead = (recordName: string): RecordHead | undefined =>
    living<RecordHead>(changed.get(recordName) ?? original.get(recordName) ?? others.get(recordName));

  const findHeads = async (names: readonly string[]): Promise<void> => {
    const unknown = names.filter((name) => !changed.has(name) && !original.has(name) && !others.has(name));
    for (const row of await loadHeads(sql, open.zone.zone_id, unknown)) others.set(row.record_name, row);
  };

  const put = (row: Omit<RecordRow, 'seq' | 'tag'>): RecordRow => {
    seq += 1;
    const placed: RecordRow = { ...row, seq, tag: `${context.epoch}.${seq.toString(36)}` };
    changed.set(row.record_name, placed);
    return placed;
  };

  const checkRight = (act: RecordAct, row: RecordHead | undefined): void => {
    const needed = missingRight(open.access, act, caller, row?.created_by);
    if (needed === undefined) return;
    const ending = open.access.role === 'participant' && open.access.ending;
    throw new CloudError(
      'ACCESS_DENIED',
      ending ? 'the owner stopped sharing this zone' : `this needs the right ${needed}`,
      {
        neededRight: needed,
      },
    );
  };

  const checkTag = (operation: Operation, row: RecordRow): void => {
    const tag = operation.record.recordChangeTag;
    if (tag === undefined) throw badRequest(`${operation.operationType} needs a recordChangeTag`);
    if (tag !== row.tag) throw withServerRecord('CONFLICT', 'oplock error: stale recordChangeTag', row);
  };

  const withServerRecord = (code: 'CONFLICT' | 'EXISTS', reason: string, row: RecordRow): CloudError =>
    new CloudError(code, reason, { serverRecord: JSON.parse(recordJSON(context, open, row)) as unknown });

  /** Asked of the database once per type and batch: a type that is new stays unknown until the batch is in. */
  const schemas = new Map<string, TypeSchema | undefined>();
  const schemaOf = async (recordType: string): Promise<TypeSchema | undefined> => {
    if (!schemas.has(recordType)) {
      schemas.set(recordType, await context.services.schema.lookup(sql, context.realm, recordType));
    }
    return schemas.get(recordType);
  };

  const knownTypes = async (recordType: string, fieldName: string): Promise<FieldType | undefined> => {
    const schema = await schemaOf(recordType);
    return schema?.get(fieldName) ?? schemaAdditions.get(recordType)?.get(fieldName);
  };

  /** Remembers a type or field the schema does not have yet, or refuses it where the schema is fixed. */
  const learn = async (recordType: string, fields: ReadonlyMap<string, FieldType>): Promise<void> => {
    const schema = await schemaOf(recordType);
    if (schema === undefined && context.realm.environment === 'production') {
      throw badRequest(`record type ${recordType} is not in the production schema; run "schema deploy"`);
    }
    const additions = new Map(schemaAdditions.get(recordType));
    for (const [name, type] of fields) {
      if (schema?.has(name) === true) continue;
      if (context.realm.environment === 'production') {
        throw badRequest(`field ${name} of ${recordType} is not in the production schema; run "schema deploy"`);
      }
      additions.set(name, type);
    }
    if ((schema?.size ?? 0) + additions.size > maxFieldsPerType) throw badRequest(`${recordType} has too many fields`);
    if (schema === undefined || additions.size > 0) schemaAdditions.set(recordType, additions);
  };

  const mergeFields: RecordBatch['mergeFields'] = async (recordType, recordName, base, record) => {
    const fields: StoredFields = Object.assign(Object.create(null) as StoredFields, base);
    const learned = new Map<string, FieldType>();
    for (const [name, input] of Object.entries(record.fields ?? {})) {
      checkFieldName(name);
      const checked = checkField(name, input, await knownTypes(recordType, name));
      if (checked === null) {
        delete fields[name];
        continue;
      }
      learned.set(name, checked.type);
      fields[name] = { value: claimAssets(ledger, recordName, name, checked), type: checked.type };
    }
    await learn(recordType, learned);
    return summarise(recordName, fields, recordBytes);
  };

  /**
   * Who added something decides who keeps it when sharing ends: other participants do not change it. A new record may name
   * somebody else: after a restore whoever is first offers what all had, and a deletion undone brings back another's row.
   */
  const refuseForgedMaker = (record: Operation['record'], before: RecordRow, keep: boolean): void => {
    const stated = parseFields(before)[makerField]?.value ?? before.created_by;
    const given = record.fields?.[makerField];
    const after = given === undefined && keep ? stated : (given?.value ?? before.created_by);
    if (after !== stated) throw new CloudError('ACCESS_DENIED', 'who added something is not for others to say');
  };

  const save = async (operation: Operation, before: RecordRow | undefined, keep: boolean): Promise<Outcome> => {
    const { record, recordName } = operation;
    refuseRecordShares(record);
    const recordType = before?.record_type ?? record.recordType;
    if (recordType === undefined) throw badRequest('recordType is needed to create a record');
    if (record.recordType !== undefined && record.recordType !== recordType) {
      throw badRequest(`this record is a ${recordType}; the type of a record never changes`);
    }
    if (/^cloudkit\./i.test(recordType) || /^cloudkit\./i.test(recordName)) {
      throw badRequest('record types and names starting with "cloudkit." are reserved');
    }
    checkRight(before === undefined ? 'create' : 'change', before);
    const base = keep && before !== undefined ? parseFields(before) : (Object.create(null) as StoredFields);
    if (before !== undefined && (!keep || record.fields?.[trashedField] !== undefined)) {
      const wasTrashed = Object.hasOwn(keep ? base : parseFields(before), trashedField);
      const isTrashed = (record.fields?.[trashedField]?.value ?? null) !== null;
      if (wasTrashed !== isTrashed) checkRight('delete', before);
    }
    if (before !== undefined && open.access.role === 'participant') refuseForgedMaker(record, before, keep);
    const merged = await mergeFields(recordType, recordName, base, record);
    const hadAssets = before !== undefined && (before.flags & hasAssetsFlag) !== 0;
    if (hadAssets || merged.assets.size > 0) ledger.replace(recordName, hadAssets, merged.assets);
    const hadReferences = before !== undefined && (before.flags & hasReferencesFlag) !== 0;
    if (hadReferences || merged.references.length > 0) {
      referenceSources.add(recordName);
      references.set(recordName, merged.references);
    }
    const device = record.deviceID ?? null;
    const row = put({
      zone_id: open.zone.zone_id,
      record_name: recordName,
      record_type: recordType,
      fields: merged.text,
      parent:
        record.parent === undefined ? (keep ? (before?.parent ?? null) : null) : (record.parent?.recordName ?? null),
      flags: merged.flags,
      deleted: 0,
      created_at: before?.created_at ?? context.now,
      created_by: before?.created_by ?? caller,
      created_device: before === undefined ? device : before.created_device,
      modified_at: context.now,
      modified_by: caller,
      modified_device: device,
    });
    return { kind: 'saved', row };
  };

  /** Deletes a record and whatever asked to be deleted with it. */
  const remove = async (first: RecordHead, checked: boolean): Promise<Outcome> => {
    const doomed = new Map<string, RecordHead>([[first.record_name, first]]);
    let frontier = [first.record_name];
    while (frontier.length > 0) {
      const pointing = await referencesTo(sql, open.zone.zone_id, frontier);
      const sources = pointing
        .filter((reference) => reference.action === 'DELETE_SELF')
        .map((reference) => reference.source);
      await findHeads(sources);
      frontier = [];
      for (const name of sources) {
        const row = currentHead(name);
        if (row === undefined || doomed.has(name) || !stillPointsAt(name, doomed)) continue;
        doomed.set(name, row);
        frontier.push(name);
      }
    }
    if (checked) for (const row of doomed.values()) checkRight('delete', row);
    await ledger.include(
      [...doomed.values()].filter((row) => (row.flags & hasAssetsFlag) !== 0).map((row) => row.record_name),
    );
    for (const row of doomed.values()) bury(row);
    return { kind: 'deleted' };
  };

  /** False when this batch already took the reference out of the source. */
  const stillPointsAt = (source: string, targets: ReadonlyMap<string, RecordHead>): boolean => {
    const rewritten = references.get(source);
    return rewritten === undefined || rewritten.some((reference) => targets.has(reference.target));
  };

  const bury = (row: RecordHead): void => {
    if ((row.flags & hasAssetsFlag) !== 0) ledger.replace(row.record_name, true, new Map());
    if ((row.flags & hasReferencesFlag) !== 0) {
      referenceSources.add(row.record_name);
      references.set(row.record_name, []);
    }
    put({
      ...row,
      fields: '{}',
      parent: null,
      flags: 0,
      deleted: 1,
      modified_at: context.now,
      modified_by: caller,
      modified_device: null,
    });
  };

  const apply = async (operation: Operation): Promise<Outcome> => {
    const before = current(operation.recordName);
    switch (operation.operationType) {
      case 'create':
        if (before !== undefined) {
          checkRight('create', undefined);
          throw withServerRecord('EXISTS', 'record to insert already exists', before);
        }
        return save(operation, undefined, false);
      case 'update':
      case 'replace':
        if (before === undefined) {
          checkRight('change', undefined);
          throw new CloudError('NOT_FOUND', 'this record does not exist');
        }
        checkRight('change', before);
        checkTag(operation, before);
        return save(operation, before, operation.operationType === 'update');
      case 'forceUpdate':
      case 'forceReplace':
        return save(operation, before, operation.operationType === 'forceUpdate');
      case 'delete':
        if (before === undefined) {
          checkRight('delete', undefined);
          throw new CloudError('NOT_FOUND', 'this record does not exist');
        }
        checkRight('delete', before);
        checkTag(operation, before);
        return remove(before, true);
      case 'forceDelete':
        if (before === undefined) return { kind: 'deleted' };
        return remove(before, true);
      default:
        throw badRequest('unknown operation');
    }
  };

  const danglingReferences: RecordBatch['danglingReferences'] = async () => {
    const problems = new Map<string, CloudError>();
    const wanted = [...references.values()].flat();
    await findHeads(wanted.map((reference) => reference.target));
    for (const reference of wanted) {
      if (reference.action === 'VALIDATE' && currentHead(reference.target) === undefined) {
        problems.set(reference.source, violated(`the record ${reference.target} it refers to does not exist`));
      }
    }
    const crowded = wanted.filter((reference) => reference.action === 'DELETE_SELF');
    const counts = await countSources(
      sql,
      open.zone.zone_id,
      crowded.map((reference) => reference.target),
    );
    for (const reference of crowded) {
      if ((counts.get(reference.target) ?? 0) + crowded.length > maxSourcesPerTarget) {
        problems.set(
          reference.source,
          badRequest(`at most ${maxSourcesPerTarget} records may be deleted with one record`),
        );
      }
    }
    const buried = [...changed.values()].filter((row) => row.deleted === 1).map((row) => row.record_name);
    for (const reference of await referencesTo(sql, open.zone.zone_id, buried)) {
      const rewritten = references.get(reference.source);
      const holds = rewritten === undefined || rewritten.some((kept) => kept.target === reference.target);
      const sourceGone = changed.get(reference.source)?.deleted === 1;
      if (reference.action === 'VALIDATE' && holds && !sourceGone) {
        problems.set(reference.target, violated(`the record ${reference.source} still refers to it`));
      }
    }
    return problems;
  };

  return {
    sql,
    context,
    open,
    current,
    apply,
    put,
    async withdraw(recordName) {
      await findHeads([recordName]);
      const known = currentHead(recordName);
      if (known !== undefined) await remove(known, false);
    },
    checkTag,
    mergeFields,
    danglingReferences,
    changedRows: () =>
      [...changed.values()].map((row) => {
        const before = original.get(row.record_name) ?? others.get(row.record_name);
        const existed = before !== undefined && before.deleted === 0;
        return { kind: row.deleted === 1 ? 'delete' : existed ? 'update' : 'create', row };
      }),
    referenceChanges: () => ({ sources: [...referenceSources], references: [...references.values()].flat() }),
    newSchema: () => schemaAdditions,
    lastSeq: () => seq,
  };

  function summarise(recordName: string, fields: StoredFields, maxBytes: number): MergedFields {
    const assets = new Map<string, readonly WireAsset[]>();
    const bound: BindingReference[] = [];
    for (const [name, field] of Object.entries(fields)) {
      const values = assetsOf(field);
      if (values.length > 0) assets.set(name, values);
      for (const reference of bindingReferences(field)) {
        bound.push({ source: recordName, target: reference.recordName, action: reference.action });
      }
    }
    const text = JSON.stringify(fields);
    if (Buffer.byteLength(text) > maxBytes) {
      throw overLimit('recordBytes', maxBytes, `a record may hold at most ${maxBytes} bytes without its assets`);
    }
    return {
      text,
      flags: (assets.size > 0 ? hasAssetsFlag : 0) | (bound.length > 0 ? hasReferencesFlag : 0),
      assets,
      references: bound,
    };
  }
}

function living<Row extends RecordHead>(row: Row | undefined): Row | undefined {
  return row === undefined || row.deleted === 1 ? undefined : row;
}

function claimAssets(ledger: AssetLedger, recordName: string, name: string, field: NonNullable<CheckedField>): unknown {
  const claim = (value: WireAsset): WireAsset => ledger.claim(recordName, name, value);
  if (field.type === 'ASSETID') return claim(field.value as WireAsset);
  if (field.type === 'ASSETID_LIST') return (field.value as WireAsset[]).map(claim);
  return field.value;
}

function refuseRecordShares(record: RecordInput): void {
  if (record.forRecord !== undefined || record.createShortGUID === true) {
    throw badRequest('record shares are not supported; share the zone');
  }
}

function violated(reason: string): CloudError {
  return new CloudError('VALIDATING_REFERENCE_ERROR', reason);
}
