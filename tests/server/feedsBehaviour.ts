import { expect, test } from 'vitest';
import type { TestServer } from '../helpers/testServer.ts';
import { createWireClient, sendOver } from '../helpers/wireClient.ts';
import type { Wire } from '../helpers/wireClient.ts';
import { createBehaviourKit } from './behaviourKit.ts';

/** Feeds, epochs, schema, references, repeats and pushes, on whatever the server stores in. */
export function feedsBehaviour(start: () => Promise<TestServer>): void {
  const kit = createBehaviourKit(start);
  const { meet, ok, makeZone, save, create, shared } = kit;

  test('a repeated request with one Idempotency-Key happens once and answers the same', async () => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    const body = {
      zoneID: { zoneName: 'z' },
      operations: [{ operationType: 'create', record: { recordType: 'Photo', fields: {} } }],
    };
    const headers = { 'idempotency-key': `key-${ana.userName}-00000001` };
    const answers = await Promise.all([1, 2, 3].map(() => ok(ana.call('private', 'records/modify', body, headers))));
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    expect(
      (await ok(ana.call('private', 'records/query', { zoneID: { zoneName: 'z' }, query: { recordType: 'Photo' } })))
        .records,
    ).toHaveLength(1);
    expect(
      (await ana.call('private', 'records/modify', { ...body, atomic: false }, headers)).body.serverErrorCode,
    ).toBe('BAD_REQUEST');
  });

  test('an atomic batch that fails leaves nothing behind, with an Idempotency-Key as without one', async () => {
    const ana = await meet('ana');
    await makeZone(ana, 'atomic');
    const body = {
      zoneID: { zoneName: 'atomic' },
      operations: [
        {
          operationType: 'create',
          record: {
            recordType: 'cloudkit.share',
            recordName: 'cloudkit.zoneshare',
            publicPermission: 'NONE',
            fields: {},
          },
        },
        { operationType: 'update', record: { recordName: 'nowhere', recordType: 'Photo', fields: {} } },
      ],
    };
    const headers = { 'idempotency-key': `key-${ana.userName}-atomic-01` };
    const { records } = await ok(ana.call('private', 'records/modify', body, headers));
    expect(records.map((record: Wire) => record.serverErrorCode)).toEqual(['ATOMIC_ERROR', 'NOT_FOUND']);
    const shares = await kit.server.container.services.database.read((sql) =>
      sql.all(
        `SELECT 1 AS one FROM shares JOIN zones ON zones.zone_id = shares.zone_id WHERE zones.owner = ? AND zones.name = 'atomic'`,
        [ana.userName],
      ),
    );
    expect(shares).toEqual([]);
  });

  test('an answer kept for repeats cannot be read in the database, and neither can its Idempotency-Key', async () => {
    const { ana } = await shared('z', ['ADD']);
    const key = `key-${ana.userName}-sealed-0001`;
    const body = { zoneID: { zoneName: 'z' }, operations: [create('a canary in the database')] };
    const first = await ok(ana.call('private', 'records/modify', body, { 'idempotency-key': key }));
    const rows = await kit.server.container.services.database.read((sql) =>
      sql.all<{ key: string; body: string }>('SELECT key, body FROM idempotency WHERE user_name = ?', [ana.userName]),
    );
    expect(rows).toHaveLength(1);
    const kept = JSON.stringify(rows) + Buffer.from(rows[0]?.body ?? '', 'base64').toString('latin1');
    expect(kept).not.toContain('canary');
    expect(kept).not.toContain(key);
    expect(await ok(ana.call('private', 'records/modify', body, { 'idempotency-key': key }))).toEqual(first);
  });

  test('a zone whose old deletions are forgotten can be read from its beginning, a page at a time', async () => {
    const ana = await meet('ana');
    const zoneID = { zoneName: 'purged' };
    await makeZone(ana, 'purged');
    await save(ana, 'private', zoneID, [create('a'), create('b'), create('c'), create('gone')]);
    const page = async (syncToken?: string): Promise<Wire> =>
      (
        await ok(
          ana.call('private', 'changes/zone', {
            zones: [{ zoneID, resultsLimit: 2, ...(syncToken === undefined ? {} : { syncToken }) }],
          }),
        )
      ).zones[0];
    const old = (await page()).syncToken;
    await save(ana, 'private', zoneID, [{ operationType: 'forceDelete', record: { recordName: 'gone' } }]);
    await kit.server.container.services.database.write((sql) =>
      sql.run(`UPDATE records SET modified_at = 0 WHERE record_name = 'gone' AND deleted = 1`),
    );
    await kit.server.container.maintain();

    expect(await page(old)).toMatchObject({ serverErrorCode: 'CHANGE_TOKEN_EXPIRED', expiredBecause: 'RETENTION' });
    const first = await page();
    expect(first).toMatchObject({ moreComing: true, records: [{ recordName: 'a' }, { recordName: 'b' }] });
    const second = await page(first.syncToken);
    expect(second).toMatchObject({ moreComing: false, records: [{ recordName: 'c' }] });
    expect(await page(second.syncToken)).toMatchObject({ moreComing: false, records: [] });
  });

  test('a reading from the beginning ends behind the deletions it leaves out', async () => {
    const ana = await meet('ana');
    const zoneID = { zoneName: 'emptied' };
    await makeZone(ana, 'emptied');
    await save(ana, 'private', zoneID, [create('a'), create('b')]);
    const read = async (syncToken?: string): Promise<Wire> =>
      (
        await ok(
          ana.call('private', 'changes/zone', {
            zones: [{ zoneID, ...(syncToken === undefined ? {} : { syncToken }) }],
          }),
        )
      ).zones[0];
    await save(ana, 'private', zoneID, [{ operationType: 'forceDelete', record: { recordName: 'b' } }]);
    const some = await read();
    expect(some).toMatchObject({ moreComing: false, records: [{ recordName: 'a' }] });
    expect((await read(some.syncToken)).records).toEqual([]);
    await save(ana, 'private', zoneID, [{ operationType: 'forceDelete', record: { recordName: 'a' } }]);
    expect((await read(some.syncToken)).records).toMatchObject([{ recordName: 'a', deleted: true }]);
    const none = await read();
    expect(none.records).toEqual([]);
    expect((await read(none.syncToken)).records).toEqual([]);
  });

  test('a zone that is gone is told of with and without a token, and not where one was made again under its name', async () => {
    const ana = await meet('ana');
    const from = (await ok(ana.call('private', 'changes/database', {}))).syncToken as string;
    for (const name of ['gone', 'again']) {
      await makeZone(ana, name);
      const zone = { zoneID: { zoneName: name } };
      await ok(ana.call('private', 'zones/modify', { operations: [{ operationType: 'delete', zone }] }));
    }
    await makeZone(ana, 'again');
    for (const asked of [{}, { syncToken: from }, { resultsLimit: 1 }]) {
      const zones: Wire[] = [];
      let token: { readonly syncToken?: string; readonly resultsLimit?: number } = asked;
      for (let more = true; more;) {
        const page = await ok(ana.call('private', 'changes/database', token));
        zones.push(...page.zones);
        more = page.moreComing as boolean;
        token = { ...asked, syncToken: page.syncToken as string };
      }
      const told = zones.map((zone) => [zone.zoneID.zoneName, zone.deleted ?? false, zone.deletedReason]);
      expect(told).toEqual([
        ['gone', true, 'DELETED'],
        ['again', false, undefined],
      ]);
    }
  });

  test('references delete along, hold their target, and never reach beyond the deleter’s rights', async () => {
    const { ana, ben, zoneID } = await shared('z', ['ADD']);
    const refer = (recordName: string, target: string, action: string): Wire =>
      create(recordName, { of: { value: { recordName: target, action } } }, 'Comment');
    const missing = (await save(ana, 'private', zoneID, [refer('c0', 'nowhere', 'VALIDATE')]))[0];
    expect(missing.serverErrorCode).toBe('VALIDATING_REFERENCE_ERROR');
    await save(ben, 'shared', zoneID, [create('his')]);
    await save(ana, 'private', zoneID, [
      refer('c1', 'hers', 'VALIDATE'),
      refer('c2', 'his', 'DELETE_SELF'),
      refer('c3', 'c2', 'DELETE_SELF'),
    ]);
    expect(
      (await save(ana, 'private', zoneID, [{ operationType: 'forceDelete', record: { recordName: 'hers' } }]))[0]
        .serverErrorCode,
    ).toBe('VALIDATING_REFERENCE_ERROR');
    expect(
      (await save(ben, 'shared', zoneID, [{ operationType: 'forceDelete', record: { recordName: 'his' } }]))[0],
    ).toMatchObject({ serverErrorCode: 'ACCESS_DENIED', neededRight: 'DELETE' });
    await save(ana, 'private', zoneID, [{ operationType: 'forceDelete', record: { recordName: 'his' } }]);
    const after = await ok(
      ana.call('private', 'records/lookup', {
        zoneID,
        records: ['his', 'c2', 'c3', 'c1'].map((recordName) => ({ recordName })),
      }),
    );
    expect(after.records.map((item: Wire) => item.serverErrorCode ?? null)).toEqual([
      'NOT_FOUND',
      'NOT_FOUND',
      'NOT_FOUND',
      null,
    ]);
    const both = await save(
      ana,
      'private',
      zoneID,
      ['hers', 'c1'].map((recordName) => ({ operationType: 'forceDelete', record: { recordName } })),
    );
    expect(both).toMatchObject([{ deleted: true }, { deleted: true }]);
  });

  test('a feed gives every record once at its latest version, page by page, and its caught-up token stays the same', async () => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    const zoneID = { zoneName: 'z' };
    await save(
      ana,
      'private',
      zoneID,
      Array.from({ length: 25 }, (_, index) => create(`r${index}`, { n: { value: index } })),
    );
    await save(ana, 'private', zoneID, [
      { operationType: 'forceUpdate', record: { recordName: 'r3', fields: { n: { value: 300 } } } },
    ]);
    const seen: string[] = [];
    let syncToken: string | undefined;
    for (let more = true; more;) {
      const page = (
        await ok(
          ana.call('private', 'changes/zone', {
            zones: [{ zoneID, resultsLimit: 7, ...(syncToken === undefined ? {} : { syncToken }) }],
          }),
        )
      ).zones[0];
      seen.push(...page.records.map((record: Wire) => record.recordName));
      more = page.moreComing;
      syncToken = page.syncToken;
    }
    expect(seen).toHaveLength(25);
    expect(new Set(seen).size).toBe(25);
    expect(seen.at(-1)).toBe('r3');
    const idle = (await ok(ana.call('private', 'changes/zone', { zones: [{ zoneID, syncToken }] }))).zones[0];
    expect(idle).toMatchObject({ records: [], moreComing: false, syncToken });
    for (const bad of ['', 'garbage', (await ok(ana.call('private', 'changes/database', {}))).syncToken]) {
      expect(
        (await ok(ana.call('private', 'changes/zone', { zones: [{ zoneID, syncToken: bad }] }))).zones[0]
          .serverErrorCode,
      ).toBe('BAD_REQUEST');
    }
  });

  test('production knows only what was deployed', async () => {
    const person = await kit.server.person(`prod${kit.nextPerson()}`);
    const dev = createWireClient(sendOver(kit.server.origin), person.token);
    const production = createWireClient(sendOver(kit.server.origin), person.token, 'production');
    const zone = { operations: [{ operationType: 'create', zone: { zoneID: { zoneName: 'z' } } }] };
    await ok(production.call('private', 'zones/modify', zone));
    const type = `Type${kit.people}`;
    const body = (field: string): Wire => ({
      zoneID: { zoneName: 'z' },
      operations: [create('r', { [field]: { value: 1 } }, type)],
    });
    expect((await ok(production.call('private', 'records/modify', body('known')))).records[0].serverErrorCode).toBe(
      'BAD_REQUEST',
    );
    await ok(dev.extension('schema/initialise', { recordTypes: { [type]: { known: 'INT64' } } }));
    expect(
      (await production.extension('schema/initialise', { recordTypes: { [type]: { known: 'INT64' } } })).body
        .serverErrorCode,
    ).toBe('ACCESS_DENIED');
    const { deploySchema } = await import('../../server/cloud/schema.ts');
    await kit.server.container.services.database.write((sql) => deploySchema(sql, 'iCloud.org.example.shoebox'));
    expect((await ok(production.call('private', 'records/modify', body('unknown')))).records[0].serverErrorCode).toBe(
      'BAD_REQUEST',
    );
    expect((await ok(production.call('private', 'records/modify', body('known')))).records[0].fields).toEqual({
      known: { value: 1, type: 'INT64' },
    });
    expect(
      (
        await ok(
          dev
            .call('private', 'records/lookup', { records: [] })
            .then((answer) => ({ ...answer, status: answer.status === 404 ? 200 : answer.status })),
        )
      ).serverErrorCode,
    ).toBe('ZONE_NOT_FOUND');
  });

  test('an event stream says that something changed, resumes without loss, and ends with its session', async () => {
    const { ana, ben, zoneID } = await shared('z', []);
    const events = async (lastEventID?: string): Promise<{ next(): Promise<string>; close(): Promise<void> }> => {
      const response = await fetch(`${kit.server.origin}/shoebox/1/iCloud.org.example.shoebox/development/events`, {
        headers: {
          authorization: `Bearer ${ben.token}`,
          accept: 'text/event-stream',
          ...(lastEventID === undefined ? {} : { 'last-event-id': lastEventID }),
        },
      });
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      let held = '';
      return {
        async next() {
          while (!held.includes('\n\n'))
            held += Buffer.from((await reader.read()).value ?? Buffer.from('\n\n')).toString('utf8');
          const [first = '', ...rest] = held.split('\n\n');
          held = rest.join('\n\n');
          return first;
        },
        close: () => reader.cancel(),
      };
    };
    const stream = await events();
    expect(await stream.next()).toBe('retry: 2000');
    await save(ana, 'private', zoneID, [create('p1')]);
    const push = await stream.next();
    expect(push).toMatch(/^id: [0-9a-f]+\.\d+\nevent: push\ndata: \{.*"zid":"z".*"dbs":2/);
    await stream.close();
    await save(ana, 'private', zoneID, [create('p2')]);
    const again = await events(/^id: (\S+)/.exec(push)?.[1]);
    await again.next();
    expect(await again.next()).toContain('event: push');
    await again.close();
    const lost = await events('0000000000000000.5');
    await lost.next();
    expect(await lost.next()).toContain('event: resync');
    await ok(
      ben.send({
        method: 'POST',
        path: '/api/auth/sign-out',
        headers: { authorization: `Bearer ${ben.token}` },
        body: '{}',
      }),
    );
    expect(await lost.next()).toContain('event: signedOut');
  });

  test('a database put back without notice is found out by its clients, and a new epoch protects what they hold', async () => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    const zoneID = { zoneName: 'z' };
    await save(ana, 'private', zoneID, [create('r1')]);
    const { syncToken } = (await ok(ana.call('private', 'changes/zone', { zones: [{ zoneID }] }))).zones[0];
    const { serverEpoch } = await ok(ana.call('private', 'zones/list', {}));
    const { database } = kit.server.container.services;
    await database.write(async (sql) => {
      await sql.run('DELETE FROM records WHERE zone_id IN (SELECT zone_id FROM zones WHERE owner = ?)', [ana.userName]);
      await sql.run('UPDATE zones SET last_seq = 1 WHERE owner = ?', [ana.userName]);
      await sql.run('UPDATE owners SET seq = 1 WHERE user_name = ?', [ana.userName]);
    });
    const refused = await ana.call('private', 'changes/zone', { zones: [{ zoneID, syncToken }] });
    expect(refused.body).toMatchObject({ serverErrorCode: 'CHANGE_TOKEN_EXPIRED', expiredBecause: 'EPOCH' });
    const after = await ok(ana.call('private', 'changes/zone', { zones: [{ zoneID, syncToken }] }));
    expect(after.zones[0]).toMatchObject({ serverErrorCode: 'CHANGE_TOKEN_EXPIRED', expiredBecause: 'EPOCH' });
    expect(after.serverEpoch).not.toBe(serverEpoch);
    const reoffered = (await save(ana, 'private', zoneID, [create('r1')]))[0];
    expect(reoffered.recordChangeTag.startsWith(after.serverEpoch)).toBe(true);
  });

  test('a database put back is found out by a participant whose feed has since been read as often as before', async () => {
    const { ana, ben } = await shared('z', ['ADD']);
    const zoneID = { zoneName: 'z' };
    const { database } = kit.server.container.services;
    await ok(ben.call('shared', 'changes/database', {}));
    await save(ana, 'private', zoneID, [create('before the backup, and not read yet')]);
    const backup = await database.read(async (sql) => ({
      zone: await sql.get<{ last_seq: number }>('SELECT last_seq FROM zones WHERE owner = ? AND name = ?', [
        ana.userName,
        'z',
      ]),
      views: await sql.all<{ seq: number; zone_seq: number }>('SELECT seq, zone_seq FROM views WHERE user_name = ?', [
        ben.userName,
      ]),
      viewer: await sql.get<{ view_seq: number }>('SELECT view_seq FROM viewers WHERE user_name = ?', [ben.userName]),
    }));
    const [view] = backup.views;
    expect(backup.views).toHaveLength(1);
    await save(ana, 'private', zoneID, [create('lost')]);
    const { syncToken, serverEpoch } = await ok(ben.call('shared', 'changes/database', {}));

    await database.write(async (sql) => {
      await sql.run(`DELETE FROM records WHERE record_name = 'lost'`);
      await sql.run('UPDATE zones SET last_seq = ? WHERE owner = ? AND name = ?', [
        backup.zone?.last_seq ?? 0,
        ana.userName,
        'z',
      ]);
      await sql.run('UPDATE owners SET seq = ? WHERE user_name = ?', [backup.zone?.last_seq ?? 0, ana.userName]);
      await sql.run('UPDATE views SET seq = ?, zone_seq = ? WHERE user_name = ?', [
        view?.seq ?? 0,
        view?.zone_seq ?? 0,
        ben.userName,
      ]);
      await sql.run('UPDATE viewers SET view_seq = ? WHERE user_name = ?', [
        backup.viewer?.view_seq ?? 0,
        ben.userName,
      ]);
    });
    const refused = await ben.call('shared', 'changes/database', { syncToken });
    expect(refused.body).toMatchObject({ serverErrorCode: 'CHANGE_TOKEN_EXPIRED', expiredBecause: 'EPOCH' });
    expect((await ok(ben.call('shared', 'changes/database', {}))).serverEpoch).not.toBe(serverEpoch);
  });
}
