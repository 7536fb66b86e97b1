import type BetterSqlite3 from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database, Sql } from '../../server/database/database.ts';
import { migrations } from '../../server/database/migrations.ts';
import type { Migration } from '../../server/database/migrations.ts';
import { openPostgresDatabase } from '../../server/database/postgres/postgresDatabase.ts';
import { openSqliteDatabase } from '../../server/database/sqlite/sqliteDatabase.ts';
import { startTestPostgres } from '../helpers/embeddedPostgres.ts';
import type { TestPostgres } from '../helpers/embeddedPostgres.ts';
import { createTestContainer, makePerson } from '../helpers/testServer.ts';
import { createWireClient, sendInto } from '../helpers/wireClient.ts';

/* What the server reads and writes to know which room was promised, as it grows. */

const dialects: Sql['dialect'][] = ['sqlite', 'postgres'];
const day = 24 * 60 * 60_000;
let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.stop());

test.each(dialects)(
  'uploads begun under the version before go on, as granted when they were begun, on %s',
  async (dialect) => {
    const opened: Database[] = [];
    let copy: Buffer | undefined;
    const url = dialect === 'postgres' ? await postgres.newDatabase() : '';
    const open = async (all: readonly Migration[]): Promise<Database> => {
      const database =
        dialect === 'postgres'
          ? await openPostgresDatabase({ url, migrations: all })
          : openSqliteDatabase({ path: copy ?? ':memory:', migrations: all, onOpen: (one) => (connection = one) });
      opened.push(database);
      await database.migrate();
      return database;
    };
    let connection: BetterSqlite3.Database | undefined;
    const before = await open(migrations.slice(0, 2));
    await before.write((sql) =>
      sql.run(
        `INSERT INTO uploads (upload_id, realm, user_name, zone_id, record_name, field_name, resumable, state, expires_at)
       VALUES ('u', 'r', 'o', 1, 'a', 'data', 1, 'open', ?)`,
        [10 * day],
      ),
    );
    copy = connection?.serialize();
    const after = await open(migrations);
    expect(await after.read((sql) => sql.get('SELECT upload_id, granted_at, expires_at FROM uploads'))).toEqual({
      upload_id: 'u',
      granted_at: 9 * day,
      expires_at: 10 * day,
    });
    for (const database of opened) await database.dispose();
  },
);

test('the room of one owner is read without the uploads of everybody else', async () => {
  let connection: BetterSqlite3.Database | undefined;
  const container = await createTestContainer({
    database: openSqliteDatabase({ path: ':memory:', onOpen: (opened) => (connection = opened) }),
  });
  const open = connection;
  if (open === undefined) throw new Error('The database was not opened');
  const statements = new Set<string>();
  const prepare = open.prepare.bind(open);
  Object.assign(open, {
    prepare: (sql: string) => {
      statements.add(sql);
      return prepare(sql);
    },
  });
  const person = await makePerson(container, 'Ana');
  const ana = { ...person, ...createWireClient(sendInto(container), person.token) };
  const zoneID = { zoneName: 'z' };
  await ana.call('private', 'zones/modify', { operations: [{ operationType: 'create', zone: { zoneID } }] });
  const token = { recordType: 'Photo', recordName: 'a', fieldName: 'data' };
  const ask = async (more: object = {}) =>
    (await ana.call('private', 'assets/upload', { zoneID, tokens: [{ ...token, ...more }] })).body.tokens[0];
  const sent = await ana.send({ method: 'POST', path: (await ask()).url as string, headers: {}, body: 'a photo' });
  await ana.call('private', 'records/modify', {
    zoneID,
    operations: [
      {
        operationType: 'create',
        record: { ...token, fields: { data: { value: sent.body.singleFile } } },
      },
    ],
  });
  const sha256 = prepare('SELECT sha256 FROM blobs').pluck().get();
  expect((await ask({ sha256 })).existing).toBeTruthy();
  await ana.call('private', 'assets/rereference', { zoneID, assets: [{ recordName: 'a', fieldName: 'data' }] });
  await ana.call('private', 'zones/modify', { operations: [{ operationType: 'delete', zone: { zoneID } }] });
  const steps = [...statements]
    .filter((sql) => /\buploads\b/.test(sql) && !sql.startsWith('INSERT'))
    .flatMap((sql) => {
      const parameters = (sql.match(/\?/g) ?? []).map(() => null);
      const plan = prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[];
      return plan.map(({ detail }) => detail).filter((detail) => /\b(uploads|u)\b/.test(detail));
    });
  expect([...new Set(steps)].sort()).toEqual([
    'SEARCH u USING INDEX sqlite_autoindex_uploads_1 (upload_id=?)',
    'SEARCH u USING INDEX uploads_zone (zone_id=? AND expires_at>?)',
    'SEARCH uploads USING INDEX sqlite_autoindex_uploads_1 (upload_id=?)',
    'SEARCH uploads USING INDEX uploads_blob (sha256=?)',
  ]);
  await container.dispose();
});
