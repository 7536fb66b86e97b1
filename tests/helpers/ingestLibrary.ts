import { randomUUIDv7 } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIngest, type Ingest, type IngestDependencies } from '../../electron/core/library/ingest.ts';
import { createScanJobs, type ScanJobs } from '../../electron/core/library/scanJobs.ts';
import { createMediaJobs, type MediaJobs } from '../../electron/core/media/mediaJobs.ts';
import { createMediaPool, type MediaPool } from '../../electron/core/media/mediaPool.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { createCaller, localPort } from '../../electron/core/workers/channel.ts';

/** A library with ingest on it, everything in this process. */
export interface IngestLibrary {
  readonly directory: string;
  readonly store: Store;
  readonly ingest: Ingest;
  readonly pool: MediaPool;
  readonly errors: unknown[];
  /** Closes and opens it again, as a restart of the app does. */
  reopen(): Promise<IngestLibrary>;
  close(): Promise<void>;
  dispose(): Promise<void>;
}

export type IngestOptions = Partial<
  Pick<
    IngestDependencies,
    | 'thumbnails'
    | 'settleMs'
    | 'unfinishedMs'
    | 'watch'
    | 'now'
    | 'newId'
    | 'rescanMs'
    | 'returnMs'
    | 'every'
    | 'isNetwork'
    | 'originals'
  >
> & {
  readonly directory?: string;
  readonly pool?: MediaPool;
  /** Stands before the scan worker's jobs, to let some of them fail. */
  readonly scanning?: (jobs: ScanJobs) => ScanJobs;
};

/** Media jobs in this process, to be shared by the libraries of a suite: starting exiftool is what costs time. */
export function createLocalPool(): MediaPool {
  const jobs: MediaJobs[] = [];
  const pool = createMediaPool({
    spawn: () => {
      const made = createMediaJobs();
      jobs.push(made);
      return localPort(made);
    },
    idleMs: 600_000,
  });
  return {
    ...pool,
    dispose: async () => {
      await pool.dispose();
      await Promise.all(jobs.map((one) => one.end()));
    },
  };
}

/** Opens a library in a new folder under the system's temporary one. */
export async function openIngestLibrary(options: IngestOptions = {}): Promise<IngestLibrary> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'shoebox-ingest-'));
  const now = options.now ?? Date.now;
  const newId = options.newId ?? randomUUIDv7;
  const store = openStore({ directory, now, newId });
  const pool = options.pool ?? createLocalPool();
  const scan = createCaller<ScanJobs>(localPort((options.scanning ?? ((jobs) => jobs))(createScanJobs())));
  const errors: unknown[] = [];
  const ingest = createIngest({
    store,
    pool,
    scan,
    now,
    newId,
    cacheDirectory: join(directory, 'cache'),
    reportError: (error) => errors.push(error),
    watch: options.watch ?? false,
    settleMs: options.settleMs ?? 0,
    ...(options.unfinishedMs === undefined ? {} : { unfinishedMs: options.unfinishedMs }),
    ...(options.thumbnails === undefined ? {} : { thumbnails: options.thumbnails }),
    ...(options.returnMs === undefined ? {} : { returnMs: options.returnMs }),
    ...(options.rescanMs === undefined ? {} : { rescanMs: options.rescanMs }),
    ...(options.every === undefined ? {} : { every: options.every }),
    ...(options.originals === undefined ? {} : { originals: options.originals }),
    ...(options.isNetwork === undefined ? {} : { isNetwork: options.isNetwork }),
  });
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    await ingest.dispose();
    if (options.pool === undefined) await pool.dispose();
    scan.kill();
    store.dispose();
  };
  return {
    directory,
    store,
    ingest,
    pool,
    errors,
    close,
    reopen: async () => {
      await close();
      return openIngestLibrary({ ...options, directory });
    },
    dispose: async () => {
      await close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Rows of a query, for assertions. */
export function rows<Row>(
  library: Pick<IngestLibrary, 'store'>,
  sql: string,
  ...parameters: (string | number)[]
): Row[] {
  return library.store.connection.raw.prepare(sql).all(...parameters) as Row[];
}
