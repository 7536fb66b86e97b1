import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { TestServer } from '../helpers/testServer.ts';
import type { Wire } from '../helpers/wireClient.ts';
import { createBehaviourKit } from './behaviourKit.ts';

/** An answer of assets/fetch, whose assets are plain ASCII here, taken apart: each line with the bytes behind it. */
function fetched(text: string): Wire[] {
  const parts: Wire[] = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at);
    const line: Wire = JSON.parse(text.slice(at, end));
    const size: number = line.size ?? 0;
    parts.push({ ...line, bytes: text.slice(end + 1, end + 1 + size) });
    at = end + 1 + size;
  }
  return parts;
}

/** Uploads, downloads, quotas and clean-up, on whatever the server stores in. */
export function assetsBehaviour(start: () => Promise<TestServer>): void {
  const kit = createBehaviourKit(start);
  const { meet, ok, makeZone, save, create, shared, upload } = kit;

  test('a resumable upload goes on where it stopped and is never readable before it is whole', async () => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    const { limits } = (await ana.get('/shoebox/1/info')).body;
    const chunk = limits.chunkBytes as number;
    const bytes = Buffer.alloc(chunk + 1000, 7);
    bytes.write(ana.userName);
    const sha256 = createHash('sha256').update(bytes).digest('base64');
    const ask = {
      zoneID: { zoneName: 'z' },
      tokens: [
        { recordType: 'Photo', recordName: 'P', fieldName: 'data', size: bytes.length, sha256, resumable: true },
      ],
    };
    const token = (await ok(ana.call('private', 'assets/upload', ask))).tokens[0];
    const put = async (
      from: number,
      to: number,
      part: Buffer,
      hash?: string,
    ): Promise<{ status: number; body: Wire }> => {
      const response = await fetch(token.url as string, {
        method: 'PUT',
        headers: {
          authorization: `Bearer ${ana.token}`,
          'content-range': `bytes ${from}-${to - 1}/${bytes.length}`,
          'x-shoebox-sha256': hash ?? createHash('sha256').update(part).digest('base64'),
        },
        body: new Uint8Array(part),
      });
      return { status: response.status, body: await response.json() };
    };
    expect(await put(chunk, bytes.length, bytes.subarray(chunk))).toMatchObject({
      status: 409,
      body: { serverErrorCode: 'CONFLICT', received: 0 },
    });
    expect(await put(0, chunk, bytes.subarray(0, chunk), sha256)).toMatchObject({ status: 400, body: { received: 0 } });
    expect(await put(0, chunk, bytes.subarray(0, chunk))).toMatchObject({ status: 200, body: { received: chunk } });
    const progress = await fetch(token.url as string, { headers: { authorization: `Bearer ${ana.token}` } });
    expect(await progress.json()).toMatchObject({ received: chunk, size: bytes.length });
    expect(
      (await fetch(token.url as string, { headers: { authorization: `Bearer ${(await meet('ben')).token}` } })).status,
    ).toBe(404);
    const last = await put(chunk, bytes.length, bytes.subarray(chunk));
    expect(last.body.singleFile.size).toBe(bytes.length);
    expect(await put(chunk, bytes.length, bytes.subarray(chunk))).toEqual(last);
    const saved = (
      await save(ana, 'private', { zoneName: 'z' }, [create('P', { data: { value: last.body.singleFile } })])
    )[0];
    const url = (saved.fields.data.value.downloadURL as string).replace('${f}', 'p.jpg');
    const part = await fetch(url, { headers: { range: `bytes=${chunk - 2}-${chunk + 1}` } });
    expect([part.status, part.headers.get('content-range')]).toEqual([
      206,
      `bytes ${chunk - 2}-${chunk + 1}/${bytes.length}`,
    ]);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(chunk - 2, chunk + 2));
    expect((await fetch(url, { headers: { 'if-none-match': part.headers.get('etag') ?? '' } })).status).toBe(304);
    const again = (await ok(ana.call('private', 'assets/upload', ask))).tokens[0];
    expect(again.existing).toMatchObject({ size: bytes.length, receipt: expect.any(String) });
    const stranger = await meet('cleo');
    await makeZone(stranger, 'z');
    expect((await ok(stranger.call('private', 'assets/upload', ask))).tokens[0]).not.toHaveProperty('existing');
  });

  test('a file without bytes is uploaded and read like any other, and nothing is taken for it that has some', async () => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    const sha256 = createHash('sha256').digest('base64');
    const ask = {
      zoneID: { zoneName: 'z' },
      tokens: [{ recordType: 'Photo', recordName: 'P', fieldName: 'data', size: 0, sha256, resumable: true }],
    };
    const token = (await ok(ana.call('private', 'assets/upload', ask))).tokens[0];
    const put = async (range: string, body: string): Promise<{ status: number; body: Wire }> => {
      const response = await fetch(token.url as string, {
        method: 'PUT',
        headers: { authorization: `Bearer ${ana.token}`, 'content-range': range, 'x-shoebox-sha256': sha256 },
        body,
      });
      return { status: response.status, body: await response.json() };
    };
    expect((await put('bytes 0-0/0', '')).status).toBe(400);
    expect(await put('bytes */0', 'x')).toMatchObject({ status: 400, body: { received: 0 } });
    const { body } = await put('bytes */0', '');
    expect(body.singleFile.size).toBe(0);
    const saved = (
      await save(ana, 'private', { zoneName: 'z' }, [create('P', { data: { value: body.singleFile } })])
    )[0];
    const read = await fetch((saved.fields.data.value.downloadURL as string).replace('${f}', 'p.xmp'));
    expect([read.status, (await read.arrayBuffer()).byteLength]).toEqual([200, 0]);
  });

  test('a file is read under any name, however long and in whatever letters', async () => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    const value = await upload(ana, 'private', { zoneName: 'z' }, 'P', Buffer.from('a picture'));
    const saved = (await save(ana, 'private', { zoneName: 'z' }, [create('P', { data: { value } })]))[0];
    const under = async (name: string): Promise<unknown> => {
      const address = (saved.fields.data.value.downloadURL as string).replace('${f}', encodeURIComponent(name));
      const { status, headers } = await fetch(address);
      const given = headers.get('content-disposition')?.split("''")[1];
      return [status, given === undefined ? undefined : decodeURIComponent(given)];
    };
    expect(await under('Zoë am Meer.jpg')).toEqual([200, 'Zoë am Meer.jpg']);
    expect(await under('../a"b\n.jpg')).toEqual([200, '_a_b_.jpg']);
    // Letters of two UTF-16 code units each, behind one of one: a cut by code units would halve one of them.
    expect(await under(`x${'𝐳'.repeat(200)}`)).toEqual([200, `x${'𝐳'.repeat(119)}`]);
  });

  test('a copy of a shared photo at home needs no upload, and a receipt serves nobody else', async () => {
    const { ana, ben, zoneID } = await shared('z', []);
    const bytes = Buffer.from(`picture of ${ana.userName}`);
    const value = await upload(ana, 'private', { zoneName: 'z' }, 'pic', bytes);
    await makeZone(ben, 'home');
    expect(
      (await save(ben, 'private', { zoneName: 'home' }, [create('stolen', { data: { value } })]))[0].serverErrorCode,
    ).toBe('BAD_REQUEST');
    await save(ana, 'private', { zoneName: 'z' }, [create('pic', { data: { value } })]);
    const { assets } = await ok(
      ben.call('shared', 'assets/rereference', {
        assets: [{ recordName: 'pic', fieldName: 'data' }],
        zoneID,
        targetZoneID: { zoneName: 'home' },
      }),
    );
    const kept = (
      await save(ben, 'private', { zoneName: 'home' }, [create('copy', { data: { value: assets[0] } })])
    )[0];
    await ok(ana.call('private', 'zones/modify', { operations: [{ operationType: 'delete', zone: { zoneID } }] }));
    await kit.server.container.maintain();
    expect(Buffer.from(await (await fetch(kept.fields.data.value.downloadURL as string)).arrayBuffer())).toEqual(bytes);
  });

  test('many small assets come in one answer, in the order asked, to whoever may read them and to nobody else', async () => {
    const { ana, ben, zoneID } = await shared('z', []);
    for (const name of ['one', 'two']) {
      const value = await upload(ana, 'private', { zoneName: 'z' }, name, Buffer.from(`picture ${name}`));
      await save(ana, 'private', { zoneName: 'z' }, [create(name, { data: { value } })]);
    }
    const ask = (...names: string[]): Wire => ({
      zoneID,
      assets: names.map((recordName) => ({ recordName, fieldName: 'data' })),
    });
    for (const reader of [ana, ben]) {
      const text = (await ok(reader.extension('assets/fetch', ask('two', 'hers', 'one')))) as string;
      expect(fetched(text)).toMatchObject([
        { recordName: 'two', fieldName: 'data', size: 11, bytes: 'picture two' },
        { recordName: 'hers', fieldName: 'data', serverErrorCode: 'NOT_FOUND', bytes: '' },
        { recordName: 'one', fieldName: 'data', size: 11, bytes: 'picture one' },
      ]);
    }
    const stranger = await meet('cleo');
    expect((await stranger.extension('assets/fetch', ask('one'))).body.serverErrorCode).toBe('ZONE_NOT_FOUND');
    const leaving = { operations: [{ operationType: 'delete', record: { recordName: 'cloudkit.zoneshare' } }] };
    await ok(ben.call('shared', 'records/modify', { zoneID, ...leaving }));
    expect((await ben.extension('assets/fetch', ask('one'))).body.serverErrorCode).toBe('ZONE_NOT_FOUND');
    expect((await ana.extension('assets/fetch', ask(...Array.from({ length: 201 }, String)))).body).toMatchObject({
      serverErrorCode: 'BAD_REQUEST',
      limit: 'assetTokens',
    });
  });

  test('an answer of many assets stays under its limit; what does not fit is read by its address', async () => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    const zoneID = { zoneName: 'z' };
    const half = Array.from({ length: 17 }, (_, index) => `half ${index}`);
    for (const name of ['small', 'large', ...half, 'after']) {
      const bytes = Buffer.alloc(name === 'large' ? 300 * 1024 : name.startsWith('half') ? 250 * 1024 : 3, name);
      const value = await upload(ana, 'private', zoneID, name, bytes);
      await save(ana, 'private', zoneID, [create(name, { data: { value } })]);
    }
    const assets = ['small', 'large', ...half, 'after'].map((recordName) => ({ recordName, fieldName: 'data' }));
    const parts = fetched((await ok(ana.extension('assets/fetch', { zoneID, assets }))) as string);
    expect(parts.slice(0, 2)).toMatchObject([
      { size: 3, bytes: 'sma' },
      { serverErrorCode: 'BAD_REQUEST', limit: 'fetchBytes', maximum: 256 * 1024 },
    ]);
    expect(parts.slice(-2)).toMatchObject([
      { recordName: 'half 16', serverErrorCode: 'BAD_REQUEST', limit: 'fetchBytes', maximum: 4 * 1024 ** 2 },
      { size: 3, bytes: 'aft' },
    ]);
    expect(parts.filter(({ size }) => size === 250 * 1024)).toHaveLength(16);
  });

  test('an asset whose bytes the storage has lost spoils no answer but its own', async () => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    const zoneID = { zoneName: 'z' };
    for (const name of ['lost', 'kept']) {
      const value = await upload(ana, 'private', zoneID, name, Buffer.from(`${name} ${ana.userName}`));
      await save(ana, 'private', zoneID, [create(name, { data: { value } })]);
    }
    const digest = createHash('sha256').update(`lost ${ana.userName}`).digest('hex');
    await kit.server.container.services.assets.remove(digest);
    const assets = ['lost', 'kept'].map((recordName) => ({ recordName, fieldName: 'data' }));
    expect(fetched((await ok(ana.extension('assets/fetch', { zoneID, assets }))) as string)).toMatchObject([
      { recordName: 'lost', serverErrorCode: 'INTERNAL_ERROR', bytes: '' },
      { recordName: 'kept', bytes: `kept ${ana.userName}` },
    ]);
  });

  test('quotas are kept in bytes, counted once per content, and given back by deletion', async () => {
    const ana = await meet('ana');
    const { database } = kit.server.container.services;
    await database.write((sql) =>
      sql.run('UPDATE users SET quota_bytes = 1000, quota_zones = 1 WHERE id = ?', [ana.userName]),
    );
    await makeZone(ana, 'z');
    expect((await makeZone(ana, 'second')).zones[0]).toMatchObject({
      serverErrorCode: 'QUOTA_EXCEEDED',
      limit: 'zonesPerDatabase',
      maximum: 1,
    });
    const zoneID = { zoneName: 'z' };
    const six = Buffer.alloc(600, kit.people);
    await save(ana, 'private', zoneID, [
      create('a', { data: { value: await upload(ana, 'private', zoneID, 'a', six) } }),
    ]);
    const copies = await ok(
      ana.call('private', 'assets/rereference', { zoneID, assets: [{ recordName: 'a', fieldName: 'data' }] }),
    );
    expect(
      (await save(ana, 'private', zoneID, [create('b', { data: { value: copies.assets[0] } })]))[0].serverErrorCode,
    ).toBeUndefined();
    const full = await ok(
      ana.call('private', 'assets/upload', { zoneID, tokens: [{ recordType: 'Photo', fieldName: 'data', size: 500 }] }),
    );
    expect(full.tokens[0]).toMatchObject({ serverErrorCode: 'QUOTA_EXCEEDED', limit: 'quotaBytes', maximum: 1000 });
    await save(
      ana,
      'private',
      zoneID,
      ['a', 'b'].map((recordName) => ({ operationType: 'forceDelete', record: { recordName } })),
    );
    expect(
      (
        await ok(
          ana.call('private', 'assets/upload', {
            zoneID,
            tokens: [{ recordType: 'Photo', fieldName: 'data', size: 500 }],
          }),
        )
      ).tokens[0].url,
    ).toBeTruthy();
  });

  test('clean-up removes bytes only when no record and no receipt refers to them', async () => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    const zoneID = { zoneName: 'z' };
    const { assets, database } = kit.server.container.services;
    const bytes = Buffer.from(`unique ${ana.userName}`);
    const digest = createHash('sha256').update(bytes).digest('hex');
    const value = await upload(ana, 'private', zoneID, 'a', bytes);
    await kit.server.container.maintain();
    expect(await assets.exists(digest)).toBe(true);
    await save(ana, 'private', zoneID, [create('a', { data: { value } })]);
    await database.write((sql) => sql.run('UPDATE uploads SET expires_at = 1'));
    await kit.server.container.maintain();
    expect(await assets.exists(digest)).toBe(true);
    await save(ana, 'private', zoneID, [{ operationType: 'forceDelete', record: { recordName: 'a' } }]);
    await kit.server.container.maintain();
    expect(await assets.exists(digest)).toBe(false);
  });
}
