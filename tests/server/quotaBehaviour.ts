import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { TestServer } from '../helpers/testServer.ts';
import type { Wire } from '../helpers/wireClient.ts';
import { createBehaviourKit } from './behaviourKit.ts';
import type { Person } from './behaviourKit.ts';

/** What somebody may have on the server, and on its way there, wherever the server stores. */
export function quotaBehaviour(start: () => Promise<TestServer>): void {
  const kit = createBehaviourKit(start);
  const { meet, ok, makeZone, save, create, shared, upload } = kit;
  const zoneID = { zoneName: 'z' };
  const full = { serverErrorCode: 'QUOTA_EXCEEDED', limit: 'quotaBytes', maximum: 1000 };

  const setQuota = (person: Person, bytes: number): Promise<number> =>
    kit.server.container.services.database.write((sql) =>
      sql.run('UPDATE users SET quota_bytes = ? WHERE id = ?', [bytes, person.userName]),
    );
  /** Somebody with an empty zone and room for 1,000 bytes. */
  const withLittleRoom = async (): Promise<Person> => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    await setQuota(ana, 1000);
    return ana;
  };
  /** A file nobody else has. */
  const file = (person: Person, name: string, size: number): Buffer =>
    Buffer.alloc(size, `${name} of ${person.userName}, `);
  const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64');
  const ask = async (person: Person, files: Record<string, Buffer>): Promise<Wire[]> =>
    (
      await ok(
        person.call('private', 'assets/upload', {
          zoneID,
          tokens: Object.entries(files).map(([recordName, bytes]) => ({
            recordType: 'Photo',
            recordName,
            fieldName: 'data',
            size: bytes.length,
            sha256: sha256(bytes),
            resumable: true,
          })),
        }),
      )
    ).tokens;
  const send = async (
    person: Person,
    token: Wire,
    bytes: Buffer,
    to = bytes.length,
  ): Promise<{ status: number; body: Wire }> => {
    const response = await fetch(token.url as string, {
      method: 'PUT',
      headers: { authorization: `Bearer ${person.token}`, 'content-range': `bytes 0-${to - 1}/${bytes.length}` },
      body: new Uint8Array(bytes.subarray(0, to)),
    });
    return { status: response.status, body: await response.json() };
  };
  const received = async (person: Person, token: Wire): Promise<number | undefined> => {
    const response = await fetch(token.url as string, { headers: { authorization: `Bearer ${person.token}` } });
    return (await response.json()).received;
  };
  /** A plain client's way: nothing is said of the file before it comes. */
  const sendPlain = async (person: Person, bytes: Buffer): Promise<Wire> => {
    const { tokens } = await ok(
      person.call('private', 'assets/upload', { zoneID, tokens: [{ recordType: 'Photo', fieldName: 'data' }] }),
    );
    const response = await fetch(tokens[0].url as string, { method: 'POST', body: new Uint8Array(bytes) });
    return response.json();
  };
  const code = (item: Wire): unknown => item.serverErrorCode ?? null;

  test('the assets of one record count together, and a record they do not fit into takes none', async () => {
    const ana = await withLittleRoom();
    await setQuota(ana, 10_000);
    const receipts: Wire[] = [];
    for (const name of ['one', 'two', 'three'])
      receipts.push(await upload(ana, 'private', zoneID, 'a', file(ana, name, 400)));
    await setQuota(ana, 1000);
    const album = (recordName: string, values: Wire[]): Wire =>
      create(recordName, { data: { value: values, type: 'ASSETID_LIST' } }, 'Album');
    const [refused, small] = await save(ana, 'private', zoneID, [album('a', receipts), create('b')], {
      atomic: false,
    });
    expect(refused).toMatchObject(full);
    expect(code(small)).toBe(null);
    const outcomes = await save(
      ana,
      'private',
      zoneID,
      [album('a', receipts.slice(0, 2)), album('c', receipts.slice(2))],
      { atomic: false },
    );
    expect(outcomes.map(code)).toEqual([null, 'QUOTA_EXCEEDED']);
    await save(ana, 'private', zoneID, [{ operationType: 'forceDelete', record: { recordName: 'a' } }]);
    expect((await save(ana, 'private', zoneID, [album('c', receipts.slice(2))])).map(code)).toEqual([null]);
  });

  test('an upload takes its room when it is granted, with or without bytes, until a record holds them', async () => {
    const ana = await withLittleRoom();
    const [first, second] = [file(ana, 'first', 600), file(ana, 'second', 600)];
    const both = await ask(ana, { first, second });
    expect(both[0].url).toBeTruthy();
    expect(both[1]).toMatchObject(full);
    expect((await ask(ana, { second }))[0]).toMatchObject(full);
    const { singleFile } = (await send(ana, both[0], first)).body;
    expect((await ask(ana, { second }))[0]).toMatchObject(full);
    await save(ana, 'private', zoneID, [create('first', { data: { value: singleFile } })]);
    expect((await ask(ana, { second }))[0]).toMatchObject(full);
    expect((await ask(ana, { third: file(ana, 'third', 400) }))[0].url).toBeTruthy();
  });

  test('an upload that is over gives its room back', async () => {
    const ana = await withLittleRoom();
    await ask(ana, { first: file(ana, 'first', 600) });
    const second = file(ana, 'second', 600);
    expect((await ask(ana, { second }))[0]).toMatchObject(full);
    await kit.server.container.services.database.write((sql) =>
      sql.run('UPDATE uploads SET expires_at = 1 WHERE user_name = ?', [ana.userName]),
    );
    expect((await ask(ana, { second }))[0].url).toBeTruthy();
  });

  test('what participants send takes its room from the owner', async () => {
    const { ana, ben } = await shared('z', ['ADD']);
    await setQuota(ana, 1000);
    const asked = (bytes: Buffer): Promise<Wire> =>
      ok(
        ben.call('shared', 'assets/upload', {
          zoneID: { ...zoneID, ownerRecordName: ana.userName },
          tokens: [
            { recordType: 'Photo', recordName: 'his', fieldName: 'data', size: bytes.length, sha256: sha256(bytes) },
          ],
        }),
      );
    expect((await asked(file(ben, 'first', 600))).tokens[0].url).toBeTruthy();
    expect((await asked(file(ben, 'second', 600))).tokens[0]).toMatchObject(full);
    await makeZone(ben, 'z');
    expect((await ask(ben, { third: file(ben, 'third', 600) }))[0].url).toBeTruthy();
  });

  test('the same file asked for again, sent by two devices and kept twice counts once, up to the last byte', async () => {
    const ana = await withLittleRoom();
    const photo = file(ana, 'photo', 900);
    const devices = [await ask(ana, { one: photo }), await ask(ana, { two: photo }), await ask(ana, { one: photo })];
    expect(devices.map(([token]) => token.url !== undefined)).toEqual([true, true, true]);
    const sent = [await send(ana, devices[0]?.[0], photo), await send(ana, devices[1]?.[0], photo)];
    expect(sent.map(({ status }) => status)).toEqual([200, 200]);
    for (const [index, recordName] of ['one', 'two'].entries()) {
      const value = sent[index]?.body.singleFile;
      expect((await save(ana, 'private', zoneID, [create(recordName, { data: { value } })])).map(code)).toEqual([null]);
    }
    expect((await ask(ana, { three: photo }))[0].existing).toMatchObject({ size: 900 });
    expect((await send(ana, devices[2]?.[0], photo)).status).toBe(200);
  });

  test('a receipt whose answer was lost is taken again for half an hour, and so is the last chunk', async () => {
    const ana = await withLittleRoom();
    const photo = file(ana, 'photo', 900);
    const [token] = await ask(ana, { one: photo });
    const sent = await send(ana, token, photo);
    const again = {
      operationType: 'forceReplace',
      record: { recordName: 'one', recordType: 'Photo', fields: { data: { value: sent.body.singleFile } } },
    };
    expect((await save(ana, 'private', zoneID, [again])).map(code)).toEqual([null]);
    await kit.server.container.maintain();
    expect((await save(ana, 'private', zoneID, [again])).map(code)).toEqual([null]);
    expect(await send(ana, token, photo)).toEqual(sent);
    await kit.server.container.services.database.write((sql) =>
      sql.run('UPDATE uploads SET expires_at = expires_at - ? WHERE user_name = ?', [31 * 60_000, ana.userName]),
    );
    expect((await save(ana, 'private', zoneID, [again])).map(code)).toEqual(['BAD_REQUEST']);
  });

  test('of uploads that no longer fit together the first to end is kept, and the other is not asked for once more', async () => {
    const ana = await withLittleRoom();
    await setQuota(ana, 2000);
    const [first, second] = [file(ana, 'first', 600), file(ana, 'second', 600)];
    const tokens = await ask(ana, { first, second });
    await setQuota(ana, 1000);
    const kept = await send(ana, tokens[1], second);
    expect(kept.status).toBe(200);
    expect(await send(ana, tokens[0], first)).toMatchObject({ status: 413, body: full });
    expect((await ask(ana, { first }))[0]).toMatchObject(full);
    const { singleFile } = kept.body;
    expect((await save(ana, 'private', zoneID, [create('second', { data: { value: singleFile } })])).map(code)).toEqual(
      [null],
    );
  });

  test('files of which nothing was said before are counted when they come, and not taken down where they do not fit', async () => {
    const ana = await withLittleRoom();
    expect(await sendPlain(ana, file(ana, 'large', 1001))).toMatchObject(full);
    expect((await sendPlain(ana, file(ana, 'first', 600))).singleFile.size).toBe(600);
    expect(await sendPlain(ana, file(ana, 'second', 600))).toMatchObject(full);
    expect((await sendPlain(ana, file(ana, 'third', 400))).singleFile.size).toBe(400);
    expect(await kit.server.container.services.assets.unfinished()).toEqual([]);
  });

  test('what is said to be a file that is here, and to have another size, takes its room like any other', async () => {
    const ana = await withLittleRoom();
    const small = file(ana, 'small', 100);
    const value = (await send(ana, (await ask(ana, { small }))[0], small)).body.singleFile;
    expect((await save(ana, 'private', zoneID, [create('small', { data: { value } })])).map(code)).toEqual([null]);
    const token = {
      recordType: 'Photo',
      recordName: 'other',
      fieldName: 'data',
      sha256: sha256(small),
      resumable: true,
    };
    const { tokens } = await ok(ana.call('private', 'assets/upload', { zoneID, tokens: [{ ...token, size: 600 }] }));
    expect(tokens[0].url).toBeTruthy();
    expect((await ask(ana, { large: file(ana, 'large', 600) }))[0]).toMatchObject(full);
  });

  test('somebody with very many unfinished uploads is asked to wait, and nobody else is', async () => {
    const ana = await withLittleRoom();
    const begin = (count: number): Promise<void> =>
      kit.server.container.services.database.write(async (sql) => {
        const zone = await sql.get<{ zone_id: number; realm: string }>(
          'SELECT zone_id, realm FROM zones WHERE owner = ?',
          [ana.userName],
        );
        const text = (name: string): readonly [string, 'text'] => [name, 'text'];
        await sql.insertMany(
          {
            table: 'uploads',
            columns: [
              ...['upload_id', 'realm', 'user_name', 'record_name', 'field_name', 'state'].map(text),
              ['zone_id', 'bigint'],
              ['expires_at', 'bigint'],
            ],
            onConflict: '',
          },
          Array.from({ length: count }, (_, n) => [
            `${ana.userName}-${count}-${n}`,
            zone?.realm ?? '',
            ana.userName,
            `r${n}`,
            'data',
            'open',
            zone?.zone_id ?? 0,
            Date.now() + 60_000,
          ]),
        );
      });
    await begin(1999);
    const [last, over] = await ask(ana, { last: file(ana, 'last', 1), over: file(ana, 'over', 1) });
    expect(last.url).toBeTruthy();
    expect(over).toMatchObject({
      serverErrorCode: 'THROTTLED',
      limit: 'openUploads',
      maximum: 2000,
      retryAfter: expect.any(Number),
    });
    await send(ana, last, file(ana, 'last', 1));
    expect((await ask(ana, { over: file(ana, 'over', 1) }))[0].url).toBeTruthy();
    const ben = await meet('ben');
    await makeZone(ben, 'z');
    expect((await ask(ben, { his: file(ben, 'his', 1) }))[0].url).toBeTruthy();
  });

  test('of the same bytes begun over and over a few uploads go on, that with most to lose among them', async () => {
    const ana = await withLittleRoom();
    const photo = file(ana, 'photo', 900);
    const tokens = [await ask(ana, { one: photo }), await ask(ana, { one: photo })].flat();
    expect((await send(ana, tokens[0], photo, 100)).body).toMatchObject({ received: 100 });
    for (let n = 0; n < 10; n += 1) tokens.push(...(await ask(ana, { one: photo })));
    const alive = await Promise.all(tokens.map((token) => received(ana, token)));
    expect(alive[0]).toBe(100);
    expect(alive[1]).toBeUndefined();
    expect(alive.at(-1)).toBe(0);
    expect(alive.filter((bytes) => bytes !== undefined)).toHaveLength(8);
  });
}
