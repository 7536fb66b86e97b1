import { fc } from '../helpers/properties.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatStamp } from '../../shared/cloud/hybridClock.ts';
import type { CloudItem } from '../../electron/core/sync/cloudDatabase.ts';
import { derivedRow } from '../../electron/core/sync/derivedRow.ts';
import { createLocalZones } from '../../electron/core/sync/localZones.ts';
import { createChangeQueue } from '../../electron/core/sync/changeQueue.ts';
import { createRecordApplier } from '../../electron/core/sync/recordApplier.ts';
import { createRecordMapper } from '../../electron/core/sync/recordMapper.ts';
import { createSyncMetadata } from '../../electron/core/sync/syncMetadata.ts';
import { openMemoryStore, type Store } from '../../electron/core/store/store.ts';

const fields = ['title', 'caption', 'place', 'latitude', 'trashed_at'] as const;
const epoch = 1_750_000_000_000;
let store: Store;
let count = 0;

beforeAll(() => {
  store = openMemoryStore({ now: () => epoch, newId: () => '018bcfe5-6800-7000-8000-000000000001' });
});
afterAll(() => store.dispose());

/** Edits of one field each, within the drift cap: who, when, what. Two different edits never carry one stamp. */
const edits = fc.uniqueArray(
  fc.record({
    field: fc.constantFrom(...fields),
    at: fc.integer({ min: 0, max: 299_000 }),
    node: fc.constantFrom('a', 'b', 'c'),
    value: fc.integer({ min: 0, max: 5 }),
  }),
  { minLength: 3, maxLength: 3, selector: ({ field, at, node }) => `${field} ${at} ${node}` },
);

/** The record as a device that made this edit alone would have sent it. */
function version(id: string, edit: { field: string; at: number; node: string; value: number }): CloudItem {
  const stamp = formatStamp({ ms: epoch + edit.at, counter: 0, node: edit.node });
  const text = edit.field !== 'latitude' && edit.field !== 'trashed_at';
  return {
    recordName: id,
    recordType: 'Photo',
    recordChangeTag: 't',
    modified: { timestamp: epoch, userRecordName: '_ana' },
    created: { timestamp: epoch, userRecordName: '_ana' },
    fields: {
      kind: { value: 'photo', type: 'STRING' },
      media_type: { value: 'image', type: 'STRING' },
      file_name: { value: 'a.jpg', type: 'STRING' },
      [edit.field]: { value: text ? `v${edit.value}` : edit.value, type: text ? 'STRING' : 'INT64' },
      stamps: {
        value: JSON.stringify({ '*': formatStamp({ ms: epoch - 1, counter: 0, node: 'a' }), [edit.field]: stamp }),
        type: 'STRING',
      },
    },
  };
}

/** Applies versions in an order and reads the row. */
function outcome(order: readonly CloudItem[]): unknown {
  count += 1;
  const id = `photo-${count}`;
  const { connection } = store;
  const metadata = createSyncMetadata(connection);
  const zones = createLocalZones(connection, () => epoch);
  const mapper = createRecordMapper(connection, () => '_ana', derivedRow);
  const applier = createRecordApplier({
    store,
    metadata,
    mapper,
    queue: createChangeQueue({ metadata, now: () => epoch }),
    now: () => epoch,
    onAsset: () => undefined,
    firstTag: () => undefined,
    onStray: () => undefined,
    onStamp: () => undefined,
    zoneName: (zone) => zone,
    isMine: () => true,
  });
  const zone = zones.byId('library');
  if (zone === undefined) throw new Error('no library zone');
  for (const record of order) {
    store.transaction('sync', () => applier.save({ ...record, recordName: id }, zone));
  }
  return Object.fromEntries(fields.map((field) => [field, mapper.row('Photo', id)?.[field]]));
}

const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

test('three edits give the same row in every order, and repeating them changes nothing', () => {
  fc.assert(
    fc.property(edits, (three) => {
      const versions = three.map((one) => version('x', one));
      const pick = (index: number): CloudItem => {
        const found = versions[index];
        if (found === undefined) throw new Error('no such version');
        return found;
      };
      const results = orders.map((order) => outcome(order.map(pick)));
      for (const result of results) expect(result).toEqual(results[0]);
      expect(outcome([...versions, ...versions, ...versions])).toEqual(results[0]);
    }),
    { numRuns: 150, seed: 42 },
  );
});
