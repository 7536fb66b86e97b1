import { createHash, randomUUIDv7 } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../electron/core/store/store.ts';
import type { CloudDatabase, CloudField, CloudOperation } from '../../electron/core/sync/cloudDatabase.ts';
import { derivedRow } from '../../electron/core/sync/derivedRow.ts';
import { createRecordMapper } from '../../electron/core/sync/recordMapper.ts';
import { writeScene } from '../helpers/scenes.ts';
import { openTestLibrary, type TestLibrary } from '../helpers/testLibrary.ts';
import { startTestServer, type TestServer } from '../helpers/testServer.ts';
import { until } from '../helpers/until.ts';

/*
 * The hash a record brings becomes the name of a file. Whoever may write to a share writes its records, with another client
 * than ours if they like, and what they write in place of a hash must not name a file.
 */

const hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a record read', () => {
  const mapper = createRecordMapper(
    openMemoryStore({ now: () => 1, newId: randomUUIDv7 }).connection,
    () => '_me',
    derivedRow,
  );
  const read = (recordType: 'Photo' | 'Resource', sha256: unknown) =>
    mapper.read({
      recordName: 'r',
      recordType,
      fields: {
        kind: { value: 'photo' },
        media_type: { value: 'image' },
        photo_id: { value: 'p' },
        file_name: { value: 'a.jpg' },
        sha256: { value: sha256 },
      },
    });

  test.each(['Photo', 'Resource'] as const)('of a %s has a hash, or none, and nothing else in its place', (type) => {
    expect(read(type, 'ab'.repeat(32)).values['sha256']).toBe('ab'.repeat(32));
    expect(read(type, null).values['sha256']).toBeNull();
    expect(read(type, undefined).values['sha256']).toBeNull();
    for (const other of [
      '',
      '../../planted',
      `../../${'a'.repeat(58)}`,
      `${'a'.repeat(63)}/`,
      `${'a'.repeat(63)}\\`,
      'a'.repeat(63),
      'a'.repeat(65),
      'A'.repeat(64),
      `${'a'.repeat(64)}\n`,
      `${'a'.repeat(64)}\0`,
      `${'a'.repeat(64)}/../../planted`,
    ]) {
      expect(() => read(type, other), JSON.stringify(other)).toThrow(`${type}.sha256 is not a SHA-256 in hex`);
    }
  });
});

