import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { errorMessage } from '../shared/errors.ts';
import { findArgon2 } from './accounts/argon2.ts';
import { createArgon2Passwords } from './accounts/passwords.ts';
import { openDiskStorage } from './assets/diskStorage.ts';
import { openS3Storage } from './assets/s3Storage.ts';
import type { AssetStorage } from './assets/assetStorage.ts';
import type { Log, MailPort, PasswordPort } from './cloud/context.ts';
import { lacksPublicURL, parseServerConfig, publicOrigin } from './config.ts';
import type { ServerConfig, ServerConfigInput } from './config.ts';
import { createContainerServer } from './containerServer.ts';
import type { ContainerServer, ContainerServerDeps } from './containerServer.ts';
import type { Database } from './database/database.ts';
import { openSqliteDatabase } from './database/sqlite/sqliteDatabase.ts';
import { createHTTPHost } from './http/httpHost.ts';
import { createMetrics } from './http/metrics.ts';
import { createLog } from './log.ts';
import { createMail } from './mail.ts';

/** A server that listens. */
export interface RunningServer {
  /** Origin, for example `http://127.0.0.1:8787`. */
  readonly origin: string;
  readonly port: number;
  readonly container: ContainerServer;
  /** Stops taking requests, ends the ones that wait, closes database and storage. */
  stop(): Promise<void>;
}

export interface StartOverrides {
  readonly log?: Log;
  readonly mail?: MailPort;
  readonly passwords?: PasswordPort;
  /** Clean-up interval in ms; default ten minutes. */
  readonly maintainEvery?: number;
}

/** Database and storage of a server. */
export interface ServerParts {
  readonly database: Database;
  readonly assets: AssetStorage;
}

/** Opens database and storage as configured; also what the admin commands work on. */
export async function openParts(config: ServerConfig, log: Log): Promise<ServerParts> {
  await mkdir(config.dataFolder, { recursive: true, mode: 0o700 });
  const database =
    config.databaseURL === undefined
      ? openSqliteDatabase({ path: join(config.dataFolder, 'container.sqlite') })
      : // Loaded only when it is used: the household server has no PostgreSQL client to start.
        await (
          await import('./database/postgres/postgresDatabase.ts')
        ).openPostgresDatabase({
          url: config.databaseURL,
          poolSize: config.databasePool,
          report: (message) => log.warn({}, message),
        });
  return orClose(
    async () => ({
      database,
      assets:
        config.s3 === undefined
          ? // Servers of one PostgreSQL may share a folder as well.
            await openDiskStorage(join(config.dataFolder, 'assets'), { alone: config.databaseURL === undefined })
          : await openS3Storage(config.s3),
    }),
    () => database.dispose(),
  );
}

/**
 * A container over parts that were opened for it: it closes them when it is disposed of, and so does this where there will
 * never be one.
 * @throws what `createContainerServer` throws
 */
export function containerOver(
  deps: Omit<ContainerServerDeps, keyof ServerParts>,
  parts: ServerParts,
): Promise<ContainerServer> {
  return orClose(
    () => createContainerServer({ ...parts, ...deps }),
    async () => {
      try {
        await parts.assets.dispose();
      } finally {
        await parts.database.dispose();
      }
    },
  );
}

/**
 * What `begin` gives; where it fails, after closing what was made for it. Left open, a connection to PostgreSQL alone would
 * keep a program alive that nobody can reach, and whoever looks after it would never start it again.
 */
async function orClose<T>(begin: () => Promise<T>, close: () => Promise<void>): Promise<T> {
  try {
    return await begin();
  } catch (error) {
    // What went wrong first is what somebody has to know.
    await close().catch(() => undefined);
    throw error;
  }
}

/**
 * Starts a server in this process: with no configuration at all, SQLite and disk under `.shoebox/server` on port 8787.
 * @throws AppError invalidInput, libraryNewer; Error when the port is taken
 */
export async function startServer(
  input: ServerConfigInput = {},
  overrides: StartOverrides = {},
): Promise<RunningServer> {
  const config = parseServerConfig(input);
  const log = overrides.log ?? createLog(config.logLevel);
  const random = (bytes: number): Uint8Array => randomBytes(bytes);
  // With port 0 the port is known only once we listen, and addresses handed out must name it.
  const port = config.port === 0 ? await freePort(config.host) : config.port;
  const container = await containerOver(
    {
      clock: Date.now,
      random,
      passwords: overrides.passwords ?? createArgon2Passwords(random, await findArgon2()),
      mail: overrides.mail ?? createMail(config.smtp),
      log,
      timers: {
        setTimeout: (run, ms) => setTimeout(run, ms),
        clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
      },
      config: { ...config, port },
    },
    await openParts(config, log),
  );
  const metrics = createMetrics(() => container.hub.waiting);
  const app = createHTTPHost({
    server: container,
    metrics,
    trustProxy: config.trustProxy,
    proxyHops: config.proxyHops,
    metricsToken: config.metricsToken,
    proxied: config.trustProxy || config.publicURL !== undefined,
    report: (facts) => log.info(facts, 'request'),
  });
  await orClose(
    () => app.listen({ host: config.host, port }),
    async () => {
      await app.close();
      metrics.dispose();
      await container.dispose();
    },
  );
  metrics.watchProcess();
  const maintenance = setInterval(
    () => {
      container.maintain().catch((error: unknown) => log.error({ error: errorMessage(error) }, 'clean-up failed'));
    },
    overrides.maintainEvery ?? 10 * 60_000,
  );
  maintenance.unref();
  const bound = app.server.address() as AddressInfo;
  const origin = publicOrigin({ ...config, port: bound.port });
  if (lacksPublicURL(config)) {
    log.warn(
      { origin },
      'listening on all interfaces without publicURL: share links, letters and uploads name an address no other machine can reach',
    );
  }
  log.info(
    { origin, database: container.services.database.dialect, storage: config.s3 === undefined ? 'disk' : 's3' },
    'listening',
  );

  return {
    origin,
    port: bound.port,
    container,
    async stop() {
      clearInterval(maintenance);
      container.hub.dispose();
      await app.close();
      metrics.dispose();
      await container.dispose();
    },
  };
}

async function freePort(host: string): Promise<number> {
  const { createServer } = await import('node:net');
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, host, () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
