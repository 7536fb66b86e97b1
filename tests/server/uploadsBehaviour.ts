import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { TestServer } from '../helpers/testServer.ts';
import type { Wire } from '../helpers/wireClient.ts';
import { createBehaviourKit } from './behaviourKit.ts';
import type { Person } from './behaviourKit.ts';

const hour = 60 * 60_000;
const day = 24 * hour;

/** How an upload ends, and who may still send it, wherever the server stores. */
export function uploadsBehaviour(start: () => Promise<TestServer>): void {
  const kit = createBehaviourKit(start);
  const { meet, ok, makeZone, save, create, shared, currentShare, upload } = kit;
  const zoneID = { zoneName: 'z' };
  const home = (owner: Person): Wire => ({ ...zoneID, ownerRecordName: owner.userName });
  const gone = { status: 404, body: { serverErrorCode: 'NOT_FOUND' } };
  const full = { serverErrorCode: 'QUOTA_EXCEEDED', limit: 'quotaBytes', maximum: 1000 };

  const setQuota = (person: Person, bytes: number): Promise<number> =>
    kit.server.container.services.database.write((sql) =>
      sql.run('UPDATE users SET quota_bytes = ? WHERE id = ?', [bytes, person.userName]),
    );
  /** A file nobody else has. */
  const file = (person: Person, name: string, size: number): Buffer =>
    Buffer.alloc(size, `${name} of ${person.userName}, `);
  const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64');
  const ask = async (person: Person, zone: Wire, recordName: string, bytes: Buffer): Promise<Wire> =>
    (
      await ok(
        person.call('ownerRecordName' in zone ? 'shared' : 'private', 'assets/upload', {
          zoneID: zone,
          tokens: [
            {
              recordType: 'Photo',
              recordName,
              fieldName: 'data',
              size: bytes.length,
              sha256: sha256(bytes),
              resumable: true,
            },
          ],
        }),
      )
    ).tokens[0];
  const send = async (
    person: Person,
    token: Wire,
    bytes: Buffer,
    [from, to]: readonly [number, number] = [0, bytes.length],
  ): Promise<{ status: number; body: Wire }> => {
    const response = await fetch(token.url as string, {
      method: 'PUT',
      headers: { authorization: `Bearer ${person.token}`, 'content-range': `bytes ${from}-${to - 1}/${bytes.length}` },
      body: new Uint8Array(bytes.subarray(from, to)),
    });
    return { status: response.status, body: await response.json() };
  };
  const progress = async (person: Person, token: Wire): Promise<number> =>
    (await fetch(token.url as string, { headers: { authorization: `Bearer ${person.token}` } })).status;
  const remove = (ana: Person, recordName: string): Promise<Wire[]> =>
    save(ana, 'private', zoneID, [{ operationType: 'forceDelete', record: { recordName } }]);
  /** The uploads of somebody, as they stand. */
  const uploadsOf = (
    person: Person,
  ): Promise<{ state: string; expires_at: number; granted_at: number; field_name: string }[]> =>
    kit.server.container.services.database.read((sql) =>
      sql.all('SELECT state, expires_at, granted_at, field_name FROM uploads WHERE user_name = ?', [person.userName]),
    );
  /** Lets time pass for the uploads of these people. */
  const later = async (ms: number, ...people: Person[]): Promise<void> => {
    for (const { userName } of people) {
      await kit.server.container.services.database.write((sql) =>
        sql.run('UPDATE uploads SET expires_at = expires_at - ?, granted_at = granted_at - ? WHERE user_name = ?', [
          ms,
          ms,
          userName,
        ]),
      );
    }
  };
  /** Whether anything of this upload is on the disk, whole or in part, once the clean-up has been at it. */
  const isKept = async (token: Wire, bytes: Buffer): Promise<boolean> => {
    const { container } = kit.server;
    await container.maintain();
    const isWhole = await container.services.assets.exists(createHash('sha256').update(bytes).digest('hex'));
    return isWhole || (await container.services.assets.unfinished()).includes(token.uploadID as string);
  };
  /** Holds a step of the storage up each time it is taken, after or before it is done. Ends with `restore`. */
  const holdUp = (step: 'digest' | 'finish', when: 'before' | 'after') => {
    const { assets } = kit.server.container.services;
    const original = assets[step].bind(assets) as (...given: string[]) => Promise<unknown>;
    const append = assets.append.bind(assets);
    const gates = [0, 1].map(() => ({
      reached: Promise.withResolvers<undefined>(),
      open: Promise.withResolvers<undefined>(),
    }));
    let taken = 0;
    Object.assign(assets, {
      // As after a restart: the hash has to be made of the file.
      append: async (...given: Parameters<typeof append>) => {
        const { wholeDigest: _, ...added } = await append(...given);
        return added;
      },
      [step]: async (...given: string[]) => {
        const gate = gates[taken];
        taken += 1;
        const result = when === 'after' ? await original(...given) : undefined;
        gate?.reached.resolve(undefined);
        await gate?.open.promise;
        return when === 'after' ? result : original(...given);
      },
    });
    return {
      reached: (index: number) => gates[index]?.reached.promise,
      go: (index: number) => gates[index]?.open.resolve(undefined),
      restore: () => {
        for (const { open } of gates) open.resolve(undefined);
        Object.assign(assets, { append, [step]: original });
      },
    };
  };

  test.each([
    ['hashed', 'digest', 'after'],
    ['put in its place', 'finish', 'before'],
  ] as const)(
    'a last chunk sent once more while the file is being %s is answered as the first, whose receipt is taken',
    async (_, step, when) => {
      const ana = await meet('ana');
      await makeZone(ana, 'z');
      const photo = file(ana, 'photo', 3000);
      const token = await ask(ana, zoneID, 'p', photo);
      await send(ana, token, photo, [0, 1000]);
      const hold = holdUp(step, when);
      try {
        const first = send(ana, token, photo, [1000, 3000]);
        await hold.reached(0);
        const second = send(ana, token, photo, [2999, 3000]);
        await hold.reached(1);
        hold.go(0);
        const answer = await first;
        expect(answer.status).toBe(200);
        hold.go(1);
        expect(await second).toMatchObject({ status: 200, body: { singleFile: { size: 3000 } } });
        const [saved] = await save(ana, 'private', zoneID, [create('p', { data: { value: answer.body.singleFile } })]);
        expect(saved).toMatchObject({ fields: { data: { value: { size: 3000 } } } });
        expect((await uploadsOf(ana)).map(({ state }) => state)).toEqual(['claimed']);
        expect(await send(ana, token, photo, [2999, 3000])).toMatchObject({ status: 200 });
      } finally {
        hold.restore();
      }
    },
  );

  const partings: [string, (ana: Person, ben: Person) => Promise<unknown>][] = [
    [
      'is removed',
      async (ana) =>
        save(ana, 'private', zoneID, [
          {
            operationType: 'update',
            record: {
              recordName: 'cloudkit.zoneshare',
              recordType: 'cloudkit.share',
              recordChangeTag: (await currentShare(ana, 'z')).recordChangeTag,
              participants: [],
            },
          },
        ]),
    ],
    [
      'leaves',
      (ana, ben) =>
        save(ben, 'shared', home(ana), [
          { operationType: 'forceDelete', record: { recordName: 'cloudkit.zoneshare', recordType: 'cloudkit.share' } },
        ]),
    ],
    [
      'loses the link they came by',
      async (ana, ben) => {
        const links = async (operation: Wire): Promise<Wire> =>
          (await ok(ana.extension('links/modify', { zoneID, operations: [operation] }))).links[0];
        const { linkID } = await links({ operationType: 'create', link: {} });
        await kit.server.container.services.database.write((sql) =>
          sql.run('UPDATE participants SET joined_by_link = ? WHERE user_name = ?', [linkID, ben.userName]),
        );
        await links({ operationType: 'revoke', link: { linkID, removeParticipants: true } });
      },
    ],
    ['loses the share', (ana) => remove(ana, 'cloudkit.zoneshare')],
    [
      'loses the zone',
      (ana) => ok(ana.call('private', 'zones/modify', { operations: [{ operationType: 'delete', zone: { zoneID } }] })),
    ],
  ];

  test.each(partings)(
    'somebody who %s sends no more: room and bytes go back to the owner, and nothing stays on the disk',
    async (_, part) => {
      const { ana, ben } = await shared('z', ['ADD']);
      await makeZone(ana, 'other');
      await setQuota(ana, 1000);
      const [begun, sent] = [file(ben, 'begun', 500), file(ben, 'sent', 500)];
      const [first, second] = [await ask(ben, home(ana), 'a', begun), await ask(ben, home(ana), 'b', sent)];
      expect((await send(ben, first, begun, [0, 400])).body).toMatchObject({ received: 400 });
      const { singleFile } = (await send(ben, second, sent)).body;
      expect(await ask(ana, { zoneName: 'other' }, 'hers', file(ana, 'hers', 101))).toMatchObject(full);
      await part(ana, ben);
      expect(await send(ben, first, begun, [400, 500])).toMatchObject(gone);
      expect(await progress(ben, first)).toBe(404);
      expect(await progress(ben, second)).toBe(404);
      expect((await ask(ana, { zoneName: 'other' }, 'hers', file(ana, 'hers', 1000))).url).toBeTruthy();
      const late = await ben.call('shared', 'records/modify', {
        zoneID: home(ana),
        operations: [create('b', { data: { value: singleFile } })],
      });
      expect(late.body).toMatchObject({ serverErrorCode: 'ZONE_NOT_FOUND' });
      const asked = await ben.call('shared', 'assets/upload', {
        zoneID: home(ana),
        tokens: [{ recordType: 'Photo', fieldName: 'data' }],
      });
      expect(asked.body).toMatchObject({ serverErrorCode: 'ZONE_NOT_FOUND' });
      await later(2 * hour, ben);
      expect([await isKept(first, begun), await isKept(second, sent)]).toEqual([false, false]);
      expect(await uploadsOf(ben)).toEqual([]);
    },
  );

  test('what participants are sending keeps the owner from the own storage only as far as it has arrived', async () => {
    const { ana, ben } = await shared('z', ['ADD']);
    await setQuota(ana, 1000);
    const photo = file(ben, 'photo', 600);
    const token = await ask(ben, home(ana), 'his', photo);
    expect((await send(ben, token, photo, [0, 500])).body).toMatchObject({ received: 500 });
    expect(await ask(ben, home(ana), 'more', file(ben, 'more', 401))).toMatchObject(full);
    expect(await ask(ana, zoneID, 'hers', file(ana, 'large', 501))).toMatchObject(full);
    const hers = file(ana, 'hers', 500);
    const own = await ask(ana, zoneID, 'hers', hers);
    expect(own.url).toBeTruthy();
    expect((await send(ana, own, hers)).status).toBe(200);
    expect(await send(ben, token, photo, [500, 600])).toMatchObject({ status: 413, body: full });
    expect(await isKept(token, photo)).toBe(false);
  });

  test('whoever is removed while their last bytes are being hashed gets no receipt, and leaves nothing behind', async () => {
    const { ana, ben } = await shared('z', ['ADD']);
    const photo = file(ben, 'photo', 3000);
    const token = await ask(ben, home(ana), 'p', photo);
    await send(ben, token, photo, [0, 1000]);
    const hold = holdUp('digest', 'after');
    try {
      const last = send(ben, token, photo, [1000, 3000]);
      await hold.reached(0);
      await remove(ana, 'cloudkit.zoneshare');
      hold.go(0);
      expect(await last).toMatchObject(gone);
    } finally {
      hold.restore();
    }
    expect(await isKept(token, photo)).toBe(false);
  });

  test('an address is of no use to somebody whose rights were taken, and of use again once they are given back', async () => {
    const { ana, ben } = await shared('z', ['ADD']);
    const photo = file(ben, 'photo', 3000);
    const token = await ask(ben, home(ana), 'p', photo);
    const plain = await ok(
      ben.call('shared', 'assets/upload', {
        zoneID: home(ana),
        tokens: [{ recordType: 'Photo', fieldName: 'data' }],
      }),
    );
    const post = async (): Promise<number> =>
      (await fetch(plain.tokens[0].url as string, { method: 'POST', body: 'any bytes' })).status;
    const change = async (rights: string[]): Promise<void> => {
      const share = await currentShare(ana, 'z');
      const participants = share.participants.map((one: Wire) =>
        one.type === 'OWNER' ? one : { ...one, rights, permission: rights.length === 0 ? 'READ_ONLY' : 'READ_WRITE' },
      );
      const { recordName, recordType, recordChangeTag } = share;
      await save(ana, 'private', zoneID, [
        { operationType: 'update', record: { recordName, recordType, recordChangeTag, participants } },
      ]);
    };
    await send(ben, token, photo, [0, 1000]);
    await change([]);
    expect(await send(ben, token, photo, [1000, 2000])).toMatchObject(gone);
    expect(await progress(ben, token)).toBe(404);
    expect(await post()).toBe(404);
    await change(['EDIT']);
    expect(await send(ben, token, photo, [1000, 3000])).toMatchObject({ status: 200 });
    expect(await post()).toBe(200);
  });

  test('an upload ends a week after it was granted, however often its chunks come', async () => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    const photo = file(ana, 'photo', 3000);
    const token = await ask(ana, zoneID, 'p', photo);
    const remaining = async (): Promise<number> => ((await uploadsOf(ana))[0]?.expires_at ?? 0) - Date.now();
    await later(23 * hour, ana);
    expect(await send(ana, token, photo, [0, 1000])).toMatchObject({ status: 200 });
    expect(await remaining()).toBeGreaterThan(23 * hour);
    await kit.server.container.services.database.write((sql) =>
      sql.run('UPDATE uploads SET granted_at = granted_at - ? WHERE user_name = ?', [6 * day, ana.userName]),
    );
    expect(await send(ana, token, photo, [1000, 2000])).toMatchObject({ status: 200 });
    expect(await remaining()).toBeGreaterThan(0);
    expect(await remaining()).toBeLessThanOrEqual(hour);
    await later(hour, ana);
    expect(await send(ana, token, photo, [2000, 3000])).toMatchObject(gone);
  });

  /** Ways to be given a receipt for bytes that are on the server. */
  const askings: [string, (ana: Person, recordName: string) => Promise<Wire>][] = [
    ['asked for', async (ana, recordName) => (await ask(ana, zoneID, recordName, file(ana, 'photo', 900))).existing],
    [
      'referred to',
      async (ana) =>
        (
          await ok(
            ana.call('private', 'assets/rereference', { zoneID, assets: [{ recordName: 'photo', fieldName: 'data' }] }),
          )
        ).assets[0],
    ],
  ];
  const withPhoto = async (): Promise<Person> => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    await setQuota(ana, 1000);
    const value = await upload(ana, 'private', zoneID, 'photo', file(ana, 'photo', 900));
    await save(ana, 'private', zoneID, [create('photo', { data: { value } })]);
    return ana;
  };

  test.each(askings)(
    'bytes that are here and are %s over and over take one row, whose receipts serve each record whenever it comes',
    async (_, asking) => {
      const ana = await withPhoto();
      const before = (await uploadsOf(ana)).length;
      const values: Wire[] = [];
      for (const name of ['a', 'b', 'c', 'd']) values.push(await asking(ana, name));
      expect(await uploadsOf(ana)).toHaveLength(before + 1);
      const codes: unknown[] = [];
      for (const [index, name] of ['a', 'b', 'c', 'd'].entries()) {
        const [saved] = await save(ana, 'private', zoneID, [create(name, { data: { value: values[index] } })]);
        codes.push(saved.serverErrorCode ?? null);
        await later(2 * hour, ana);
        await kit.server.container.maintain();
      }
      expect(codes).toEqual([null, null, null, null]);
    },
  );

  test.each(askings)(
    'bytes that nothing holds but a receipt, %s before their record went, take their room',
    async (_, asking) => {
      const ana = await withPhoto();
      await asking(ana, 'again');
      const next = file(ana, 'next', 900);
      await remove(ana, 'photo');
      expect(await ask(ana, zoneID, 'next', next)).toMatchObject(full);
      await later(25 * hour, ana);
      expect((await ask(ana, zoneID, 'next', next)).url).toBeTruthy();
    },
  );

  test('a copy of a photo that somebody else keeps takes no room before a record holds it', async () => {
    const { ana, ben } = await shared('z', ['ADD']);
    const value = await upload(ana, 'private', zoneID, 'photo', file(ana, 'photo', 900));
    await save(ana, 'private', zoneID, [create('photo', { data: { value } })]);
    await makeZone(ben, 'z');
    await setQuota(ben, 1000);
    const copy = await ok(
      ben.call('shared', 'assets/rereference', {
        zoneID: home(ana),
        targetZoneID: zoneID,
        assets: [{ recordName: 'photo', fieldName: 'data' }],
      }),
    );
    expect(copy.assets[0]).toMatchObject({ size: 900 });
    expect((await ask(ben, zoneID, 'his', file(ben, 'his', 900))).url).toBeTruthy();
    await remove(ana, 'photo');
    expect(await ask(ben, zoneID, 'other', file(ben, 'other', 50))).toMatchObject(full);
  });
}
