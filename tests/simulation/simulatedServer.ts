import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addPerson } from '../../server/accounts/people.ts';
import { issueSession } from '../../server/accounts/sessions.ts';
import { createMemoryStorage } from '../../server/assets/memoryStorage.ts';
import { mintEpoch } from '../../server/cloud/syncTokens.ts';
import { createContainerServer, type ContainerServer } from '../../server/containerServer.ts';
import { openSqliteDatabase } from '../../server/database/sqlite/sqliteDatabase.ts';

/** The real server code over an in-memory database, on simulated time. */
export interface SimulatedServer {
  readonly origin: string;
  readonly container: string;
  readonly environment: string;
  handle(request: Request): Promise<Response>;
  addPerson(name: string): Promise<string>;
  signIn(userName: string): Promise<string>;
  signOut(token: string): Promise<void>;
  /** Keeps a copy of the database to go back to. */
  snapshot(): Promise<void>;
  /** Goes back to the newest copy. `announced`: as an operator restores it, with a new epoch; else as it was. */
  restore(announced: boolean): Promise<boolean>;
  /** Forgets deletions older than now, as after the retention time. */
  purgeTombstones(): Promise<void>;
  /** Starts the process again on the same database. */
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

export async function createSimulatedServer(now: () => number, random: () => number): Promise<SimulatedServer> {
  const folder = mkdtempSync(join(tmpdir(), 'shoebox-simulation-'));
  const container = 'iCloud.org.example.shoebox';
  const assets = createMemoryStorage();
  const randomBytes = (bytes: number) => Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256));
  let generation = 0;
  let kept: string | undefined;

  const open = (path: string) =>
    createContainerServer({
      database: openSqliteDatabase({ path }),
      assets,
      clock: now,
      random: randomBytes,
      passwords: { hash: (text) => Promise.resolve(text), verify: (hash, text) => Promise.resolve(hash === text) },
      mail: { send: () => Promise.resolve() },
      log: {
        info: () => undefined,
        warn: () => undefined,
        error: (facts, message) => {
          if (message === 'request failed') throw new Error(`the server failed: ${JSON.stringify(facts)}`);
        },
      },
      config: { publicURL: 'http://server.test', sessionDays: 3_650_000 },
    });
  let server: ContainerServer = await open(':memory:');

  const backUp = async (): Promise<string> => {
    generation += 1;
    const path = join(folder, `copy-${generation}.sqlite`);
    await server.services.database.backupTo(path);
    return path;
  };
  const reopen = async (copy: string) => {
    generation += 1;
    const path = join(folder, `live-${generation}.sqlite`);
    copyFileSync(copy, path);
    await server.services.database.dispose();
    server.hub.dispose();
    server = await open(path);
  };

  return {
    origin: 'http://server.test',
    container,
    environment: 'development',
    handle: async (request) => {
      const { status, headers, body } = await server.handle({
        method: request.method,
        url: request.url,
        headers: Object.fromEntries(request.headers),
        ...(request.method === 'GET' ? {} : { body: await request.text() }),
      });
      if (typeof body !== 'string' && !(body instanceof Uint8Array))
        throw new Error('A simulated answer must not stream');
      const date = new Date(now()).toUTCString();
      return new Response(body as string, { status, headers: { ...headers, date } });
    },
    addPerson: (name) =>
      addPerson(
        { database: server.services.database, random: randomBytes, passwords: server.services.passwords, clock: now },
        { email: `${name}@example.org`, name, userName: `_${name}`, emailVerified: true },
      ),
    signIn: (userName) =>
      server.services.database.write(
        async (sql) =>
          (
            await issueSession(
              sql,
              { random: randomBytes, now: now() },
              { userName, kind: 'device', lifetimeMs: 100 * 365 * 86_400_000 },
            )
          ).token,
      ),
    signOut: async (token) => {
      await server.services.database.write((sql) =>
        sql.run('DELETE FROM sessions WHERE token = ?', [server.services.tokens === undefined ? token : token]),
      );
    },
    snapshot: async () => {
      kept = await backUp();
    },
    restore: async (announced) => {
      if (kept === undefined) return false;
      await reopen(kept);
      if (announced) {
        const row = await server.services.database.read((sql) =>
          sql.get<{ value: string }>(`SELECT value FROM meta WHERE key = 'epoch'`),
        );
        await mintEpoch(server.services.database, randomBytes, row?.value ?? '');
      }
      return true;
    },
    purgeTombstones: async () => {
      await server.maintain();
    },
    restart: async () => reopen(await backUp()),
    dispose: async () => {
      await server.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
