import { openConnection } from '../../electron/core/store/connection.ts';
import { overFetch } from '../../electron/core/sync/httpCloudDatabase.ts';
import { createClient, makeLibraryImage, type Client } from '../simulation/client.ts';
import { createSimulatedServer, openServerDatabase, type SimulatedServer } from '../simulation/simulatedServer.ts';
import { createVirtualTime, type VirtualTime } from '../simulation/virtualTime.ts';

/** What a test may put between a client and the server: answer a request itself, or let it through (undefined). */
export type Interference = (request: {
  url: string;
  body: string;
  device: string;
  /** Lets the server have it, whatever the client is told. */
  deliver: () => Promise<Response>;
}) => Response | Promise<Response> | undefined;

/** A server and computers of people, all in this thread, on time the test moves. */
export interface Fleet {
  readonly server: SimulatedServer;
  readonly time: VirtualTime;
  /** A computer of a person; the person's account is made when needed. */
  device(person: string): Promise<Client>;
  /** Runs one full cycle on each, in order. */
  sync(...clients: readonly Client[]): Promise<void>;
  /** Undefined lets everything through again. */
  interfere(with_: Interference | undefined): void;
  /** Requests sent so far, `device path`. */
  readonly requests: string[];
  dispose(): Promise<void>;
}

export async function createFleet(): Promise<Fleet> {
  const time = createVirtualTime(1_750_000_000_000);
  let state = 1;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const database = await openServerDatabase();
  const server = await createSimulatedServer(
    () => time.now,
    random,
    database,
    () => database.database.dispose(),
  );
  const image = makeLibraryImage();
  const clients: Client[] = [];
  const people = new Set<string>();
  const requests: string[] = [];
  let interference: Interference | undefined;

  return {
    server,
    time,
    requests,
    device: async (person) => {
      if (!people.has(person)) await server.addPerson(person);
      people.add(person);
      const token = await server.signIn(`_${person}`);
      const name = `${person}${clients.length + 1}`;
      const client = createClient({
        name,
        person,
        me: `_${person}`,
        library: openConnection(image),
        release: (library) => library.close(),
        time,
        random,
        fetch: overFetch(async (request) => {
          const body = request.method === 'GET' ? '' : await request.clone().text();
          requests.push(`${name} ${new URL(request.url).pathname.split('/').slice(-3).join('/')}`);
          const deliver = () => server.handle(request);
          return interference?.({ url: request.url, body, device: name, deliver }) ?? deliver();
        }),
        forget: () => undefined,
        server: server.origin,
        container: server.container,
        environment: server.environment,
        token: () => token,
      });
      clients.push(client);
      client.engine.start();
      await client.engine.settled();
      return client;
    },
    sync: async (...some) => {
      for (const client of some) {
        client.engine.kick({ import: true, export: true });
        await client.engine.settled();
      }
    },
    interfere: (with_) => {
      interference = with_;
    },
    dispose: async () => {
      for (const client of clients) client.dispose();
      await server.dispose();
      const errors = clients.flatMap((client) => client.errors);
      if (errors.length > 0) throw new AggregateError(errors, 'errors escaped during the test');
    },
  };
}

/** Adds a photo with its original's record. */
export function addPhoto(client: Client, values: Record<string, string | number | null> = {}): string {
  const id = client.newId();
  const row: Record<string, string | number | null> = {
    id,
    zone_id: 'library',
    kind: 'photo',
    media_type: 'image',
    file_name: `${id}.jpg`,
    sort_at: client.now(),
    created_at: client.now(),
    modified_at: client.now(),
    ...values,
  };
  client.store.transaction('app', ({ raw }) => {
    raw
      .prepare(
        `INSERT INTO photo (${Object.keys(row).join(', ')}) VALUES (${Object.keys(row)
          .map(() => '?')
          .join(', ')})`,
      )
      .run(...Object.values(row));
    raw
      .prepare(
        `INSERT INTO resource (id, zone_id, photo_id, kind, file_name, created_at, modified_at) VALUES (?, ?, ?, 'original', ?, ?, ?)`,
      )
      .run(`${id}-original`, row['zone_id'], id, `${id}.jpg`, client.now(), client.now());
  });
  return id;
}

/** Deletes a photo with its original's record, as a person does for good. */
export function removePhoto(client: Client, id: string): void {
  client.store.transaction('app', ({ raw }) => {
    raw.prepare('DELETE FROM resource WHERE photo_id = ?').run(id);
    raw.prepare('DELETE FROM photo WHERE id = ?').run(id);
  });
}

/** Changes columns of a row as a person does. */
export function edit(client: Client, table: string, id: string, values: Record<string, string | number | null>): void {
  const all = { ...values, modified_at: client.now() };
  client.store.transaction('app', ({ raw }) => {
    raw
      .prepare(
        `UPDATE ${table} SET ${Object.keys(all)
          .map((name) => `${name} = ?`)
          .join(', ')} WHERE id = ?`,
      )
      .run(...Object.values(all), id);
  });
}

/** One row, or undefined. */
export function row(client: Client, table: string, id: string): Record<string, unknown> | undefined {
  return client.store.connection.raw.prepare(`SELECT * FROM ${table} WHERE id = ?`).get(id) as
    | Record<string, unknown>
    | undefined;
}

/** Rows of any query. */
export function rows(client: Client, sql: string): Record<string, unknown>[] {
  return client.store.connection.raw.prepare(sql).all() as Record<string, unknown>[];
}
