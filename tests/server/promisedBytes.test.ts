import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ContainerServer } from '../../server/containerServer.ts';
import type { Database } from '../../server/database/database.ts';
import { openPostgresDatabase } from '../../server/database/postgres/postgresDatabase.ts';
import { startTestPostgres } from '../helpers/embeddedPostgres.ts';
import type { TestPostgres } from '../helpers/embeddedPostgres.ts';
import { createTestContainer, makePerson } from '../helpers/testServer.ts';
import type { TestPerson } from '../helpers/testServer.ts';
import { createWireClient, sendInto } from '../helpers/wireClient.ts';
import type { Answer, Wire, WireClient } from '../helpers/wireClient.ts';

/* Bytes promised to somebody while the clean-up is at them. On SQLite one transaction waits for the other's end; on
   PostgreSQL they run side by side, and neither sees what the other has not committed. */

let postgres: TestPostgres;
let container: ContainerServer;
let ana: WireClient & TestPerson;
/** Waited for at the end of a transaction that promised bytes, before its commit. */
let beforeCommit: (() => Promise<void>) | undefined;
const zoneID = { zoneName: 'z' };
const ways = ['assets/upload', 'assets/rereference'] as const;

function interruptible(database: Database): Database {
  return {
    ...database,
    write: (work) =>
      database.write(async (sql) => {
        let promises = false;
        const result = await work({
          ...sql,
          run: (text, parameters) => {
            promises ||= text.includes('INTO uploads');
            return sql.run(text, parameters);
          },
        });
        if (promises) await beforeCommit?.();
        return result;
      }),
  };
}

beforeAll(async () => {
  postgres = await startTestPostgres();
  container = await createTestContainer({
    database: interruptible(await openPostgresDatabase({ url: await postgres.newDatabase() })),
  });
  const person = await makePerson(container, 'Ana');
  ana = { ...person, ...createWireClient(sendInto(container), person.token) };
  await ana.call('private', 'zones/modify', { operations: [{ operationType: 'create', zone: { zoneID } }] });
});
afterAll(async () => {
  await container?.dispose();
  await postgres?.stop();
});

const save = async (operation: Wire): Promise<Wire> =>
  (await ana.call('private', 'records/modify', { zoneID, operations: [operation] })).body.records[0];
const photo = (recordName: string, value: Wire): Wire => ({
  operationType: 'create',
  record: { recordName, recordType: 'Photo', fields: { data: { value } } },
});
/** A photo in the zone, whose bytes nothing else refers to; their hash. */
const keptPhoto = async (recordName: string): Promise<Buffer> => {
  const body = `the picture ${recordName}`;
  const token = { recordType: 'Photo', recordName, fieldName: 'data' };
  const { tokens } = (await ana.call('private', 'assets/upload', { zoneID, tokens: [token] })).body;
  const sent = await ana.send({ method: 'POST', path: tokens[0].url as string, headers: {}, body });
  expect((await save(photo(recordName, sent.body.singleFile))).serverErrorCode).toBeUndefined();
  await container.services.database.write((sql) => sql.run('UPDATE uploads SET expires_at = 1'));
  return createHash('sha256').update(body).digest();
};
/** Asks for the bytes of a photo without sending them. */
const askFor = async (way: (typeof ways)[number], recordName: string, digest: Buffer): Promise<Wire> => {
  const name = { recordName, fieldName: 'data' };
  const answer: Answer =
    way === 'assets/rereference'
      ? await ana.call('private', way, { zoneID, assets: [name] })
      : await ana.call('private', way, {
          zoneID,
          tokens: [{ ...name, recordType: 'Photo', sha256: digest.toString('base64') }],
        });
  return way === 'assets/rereference' ? answer.body.assets[0] : answer.body.tokens[0];
};
/** Waits until the work has ended or stands still behind another transaction. @returns whether it has ended */
const endedOrWaiting = async (work: Promise<unknown>, waitingBefore: number): Promise<boolean> => {
  let ended = false;
  const done = (): void => {
    ended = true;
  };
  work.then(done, done);
  const waiting = (): Promise<number> =>
    container.services.database.read(
      async (sql) =>
        (await sql.get<{ n: number }>(`SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock'`))
          ?.n ?? 0,
    );
  await expect.poll(async () => ended || (await waiting()) > waitingBefore).toBe(true);
  return ended;
};

test.each(ways)('bytes promised by %s stay, although their last record goes before the promise is in', async (way) => {
  const recordName = `going ${way}`;
  const digest = await keptPhoto(recordName);
  const reached = Promise.withResolvers<undefined>();
  const gate = Promise.withResolvers<undefined>();
  beforeCommit = async () => {
    reached.resolve(undefined);
    await gate.promise;
  };
  const asking = askFor(way, recordName, digest);
  await reached.promise;
  beforeCommit = undefined;
  const deletion = save({ operationType: 'forceDelete', record: { recordName } });
  const isDeleted = await endedOrWaiting(deletion, 0);
  const round = container.maintain();
  await endedOrWaiting(round, isDeleted ? 0 : 1);
  gate.resolve(undefined);
  const promised = await asking;
  await Promise.all([deletion, round]);
  await container.maintain();

  expect(await container.services.assets.exists(digest.toString('hex'))).toBe(true);
  const kept = await save(photo(`kept ${way}`, way === 'assets/upload' ? promised.existing : promised));
  expect(kept.fields.data.value.size).toBe(`the picture ${recordName}`.length);
});

test.each([
  ['assets/upload', { url: expect.any(String) }],
  ['assets/rereference', { serverErrorCode: 'NOT_FOUND' }],
] as const)('bytes that are being removed are not promised by %s', async (way, answer) => {
  const recordName = `gone ${way}`;
  const digest = await keptPhoto(recordName);
  const sha256 = digest.toString('base64');
  const locked = Promise.withResolvers<undefined>();
  const gate = Promise.withResolvers<undefined>();
  const collector = container.services.database.write(async (sql) => {
    await sql.get(`SELECT sha256 FROM blobs WHERE sha256 = ?${sql.forUpdate}`, [sha256]);
    locked.resolve(undefined);
    await gate.promise;
    await container.services.assets.remove(digest.toString('hex'));
    await sql.run('DELETE FROM blobs WHERE sha256 = ?', [sha256]);
  });
  await locked.promise;
  const asking = askFor(way, recordName, digest);
  await endedOrWaiting(asking, 0);
  gate.resolve(undefined);
  await collector;
  const promised = await asking;
  expect(promised).toMatchObject(answer);
  expect(promised.existing).toBeUndefined();
});