describe('a share whose records name paths in place of hashes', { timeout: 120_000 }, () => {
  let server: TestServer;
  let ana: TestLibrary;
  let ben: TestLibrary;
  let shared: string;
  let shareID: string;
  let cloud: CloudDatabase;
  /** Holds Ben's library and nothing else: where files land that leave it. */
  let around: string;
  let pictures: string;

  beforeAll(async () => {
    server = await startTestServer();
    pictures = mkdtempSync(join(tmpdir(), 'shoebox-pictures-'));
    around = mkdtempSync(join(tmpdir(), 'shoebox-around-'));
    const directory = join(around, 'library');
    mkdirSync(directory);
    [ana, ben] = await Promise.all([openTestLibrary(), openTestLibrary({ directory })]);
    for (const [name, library] of [['Ana', ana] as const, ['Ben', ben] as const]) {
      const { email, password } = await server.person(name);
      await library.client.account.signIn({ server: server.origin, email, password });
    }
    const path = await writeScene(
      pictures,
      'sunset.jpg',
      1,
      { takenAt: '2024:06:12 18:30:00' },
      { width: 60, height: 40 },
    );
    await ana.client.library.import({ paths: [path], mode: 'copy' });
    const first = await until(async () => {
      const [id] = await ana.client.photos.allIDs({ view: { source: { kind: 'library' } } });
      return id;
    }, 'a photo to share');
    shared = first;
    ({ shareID } = await ana.client.sharing.create({
      title: 'Crete',
      what: { photoIDs: [first] },
      people: [{ email: 'ben@example.org', preset: 'editor' }],
    }));
    const { link } = await ana.client.sharing.get({ id: shareID });
    await ben.client.sharing.resolve({ link: link ?? '' });
    await ben.client.sharing.accept({ link: link ?? '' });
    const own = ana.app.sync.cloud();
    if (own === undefined) throw new Error('Ana is not signed in');
    cloud = own;
  }, 120_000);
  afterAll(async () => {
    await ana.dispose();
    await ben.dispose();
    await server.stop();
    for (const folder of [around, pictures]) rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const fields = (values: Record<string, string | number>): Record<string, CloudField> =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        { value, type: typeof value === 'number' ? 'INT64' : 'STRING' },
      ]),
    );
  const photo = (id: string, sha256: string): CloudOperation => ({
    operationType: 'create',
    record: {
      recordName: id,
      recordType: 'Photo',
      fields: fields({
        kind: 'photo',
        media_type: 'image',
        file_name: `${id}.jpg`,
        sha256,
        created_at: 1,
        modified_at: 1,
      }),
    },
  });
  /** Bytes Ana has sent to the server, in a record that says of them what she likes. */
  const resource = async (
    id: string,
    kind: 'original' | 'thumbnail',
    bytes: Uint8Array,
    said: { readonly sha256: string; readonly byte_size: number },
  ): Promise<CloudOperation> => {
    const recordName = `${id}-${kind}`;
    const sha256 = createHash('sha256').update(bytes).digest('base64');
    const ticket = await cloud.requestUpload(
      'private',
      { zoneName: shareID },
      { recordType: 'Resource', recordName, fieldName: 'data', size: bytes.length, sha256 },
    );
    const sent = 'url' in ticket ? await cloud.uploadChunk(ticket.url, bytes, 0, bytes.length, sha256) : undefined;
    const value =
      'existing' in ticket ? ticket.existing : sent !== undefined && 'asset' in sent ? sent.asset : undefined;
    return {
      operationType: 'create',
      record: {
        recordName,
        recordType: 'Resource',
        fields: {
          ...fields({ photo_id: id, kind, file_name: `${id}.jpg`, created_at: 1, modified_at: 1, ...said }),
          data: { value, type: 'ASSETID' },
        },
      },
    };
  };
  const write = async (operations: readonly CloudOperation[]): Promise<void> => {
    const answers = await cloud.modifyRecords('private', { zoneName: shareID }, operations);
    expect(answers.map(({ serverErrorCode }) => serverErrorCode ?? 'ok')).toEqual(operations.map(() => 'ok'));
  };
  const put = (recordName: string, recordType: string, values: Record<string, string | number>) =>
    write([{ operationType: 'forceUpdate', record: { recordName, recordType, fields: fields(values) } }]);
  const rows = (sql: string): unknown[] => ben.app.store.connection.raw.prepare(sql).all();
  const isHere = (id: string) => () =>
    rows(`SELECT 1 FROM resource WHERE id = '${id}' AND local_state = 'here'`).length > 0;
  /** Ben reads what there is, and everything that goes by itself is tried. */
  const rest = () => ben.client.sync.now({});

  test('leave no file outside the library; the rest arrives, and they do once they are corrected', async () => {
    const small = bytesOf('a small picture');
    const other = bytesOf('another small picture');
    const original = bytesOf('the bytes of an original');
    await write([
      photo('path', '../../planted-picture'),
      await resource('path', 'thumbnail', small, { sha256: hex(small), byte_size: small.length }),
      photo('named', hex(original)),
      // More than there is: the copy would stay in the making, under its name.
      await resource('named', 'original', original, { sha256: '../../planted-original', byte_size: 9_999 }),
      photo('good', 'cd'.repeat(32)),
      await resource('good', 'thumbnail', other, { sha256: hex(other), byte_size: other.length }),
    ]);
    await until(isHere('good-thumbnail'), 'the picture of the photo nothing is wrong with');
    await rest();
    expect(readdirSync(around)).toEqual(['library']);
    expect(rows(`SELECT id FROM photo WHERE id <> '${shared}' ORDER BY id`)).toEqual([{ id: 'good' }, { id: 'named' }]);
    expect(rows('SELECT row_id, reason FROM sync_orphan ORDER BY row_id')).toEqual([
      { row_id: 'named-original', reason: 'unreadable' },
      { row_id: 'path', reason: 'unreadable' },
      { row_id: 'path-thumbnail', reason: 'parent' },
    ]);

    await put('path', 'Photo', { sha256: 'ef'.repeat(32) });
    await put('named-original', 'Resource', { sha256: hex(original), byte_size: original.length });
    await until(isHere('path-thumbnail'), 'the picture of the photo that was corrected');
    await until(isHere('named-original'), 'the original that was corrected');
    expect(rows('SELECT row_id FROM sync_orphan')).toEqual([]);

    // What is here already stays as it was when a record of it comes to name a path.
    await put('named-original', 'Resource', { sha256: '../../planted-again' });
    await put('path', 'Photo', { sha256: '../../planted-again' });
    await until(
      () => rows(`SELECT 1 FROM sync_orphan WHERE reason = 'unreadable'`).length === 2,
      'both records to be kept aside',
    );
    await rest();
    expect(rows(`SELECT id, sha256 FROM photo WHERE id <> '${shared}' ORDER BY id`)).toEqual([
      { id: 'good', sha256: 'cd'.repeat(32) },
      { id: 'named', sha256: hex(original) },
      { id: 'path', sha256: 'ef'.repeat(32) },
    ]);
    expect(
      rows(`SELECT sha256, local_state FROM resource WHERE kind = 'original' AND photo_id <> '${shared}'`),
    ).toEqual([{ sha256: hex(original), local_state: 'here' }]);
    expect(readdirSync(around)).toEqual(['library']);
  });
});
