import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addPerson } from '../../server/accounts/people.ts';
import { issueSession } from '../../server/accounts/sessions.ts';
import { createMemoryStorage } from '../../server/assets/memoryStorage.ts';
import type { PasswordPort } from '../../server/cloud/context.ts';
import type { ServerConfigInput } from '../../server/config.ts';
import { createContainerServer } from '../../server/containerServer.ts';
import type { ContainerServer } from '../../server/containerServer.ts';
import { startServer } from '../../server/startServer.ts';
import type { RunningServer } from '../../server/startServer.ts';

export const testContainer = 'iCloud.org.example.shoebox';

/** Somebody with an account and a session on a test server. */
export interface TestPerson {
  readonly userName: string;
  readonly email: string;
  /** Bearer session token. */
  readonly token: string;
  readonly password: string;
}

export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface TestServer {
  readonly origin: string;
  readonly running: RunningServer;
  readonly container: ContainerServer;
  readonly folder: string;
  /** Letters the server sent, oldest first. */
  readonly letters: readonly Letter[];
  /** Makes an account `<name>@example.org` with a session; the same name again gives a further session. */
  person(name: string): Promise<TestPerson>;
  stop(): Promise<void>;
}

/** Quick and worthless hashing, so that tests measure the server and not Argon2id. */
export const quickPasswords: PasswordPort = {
  hash: async (password) => `quick:${password}`,
  verify: async (hash, password) => hash === `quick:${password}`,
};

/** A real server on a free port of this machine, over a temporary SQLite file and disk folder (or as configured). */
export async function startTestServer(config: ServerConfigInput = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'shoebox-server-'));
  const letters: Letter[] = [];
  const running = await startServer(
    { dataFolder: folder, port: 0, logLevel: 'error', longPollSeconds: 5, ...config },
    { passwords: quickPasswords, mail: { send: async (letter) => void letters.push(letter) } },
  );
  return {
    origin: running.origin,
    running,
    container: running.container,
    folder,
    letters,
    person: (name) => makePerson(running.container, name),
    async stop() {
      await running.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type ContainerParts = Parameters<typeof createContainerServer>[0];

/** A server without sockets over this database. What is not given is in memory, quick, and silent but for failures. */
export function createTestContainer(
  parts: Pick<ContainerParts, 'database'> & Partial<ContainerParts>,
): Promise<ContainerServer> {
  return createContainerServer({
    assets: createMemoryStorage(),
    clock: Date.now,
    random: someBytes,
    passwords: quickPasswords,
    mail: { send: async () => undefined },
    log: { info: () => undefined, warn: () => undefined, error: (facts) => console.error(facts) },
    config: { publicURL: 'http://server.test' },
    ...parts,
  });
}

/** An account and a session, straight in the server's database: also for servers without sockets. */
export async function makePerson(container: ContainerServer, name: string): Promise<TestPerson> {
  const { services } = container;
  const email = `${name.toLowerCase()}@example.org`;
  const userName = `_${name.toLowerCase()}`;
  const password = `${name}-photos-2026`;
  const known = await services.database.read((sql) => sql.get('SELECT id FROM users WHERE id = ?', [userName]));
  if (known === undefined) {
    await addPerson({ ...services }, { email, name, password, userName, emailVerified: true, discoverable: true });
  }
  const { token } = await services.database.write((sql) =>
    issueSession(
      sql,
      { random: services.random, now: services.clock() },
      {
        userName,
        kind: 'device',
        lifetimeMs: 30 * 86_400_000,
        userAgent: 'test',
      },
    ),
  );
  return { userName, email, token, password };
}

/** Random bytes of a given size, for assets. */
export function someBytes(size: number): Buffer {
  return randomBytes(size);
}
