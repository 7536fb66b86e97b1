import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ContainerServer } from '../../server/containerServer.ts';
import type { Database, Transaction } from '../../server/database/database.ts';
import { openSqliteDatabase } from '../../server/database/sqlite/sqliteDatabase.ts';
import { createTestContainer, type Letter, makePerson, testContainer } from '../helpers/testServer.ts';
import { createWireClient, sendInto, type Answer, type Wire, type WireClient } from '../helpers/wireClient.ts';

/* What a request does outside the database, when the transaction that also keeps its answer cannot be committed. */

let container: ContainerServer;
let ana: WireClient;
let letters: Letter[];
/** Runs at the end of the next transaction, before its commit; what it throws undoes all of it. */
let beforeCommit: ((sql: Transaction) => Promise<void>) | undefined;
/** Letters sent before the transaction that called for them had committed. */
let early: number;

function interruptible(database: Database): Database {
  return {
    ...database,
    write: (work) =>
      database.write(async (sql) => {
        const result = await work(sql);
        const interrupt = beforeCommit;
        beforeCommit = undefined;
        early += letters.length;
        await interrupt?.(sql);
        return result;
      }),
  };
}

const diskFull = (): never => {
  throw new Error('database or disk is full');
};

beforeEach(async () => {
  letters = [];
  early = 0;
  beforeCommit = undefined;
  container = await createTestContainer({
    database: interruptible(openSqliteDatabase({ path: ':memory:' })),
    clock: () => 1_750_000_000_000,
    mail: { send: async (letter) => void letters.push(letter) },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  const person = await makePerson(container, 'Ana');
  ana = createWireClient(sendInto(container), person.token);
  const made = await ana.call('private', 'zones/modify', {
    operations: [{ operationType: 'create', zone: { zoneID: { zoneName: 'trip' } } }],
  });
  expect(made.status).toBe(200);
});
afterEach(() => container.dispose());

const modify = async (operation: Wire, key?: string): Promise<Answer> => {
  const answer = await ana.call(
    'private',
    'records/modify',
    { zoneID: { zoneName: 'trip' }, operations: [operation] },
    key === undefined ? {} : { 'idempotency-key': key },
  );
  await container.services.letters.idle();
  return answer;
};
const share = {
  operationType: 'create',
  record: {
    recordType: 'cloudkit.share',
    recordName: 'cloudkit.zoneshare',
    fields: { 'cloudkit.title': { value: 'Trip' } },
    publicPermission: 'NONE',
    participants: [
      {
        type: 'USER',
        permission: 'READ_ONLY',
        rights: [],
        userIdentity: { lookupInfo: { emailAddress: 'ben@example.org' } },
      },
    ],
  },
};
const note = (value: unknown): Wire => ({
  operationType: 'create',
  record: { recordName: 'one', recordType: 'Note', fields: { size: { value } } },
});

test.each(['with', 'without'])(
  'a share %s an Idempotency-Key that could not be committed sends no invitation; made again, it sends one',
  async (which) => {
    const key = which === 'with' ? 'the-share-of-the-trip' : undefined;
    beforeCommit = async () => diskFull();
    expect((await modify(share, key)).status).toBe(500);
    expect(letters).toEqual([]);
    expect((await modify(share, key)).status).toBe(200);
    expect(letters.map(({ to }) => to)).toEqual(['ben@example.org']);
    expect(early).toBe(0);
  },
);

test('a share that is asked for twice with one Idempotency-Key sends its invitation once', async () => {
  const first = await modify(share, 'the-share-of-the-trip');
  const second = await modify(share, 'the-share-of-the-trip');
  expect(second.body).toEqual(first.body);
  expect(letters).toHaveLength(1);
});

test('a share in a batch that is refused as a whole sends no invitation, although the answer is kept', async () => {
  const answer = await ana.call(
    'private',
    'records/modify',
    {
      zoneID: { zoneName: 'trip' },
      operations: [share, { operationType: 'delete', record: { recordName: 'nobody', recordType: 'Note' } }],
    },
    { 'idempotency-key': 'a-batch-that-fails' },
  );
  expect(answer.body.records.map((one: Wire) => one.serverErrorCode)).toEqual(['ATOMIC_ERROR', 'NOT_FOUND']);
  await container.services.letters.idle();
  expect(letters).toEqual([]);
});

test.each(['with', 'without'])(
  'a record type that a request %s an Idempotency-Key made and could not commit may be made with other fields',
  async (which) => {
    const key = (name: string): string | undefined => (which === 'with' ? name : undefined);
    const realm = {
      container: testContainer,
      environment: 'development' as const,
      key: `${testContainer}/development`,
    };
    let seen: unknown;
    beforeCommit = async (sql) => {
      seen = await container.services.schema.lookup(sql, realm, 'Note');
      diskFull();
    };
    expect((await modify(note('large'), key('note-as-text'))).status).toBe(500);
    expect(seen).toEqual(new Map([['size', 'STRING']]));
    const answer = await modify(note(3), key('note-as-number'));
    expect(answer.body.records[0]).toMatchObject({ recordName: 'one', fields: { size: { value: 3, type: 'INT64' } } });
  },
);
