import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ContainerServer } from '../../server/containerServer.ts';
import type { Database } from '../../server/database/database.ts';
import { openPostgresDatabase } from '../../server/database/postgres/postgresDatabase.ts';
import { openSqliteDatabase } from '../../server/database/sqlite/sqliteDatabase.ts';
import { startTestPostgres } from '../helpers/embeddedPostgres.ts';
import type { TestPostgres } from '../helpers/embeddedPostgres.ts';
import { createTestContainer, makePerson, quickPasswords } from '../helpers/testServer.ts';
import type { TestPerson } from '../helpers/testServer.ts';
import { createWireClient, sendInto } from '../helpers/wireClient.ts';
import type { Wire, WireClient } from '../helpers/wireClient.ts';

/* Argon2id takes its time. Whoever waits for the database must not wait for that as well. */

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.stop());

interface Situation {
  readonly container: ContainerServer;
  readonly ana: WireClient & TestPerson;
  readonly ben: WireClient & TestPerson;
  /** What was hashed or compared, oldest first, and how many writes were open then. */
  readonly slow: { readonly what: string; readonly openWrites: number }[];
}

let container: ContainerServer | undefined;
afterEach(() => container?.dispose());

async function situation(database: Database): Promise<Situation> {
  let openWrites = 0;
  const slow: { what: string; openWrites: number }[] = [];
  const made = await createTestContainer({
    database: {
      ...database,
      write: (work, options) =>
        database.write(async (sql) => {
          openWrites += 1;
          try {
            return await work(sql);
          } finally {
            openWrites -= 1;
          }
        }, options),
    },
    passwords: {
      hash: (password) => {
        slow.push({ what: `hash ${password}`, openWrites });
        return quickPasswords.hash(password);
      },
      verify: (hash, password) => {
        slow.push({ what: `verify ${password}`, openWrites });
        return quickPasswords.verify(hash, password);
      },
    },
    config: { publicURL: 'http://server.test', rateLimits: { linkTries: 2 } },
  });
  container = made;
  const meet = async (name: string): Promise<WireClient & TestPerson> => {
    const person = await makePerson(made, name);
    return { ...person, ...createWireClient(sendInto(made), person.token) };
  };
  const ana = await meet('Ana');
  const ben = await meet('Ben');
  await ana.call('private', 'zones/modify', {
    operations: [{ operationType: 'create', zone: { zoneID: { zoneName: 'trip' } } }],
  });
  const share = {
    recordType: 'cloudkit.share',
    recordName: 'cloudkit.zoneshare',
    fields: { 'cloudkit.title': { value: 'Trip' } },
    publicPermission: 'NONE',
  };
  await ana.call('private', 'records/modify', {
    zoneID: { zoneName: 'trip' },
    operations: [{ operationType: 'create', record: share }],
  });
  slow.length = 0;
  return { container: made, ana, ben, slow };
}

const key = (text: string): Record<string, string> => ({ 'idempotency-key': text });

const makeLink = async (person: WireClient, password: string, headers?: Record<string, string>): Promise<Wire> =>
  person.extension(
    'links/modify',
    { zoneID: { zoneName: 'trip' }, operations: [{ operationType: 'create', link: { role: 'VIEWER', password } }] },
    headers,
  );

const wantedBy = (link: Wire, linkPassword: string): Wire => ({
  shortGUIDs: [{ value: link.shortGUID, linkSecret: /#k=([^&]+)/.exec(link.url as string)?.[1], linkPassword }],
});

describe.each([
  ['SQLite', async (): Promise<Database> => openSqliteDatabase({ path: ':memory:' })],
  [
    'PostgreSQL',
    async (): Promise<Database> => openPostgresDatabase({ url: await postgres.newDatabase(), poolSize: 4 }),
  ],
] as const)('passwords of links on %s', (_, open) => {
  test('of a link that is made with an Idempotency-Key, the password is hashed before any write is open, and once', async () => {
    const { ana, slow } = await situation(await open());
    const first = await makeLink(ana, 'open sesame', key('a-link-with-a-password'));
    expect(first.body.links[0].hasPassword).toBe(true);
    const again = await makeLink(ana, 'open sesame', key('a-link-with-a-password'));
    expect(again.body).toEqual(first.body);
    expect(slow).toEqual([{ what: 'hash open sesame', openWrites: 0 }]);
  });

  test('a join with an Idempotency-Key compares its password before any write is open, and a repeat compares nothing', async () => {
    const { ana, ben, slow } = await situation(await open());
    const link = (await makeLink(ana, 'open sesame')).body.links[0];
    slow.length = 0;
    const join = async (password: string, text: string): Promise<Wire> =>
      (await ben.call('public', 'records/accept', wantedBy(link, password), key(text))).body.results[0];
    const refused = await join('a guess', 'the-first-try');
    expect(refused.serverErrorCode).toBe('NOT_FOUND');
    const joined = await join('open sesame', 'the-second-try');
    expect(joined.participantStatus).toBe('ACCEPTED');
    // Both tries are spent. A repeat is none: it is answered as before.
    expect(await join('a guess', 'the-first-try')).toEqual(refused);
    expect(await join('open sesame', 'the-second-try')).toEqual(joined);
    expect((await join('open sesame', 'the-third-try')).serverErrorCode).toBe('THROTTLED');
    expect(slow).toEqual([
      { what: 'verify a guess', openWrites: 0 },
      { what: 'verify open sesame', openWrites: 0 },
    ]);
  });

  test('two requests at once with one Idempotency-Key make one link and are answered alike', async () => {
    const { ana } = await situation(await open());
    const [one, two] = await Promise.all([
      makeLink(ana, 'open sesame', key('the-link-of-the-trip')),
      makeLink(ana, 'open sesame', key('the-link-of-the-trip')),
    ]);
    expect(one.status).toBe(200);
    expect(two.body).toEqual(one.body);
    const listed = await ana.extension('links/list', { zoneID: { zoneName: 'trip' } });
    expect(listed.body.links).toHaveLength(1);
  });

  test('an Idempotency-Key used for another request, or no key at all, is refused before anything is hashed', async () => {
    const { ana, slow } = await situation(await open());
    await makeLink(ana, 'open sesame', key('a-link-with-a-password'));
    slow.length = 0;
    expect((await makeLink(ana, 'another one', key('a-link-with-a-password'))).body).toMatchObject({
      serverErrorCode: 'BAD_REQUEST',
      reason: 'this Idempotency-Key was used for another request',
    });
    expect((await makeLink(ana, 'another one', key('short'))).body.serverErrorCode).toBe('BAD_REQUEST');
    expect(slow).toEqual([]);
  });

  test('passwords for links of a share somebody does not manage are not hashed', async () => {
    const { ana, ben, slow } = await situation(await open());
    const answer = await ben.extension(
      'links/modify',
      {
        zoneID: { zoneName: 'trip', ownerRecordName: ana.userName },
        operations: [{ operationType: 'create', link: { role: 'VIEWER', password: 'open sesame' } }],
      },
      key('a-link-of-a-stranger'),
    );
    expect(answer.body.serverErrorCode).toBe('ZONE_NOT_FOUND');
    expect(slow).toEqual([]);
  });
});
