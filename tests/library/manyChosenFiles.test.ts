import { randomUUIDv7 } from 'node:crypto';
import type * as NodePath from 'node:path';
import { join, parse } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createDiscovery, type Discovery } from '../../electron/core/library/discovery.ts';
import { createGate } from '../../electron/core/library/gate.ts';
import { createScanJobs, type ScanJobs } from '../../electron/core/library/scanJobs.ts';
import { createSessionRows, type SessionRows } from '../../electron/core/library/sessionRows.ts';
import type { Connection } from '../../electron/core/store/connection.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { createCaller, localPort } from '../../electron/core/workers/channel.ts';
import { createLocalPool, openIngestLibrary, rows } from '../helpers/ingestLibrary.ts';
import { temporaryFolder, type TemporaryFolder } from '../helpers/temporaryFolder.ts';

const work = vi.hoisted(() => ({ steps: 0 }));

/** Counts the comparisons of paths, and gives up far above what each path by itself needs. */
vi.mock('node:path', async (importActual) => {
  const actual = await importActual<typeof NodePath>();
  const count = (): void => {
    work.steps += 1;
    if (work.steps > 1_000_000) throw new Error('The chosen paths are compared with one another');
  };
  return {
    ...actual,
    relative: (from: string, to: string) => {
      count();
      return actual.relative(from, to);
    },
    dirname: (path: string) => {
      count();
      return actual.dirname(path);
    },
  };
});

let folder: TemporaryFolder;
let store: Store;
let sessions: SessionRows;
let discovery: Discovery;
beforeEach(() => {
  work.steps = 0;
  folder = temporaryFolder('many-chosen');
  mkdirSync(join(folder.path, 'library'));
  store = openStore({ directory: join(folder.path, 'library'), now: Date.now, newId: randomUUIDv7 });
  sessions = createSessionRows(store.connection);
  discovery = createDiscovery({
    store,
    sessions,
    scan: createCaller<ScanJobs>(localPort(createScanJobs())),
    folders: { reference: () => Promise.reject(new Error('Nothing is taken in place')) },
  });
});
afterEach(() => {
  store.dispose();
  folder.dispose();
});

function chosen(roots: readonly string[]): void {
  store.transaction('ingest', () =>
    sessions.insertSession({
      id: 's',
      kind: 'import',
      mode: 'copy',
      state: 'scanning',
      source: 'many',
      roots: JSON.stringify(roots),
      message: null,
      started_at: 1,
      ended_at: null,
    }),
  );
}

const listed = () =>
  store.connection.raw.prepare('SELECT path FROM import_item ORDER BY path').pluck().all() as string[];

it('ten thousand chosen files are listed without comparing each with every other', async () => {
  const pictures = join(folder.path, 'pictures', '2024', '07');
  chosen(Array.from({ length: 10_000 }, (_, number) => join(pictures, `IMG_${number}.jpg`)));
  expect(discovery.isDone('s')).toBe(false);
  work.steps = 0;
  await discovery.below('s', createGate());
  expect(work.steps).toBeLessThan(50_000);
  expect(listed()).toHaveLength(10_000);

  work.steps = 0;
  expect(discovery.isDone('s')).toBe(true);
  expect(work.steps).toBeLessThan(50_000);
});

it('whether a chosen path has been listed is asked of an index', () => {
  const plans: string[] = [];
  const watched: Connection = {
    ...store.connection,
    statement: (sql) => {
      const plan = store.connection.statement<string[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
      plans.push(...plan.all(...Array.from(sql.matchAll(/\?/g), () => '')).map(({ detail }) => detail));
      return store.connection.statement(sql);
    },
  };
  createSessionRows(watched).hasItemsIn('s', '/pictures');
  const reads = plans.filter((detail) => detail.includes('import_item'));
  expect(reads.length).toBeGreaterThan(0);
  for (const detail of reads) expect(detail).toMatch(/session_id=\? AND path(=|>)\?/);
});

it('a folder chosen together with a file far inside it, and one beside it of a longer name, are each listed as they should be', async () => {
  const [trip, trip2] = [join(folder.path, 'Trip'), join(folder.path, 'Trip 2')];
  for (const one of [join(trip, 'a', 'b'), trip2]) mkdirSync(one, { recursive: true });
  const inside = join(trip, 'a', 'b', 'deep.jpg');
  const files = [inside, join(trip, 'top.jpg'), join(trip2, 'other.jpg')];
  for (const file of files) writeFileSync(file, 'x');
  chosen([inside, trip, trip2]);
  // An interruption came between the first of them and the others.
  store.transaction('ingest', () => sessions.insertFailed('s', inside, 'was listed'));
  expect(discovery.isDone('s')).toBe(false);
  expect(sessions.hasItemsIn('s', trip)).toBe(true);
  expect(sessions.hasItemsIn('s', trip2)).toBe(false);
  expect(sessions.hasItemsIn('s', join(trip, 'a', 'b', 'deep'))).toBe(false);
  await discovery.below('s', createGate());
  expect(listed()).toEqual([...files].sort());
});

it('files chosen to be used where they lie are looked for once in each folder, and no others are taken', async () => {
  const pool = createLocalPool();
  const walks: string[] = [];
  const library = await openIngestLibrary({
    pool,
    scanning: (jobs) => ({
      ...jobs,
      walk: (params) => {
        walks.push(params.root);
        return jobs.walk(params);
      },
    }),
  });
  try {
    const folders = [join(folder.path, 'one'), join(folder.path, 'two')];
    const files = folders.flatMap((one) => ['1.jpg', '2.jpg', '3.jpg'].map((name) => join(one, name)));
    for (const one of folders) mkdirSync(one);
    for (const file of files) writeFileSync(file, 'x');
    const [, ...others] = files;
    const id = await library.ingest.import([...others, join(folder.path, 'two')], { mode: 'reference' });
    await library.ingest.finished(id);
    // The last one is a folder, chosen as a whole besides its files.
    expect(walks.toSorted()).toEqual([folders[0], folders[1], folders[1]]);
    const paths = rows<{ path: string }>(library, 'SELECT path FROM import_item').map(({ path }) => path);
    expect(paths.toSorted()).toEqual(others);
    expect(rows(library, 'SELECT path FROM file')).toHaveLength(5);
  } finally {
    await library.dispose();
    await pool.dispose();
  }
});

it('the top of a disk, chosen alone, holds no other chosen path', () => {
  const { root } = parse(folder.path);
  chosen([root]);
  store.transaction('ingest', () => sessions.insertFailed('s', join(root, 'a.jpg'), 'was listed'));
  expect(discovery.isDone('s')).toBe(true);
});
