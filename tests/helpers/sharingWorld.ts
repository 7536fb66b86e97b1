import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { createSharing, type Sharing } from '../../electron/core/sharing/sharing.ts';
import { createShareRecordSink } from '../../electron/core/sharing/shareRecordSink.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import type { CloudDatabase } from '../../electron/core/sync/cloudDatabase.ts';
import { derivedRow } from '../../electron/core/sync/derivedRow.ts';
import { createHttpCloudDatabase, overFetch } from '../../electron/core/sync/httpCloudDatabase.ts';
import { createSyncClock, newestStampIn, newestStampSeen } from '../../electron/core/sync/syncClock.ts';
import { createSyncEngine, type SyncEngine } from '../../electron/core/sync/syncEngine.ts';
import { addPerson } from '../../server/accounts/people.ts';
import { issueSession } from '../../server/accounts/sessions.ts';
import { createMemoryStorage } from '../../server/assets/memoryStorage.ts';
import { createContainerServer, type ContainerServer } from '../../server/containerServer.ts';
import { openSqliteDatabase } from '../../server/database/sqlite/sqliteDatabase.ts';
import { AppError } from '../../shared/errors.ts';
import { libraryZone } from '../../shared/ids.ts';
import { tagNameKey } from '../../shared/tagName.ts';
import { photoTagID } from '../../electron/core/store/derivedId.ts';

/** The real server code in this process, on real time plus whatever a test adds to it. */
export interface SharingWorld {
  readonly server: ContainerServer;
  readonly origin: string;
  /** Every request as it was sent: method, URL, body and headers. For tests that look for secrets. */
  readonly requests: readonly string[];
  offline: boolean;
  /** Moves the clock of everybody forward, ms. */
  skip(ms: number): void;
  now(): number;
  /** Somebody with an account and a library of their own. */
  person(name: string): Promise<Person>;
  /** Another computer of somebody. */
  deviceOf(person: Person, name: string): Promise<Person>;
  /** @throws AggregateError when anybody reported an error that no test expected */
  dispose(): Promise<void>;
}

/** One library of one person: real store, real sync engine, real sharing, in one thread. Bytes do not travel. */
export interface Person {
  readonly name: string;
  readonly email: string;
  readonly userName: string;
  readonly directory: string;
  readonly store: Store;
  readonly sharing: Sharing;
  readonly cloud: CloudDatabase;
  readonly engine: SyncEngine;
  readonly token: string;
  readonly errors: unknown[];
  readonly notifications: string[];
  readonly removedPictures: string[];
  /** Photos whose picture was asked for as the cover of a share. */
  readonly covers: string[];
  /** Two full rounds: deletions wait for the second. */
  sync(): Promise<void>;
  photo(title: string, options?: { zone?: string; sha256?: string; tags?: readonly string[] }): string;
  album(title: string, photoIDs: readonly string[]): string;
  rows<Row = Record<string, string | number | null>>(
    sql: string,
    ...values: readonly (string | number | null)[]
  ): Row[];
  /** Titles of the photos of a zone, sorted. */
  titles(zone: string): string[];
  dispose(): void;
}

const container = 'iCloud.org.example.shoebox';

export async function createSharingWorld(): Promise<SharingWorld> {
  const origin = 'http://localhost:8787';
  const requests: string[] = [];
  const people: Person[] = [];
  const folders: string[] = [];
  let offset = 0;
  const now = () => Date.now() + offset;
  const random = (bytes: number): Uint8Array => randomBytes(bytes);
  const passwords = {
    hash: (text: string) => Promise.resolve(text),
    verify: (hash: string, text: string) => Promise.resolve(hash === text),
  };
  const server = await createContainerServer({
    database: openSqliteDatabase({ path: ':memory:' }),
    assets: createMemoryStorage(),
    clock: now,
    random,
    passwords,
    mail: { send: () => Promise.resolve() },
    log: { info: () => undefined, warn: () => undefined, error: (facts, message) => console.error(message, facts) },
    config: { publicURL: origin },
  });

  const world = {
    server,
    origin,
    requests,
    offline: false,
    skip: (ms: number) => {
      offset += ms;
    },
    now,
    person: async (name: string) => {
      const userName = await addPerson(
        { database: server.services.database, random, passwords, clock: now },
        { email: `${name.toLowerCase()}@example.org`, name, userName: `_${name.toLowerCase()}`, emailVerified: true },
      );
      return open(name, userName, name.toLowerCase());
    },
    deviceOf: (person: Person, name: string) => open(person.name, person.userName, name),
    dispose: async () => {
      const errors = people.flatMap((person) => person.errors);
      // A round that is under way would meet a closed database, and say so.
      await Promise.all(people.map(({ engine }) => engine.settled()));
      for (const person of people) person.dispose();
      await server.dispose();
      if (errors.length > 0) throw new AggregateError(errors, 'Something went wrong in the background');
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    },
  };

  const open = async (name: string, userName: string, device: string): Promise<Person> => {
    const directory = mkdtempSync(join(tmpdir(), `shoebox-${device}-`));
    folders.push(directory);
    const email = `${name.toLowerCase()}@example.org`;
    const { token } = await server.services.database.write((sql) =>
      issueSession(sql, { random, now: now() }, { userName, kind: 'device', lifetimeMs: 3_650 * 86_400_000 }),
    );
    const errors: unknown[] = [];
    const store = openStore({
      directory,
      now,
      newId: randomUUIDv7,
      stamp: () => clock.stamp(),
      reportError: (error) => errors.push(error),
    });
    const clock = createSyncClock({
      now,
      node: device,
      last: newestStampIn(store.connection),
      seen: () => newestStampSeen(store.connection),
    });
    store.connection
      .statement<(string | number)[]>(
        `INSERT INTO sync_account (singleton, server, container, environment, user_name, email, display_name, state, signed_in_at)
         VALUES (1, ?, ?, 'development', ?, ?, ?, 'signedIn', 0)`,
      )
      .run(origin, container, userName, email, name);
    const cloud = createHttpCloudDatabase({
      fetch: overFetch(async (request) => {
        if (world.offline) throw new TypeError('fetch failed');
        const body = request.method === 'GET' ? undefined : await request.text();
        requests.push(
          `${request.method} ${request.url} ${JSON.stringify(Object.fromEntries(request.headers))} ${body ?? ''}`,
        );
        const answer = await server.handle({
          method: request.method,
          url: request.url,
          headers: Object.fromEntries(request.headers),
          ...(body === undefined ? {} : { body }),
        });
        return new Response(answer.body as string, { status: answer.status, headers: answer.headers });
      }),
      server: origin,
      container,
      environment: 'development',
      token: () => token,
      newKey: randomUUIDv7,
    });
    const removedPictures: string[] = [];
    const covers: string[] = [];
    const notifications: string[] = [];
    const engine = createSyncEngine({
      store,
      cloud,
      me: userName,
      now,
      random: Math.random,
      timers: { set: (fn, ms) => setTimeout(fn, ms), clear: (handle) => clearTimeout(handle as NodeJS.Timeout) },
      node: `${device}_sync`,
      derive: derivedRow,
      shares: createShareRecordSink({
        store,
        now,
        newId: randomUUIDv7,
        me: () => userName,
        pictureKeys: (id) =>
          store.connection
            .statement<[string], { sha256: string | null }>('SELECT sha256 FROM photo WHERE id = ?')
            .all(id)
            .flatMap(({ sha256 }) => sha256 ?? []),
        removePictures: (key) => removedPictures.push(key),
      }),
      assets: { found: () => undefined, value: () => undefined, accepted: () => undefined, refused: () => undefined },
      reportError: (error) => errors.push(error),
    });
    engine.start();
    const sharing = createSharing({
      store,
      now,
      newId: randomUUIDv7,
      pause: () => nextTurn(),
      // Whoever waits here asks again afterwards: sooner is as good.
      delay: (ms) => delay(Math.min(ms, 100)),
      cloud: () => cloud,
      requestSync: () => engine.kick({ import: true, export: true }),
      inspectServer: () =>
        world.offline ? Promise.reject(new AppError('offline', 'No answer.')) : Promise.resolve(true),
      fetchOriginals: () => Promise.resolve(),
      addToAlbum: () => Promise.reject(new Error('no import goes to an album here')),
      cover: (photoID) => {
        covers.push(photoID);
        return Promise.resolve(undefined);
      },
      onProgress: () => undefined,
      onChange: () => undefined,
      notify: ({ title, body }) => notifications.push(`${title}: ${body}`),
      reportError: (error) => errors.push(error),
    });
    let disposed = false;
    const person: Person = {
      name,
      email,
      userName,
      directory,
      store,
      sharing,
      cloud,
      engine,
      token,
      errors,
      notifications,
      removedPictures,
      covers,
      sync: async () => {
        for (let round = 0; round < 3; round += 1) {
          engine.kick({ import: true, export: true });
          await engine.settled();
        }
        await sharing.afterSync();
        // By itself it asks the server at most once a second; a test does not wait for the next time.
        await sharing.invitations.refresh();
        await sharing.tasks.resume();
        await engine.settled();
      },
      photo: (title, { zone = libraryZone, sha256, tags = [] } = {}) => {
        const id = randomUUIDv7();
        const hash = sha256 ?? Buffer.from(random(32)).toString('hex');
        store.transaction('app', (connection) => {
          connection
            .statement<(string | number | null)[]>(
              `INSERT INTO photo (id, zone_id, kind, media_type, file_name, title, sha256, byte_size, created_at, modified_at, sort_at)
               VALUES (?, ?, 'photo', 'image', ?, ?, ?, 1000, ?, ?, ?)`,
            )
            .run(id, zone, `${title}.jpg`, title, hash, now(), now(), now());
          connection
            .statement<(string | number | null)[]>(
              `INSERT INTO resource (id, zone_id, photo_id, kind, file_name, byte_size, sha256, created_at, modified_at)
               VALUES (?, ?, ?, 'original', ?, 1000, ?, ?, ?)`,
            )
            .run(randomUUIDv7(), zone, id, `${title}.jpg`, hash, now(), now());
          for (const name of tags) {
            const known = connection
              .statement<[string, string], { id: string }>('SELECT id FROM tag WHERE zone_id = ? AND name_key = ?')
              .get(zone, tagNameKey(name))?.id;
            const tagID = known ?? randomUUIDv7();
            if (known === undefined) {
              connection
                .statement<(string | number)[]>(
                  'INSERT INTO tag (id, zone_id, name, name_key, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?)',
                )
                .run(tagID, zone, name, tagNameKey(name), now(), now());
            }
            connection
              .statement<(string | number)[]>(
                'INSERT INTO photo_tag (id, zone_id, photo_id, tag_id, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?)',
              )
              .run(photoTagID(id, tagID), zone, id, tagID, now(), now());
          }
        });
        return id;
      },
      album: (title, photoIDs) => {
        const id = randomUUIDv7();
        store.transaction('app', (connection) => {
          connection
            .statement<(string | number)[]>(
              `INSERT INTO album (id, zone_id, kind, title, position, created_at, modified_at) VALUES (?, 'library', 'manual', ?, 'a', ?, ?)`,
            )
            .run(id, title, now(), now());
          for (const [index, photoID] of photoIDs.entries()) {
            connection
              .statement<(string | number)[]>(
                `INSERT INTO album_item (id, zone_id, album_id, photo_id, position, created_at, modified_at) VALUES (?, 'library', ?, ?, ?, ?, ?)`,
              )
              .run(randomUUIDv7(), id, photoID, String(index).padStart(6, '0'), now(), now());
          }
        });
        return id;
      },
      rows: <Row>(sql: string, ...values: readonly (string | number | null)[]) =>
        store.connection.statement<(string | number | null)[], Row>(sql).all(...values),
      titles: (zone) =>
        store.connection
          .statement<[string], { title: string }>(
            'SELECT title FROM photo WHERE zone_id = ? AND trashed_at IS NULL ORDER BY title',
          )
          .all(zone)
          .map(({ title }) => title),
      dispose: () => {
        if (disposed) return;
        disposed = true;
        sharing.dispose();
        engine.stop();
        store.dispose();
      },
    };
    people.push(person);
    await engine.settled();
    return person;
  };
  return world;
}
