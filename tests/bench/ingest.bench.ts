// Measures ingest beside the raw limits of the machine, in one run: `npm run bench:ingest -- [--photos 1000] [--runs 3]`.
import '../../build/check-node.mjs';
import { spawn } from 'node:child_process';
import { createHash, randomUUIDv7 } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { closeSync, openSync, readSync } from 'node:fs';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import BetterSqlite3 from 'better-sqlite3';
import exifr from 'exifr';
import sharp from 'sharp';
import { makePhotoFolder } from '../../build/photoFolder.ts';
import { createIngest } from '../../electron/core/library/ingest.ts';
import { createFileRows } from '../../electron/core/library/fileRows.ts';
import type { ScanJobs } from '../../electron/core/library/scanJobs.ts';
import { createScanJobs } from '../../electron/core/library/scanJobs.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { createCaller } from '../../electron/core/workers/channel.ts';
import { nodeWorkers } from '../../electron/core/workers/spawnWorkers.ts';
import type { IngestTimes } from './ingestRun.ts';

const { values } = parseArgs({
  options: {
    photos: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '3' },
    files: { type: 'string', default: '20000' },
    folder: { type: 'string', default: join(tmpdir(), 'shoebox-bench') },
  },
});
const count = Number(values.photos);
const runs = Number(values.runs);
const folder = join(values.folder, `photos-${count}`);
if (!existsSync(join(folder, 'done'))) {
  console.log(`Drawing ${count} photos of 12 megapixels once, into ${folder} …`);
  await makePhotoFolder({ directory: join(folder, 'photos'), photos: count });
  writeFileSync(join(folder, 'done'), '');
}
const photos = join(folder, 'photos');
const paths = readdirSync(photos).map((name) => join(photos, name));
let bytes = 0;
for (const path of paths) bytes += readFileSync(path).length; // warms the cache too
console.log(
  `${paths.length} photos, ${(bytes / 1e9).toFixed(2)} GB, median of ${runs}, load ${readFileSync('/proc/loadavg', 'utf8').trim()}`,
);

/** One ingest in a process of its own; `peak` is the memory of it and everything it starts, in bytes. */
async function measureIngest(mode: 'hashes' | 'thumbnails' | 'all'): Promise<IngestTimes & Used> {
  const entry = join(import.meta.dirname, 'ingestRun.ts');
  const cpuBefore = childrenCpuMs();
  const child = spawn(process.execPath, [entry, photos, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const memory = watchMemory(child.pid ?? 0);
  await once(child, 'exit');
  const peak = memory.stop();
  const times = JSON.parse(output.trim().split('\n').at(-1) ?? '') as IngestTimes;
  if (times.imported !== paths.length) throw new Error(`Only ${times.imported} of ${paths.length} were imported`);
  return { ...times, peak, cpu: childrenCpuMs() - cpuBefore };
}

interface Used {
  /** Peak memory of all its processes, bytes. */
  readonly peak: number;
  /** Processor time of all its processes, ms: what a busy machine does not change. */
  readonly cpu: number;
}

/** Processor time of every process this one started and that has ended, in ms (Linux, in ticks of 10 ms). */
function childrenCpuMs(): number {
  const stat = readIfThere('/proc/self/stat');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) * 10;
}

/** Wall and processor time of a bare loop in this process, in ms. */
async function timed(work: () => Promise<number>): Promise<{ readonly wall: number; readonly cpu: number }> {
  const before = process.cpuUsage();
  const wall = await work();
  const { user, system } = process.cpuUsage(before);
  return { wall, cpu: (user + system) / 1_000 };
}

/** (a) bare: head of each file, exifr, one insert. */
async function bareHeaders(): Promise<number> {
  const { database, insert, close } = bareDatabase();
  const started = performance.now();
  database.exec('BEGIN');
  const head = Buffer.alloc(262_144);
  for (const path of paths) {
    const handle = openSync(path, 'r');
    const length = readSync(handle, head, 0, head.length, 0);
    closeSync(handle);
    const tags = (await exifr.parse(head.subarray(0, length), { reviveValues: false })) as { DateTimeOriginal: string };
    insert.run(path, tags.DateTimeOriginal, null);
  }
  database.exec('COMMIT');
  const time = performance.now() - started;
  close();
  return time;
}

/** (b) bare: read, SHA-256, exifr, one insert. */
async function bareHashes(): Promise<number> {
  const { database, insert, close } = bareDatabase();
  const started = performance.now();
  database.exec('BEGIN');
  for (const path of paths) {
    const content = await readFile(path);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const tags = (await exifr.parse(content, { reviveValues: false })) as { DateTimeOriginal: string };
    insert.run(path, tags.DateTimeOriginal, sha256);
  }
  database.exec('COMMIT');
  const time = performance.now() - started;
  close();
  return time;
}

/** (c) bare: the same thumbnails by sharp alone, two in flight. */
async function bareThumbnails(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'shoebox-bare-'));
  sharp.concurrency(1);
  sharp.cache(false);
  const started = performance.now();
  let next = 0;
  const lane = async () => {
    for (let path = paths[next++]; path !== undefined; path = paths[next++]) {
      await sharp(path)
        .autoOrient()
        .resize(512, 512, { fit: 'inside' })
        .webp({ quality: 80, effort: 2 })
        .toFile(join(directory, `${next}-${path.length}.webp`));
    }
  };
  await Promise.all([lane(), lane()]);
  const time = performance.now() - started;
  rmSync(directory, { recursive: true, force: true });
  return time;
}

function bareDatabase() {
  const directory = mkdtempSync(join(tmpdir(), 'shoebox-bare-'));
  const database = new BetterSqlite3(join(directory, 'bare.sqlite'));
  database.pragma('journal_mode = WAL');
  database.exec('CREATE TABLE photo (id INTEGER PRIMARY KEY, path TEXT, taken_at TEXT, sha256 TEXT) STRICT');
  const insert = database.prepare('INSERT INTO photo (path, taken_at, sha256) VALUES (?, ?, ?)');
  return {
    database,
    insert,
    close: () => {
      database.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/**
 * Peak memory of a process and everything it started, in bytes (Linux; 0 elsewhere). Proportional set sizes: pages
 * that several of them share (the Node binary) count once.
 */
function watchMemory(root: number) {
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, treeBytes(root));
  }, 200);
  return {
    stop: () => {
      clearInterval(timer);
      return peak;
    },
  };
}

function treeBytes(root: number): number {
  let sum = 0;
  const children = new Map<number, number[]>();
  for (const name of existsSync('/proc') ? readdirSync('/proc') : []) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readIfThere(`/proc/${name}/stat`);
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const queue = [root];
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    queue.push(...(children.get(pid) ?? []));
    sum += Number(/^Pss:\s+(\d+)/m.exec(readIfThere(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1_024;
  }
  return sum;
}

/** A process may end between being listed and being looked at. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** (e): a folder whose files are all known is looked through again. */
async function measureRescan(files: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'shoebox-bench-'));
  const root = join(directory, 'watched');
  const library = join(directory, 'library');
  const store: Store = openStore({ directory: library, now: Date.now, newId: randomUUIDv7 });
  for (let index = 0; index < files; index += 1) {
    const inside = join(root, `folder-${Math.floor(index / 100)}`);
    if (index % 100 === 0) mkdirSync(inside, { recursive: true });
    writeFileSync(join(inside, `IMG_${index}.jpg`), `${index}`);
  }
  const rows = createFileRows(store.connection);
  const walk = createScanJobs().walk({ root });
  store.transaction('ingest', () => {
    rows.insertFolder({
      id: 'folder',
      kind: 'watched',
      path: root,
      marker: JSON.stringify(walk.root),
      watch_mode: 'native',
      scope: 'tree',
      added_at: Date.now(),
    });
    for (const seen of walk.files) {
      const id = randomUUIDv7();
      rows.insertWaiting(id, 'folder', seen);
      rows.bindFile(id, null, null, createHash('sha256').update(seen.path).digest('hex'));
    }
  });
  const scan = createCaller<ScanJobs>(nodeWorkers().scan());
  const ingest = createIngest({
    store,
    pool: { run: () => Promise.reject(new Error('An unchanged file was read')), warm: () => undefined },
    scan,
    now: Date.now,
    newId: randomUUIDv7,
    cacheDirectory: join(library, 'cache'),
    reportError: (error) => {
      throw error;
    },
    watch: false,
  });
  await scan.call('headers', { paths: [] });
  const started = performance.now();
  await ingest.folders.rescan();
  const time = performance.now() - started;
  if (ingest.sessions().length > 0) throw new Error('The rescan found something to do');
  await ingest.dispose();
  scan.kill();
  store.dispose();
  rmSync(directory, { recursive: true, force: true });
  return time;
}

const median = (list: readonly number[]) =>
  list.toSorted((one, other) => one - other)[Math.floor(list.length / 2)] ?? 0;
const perSecond = (ms: number) => (paths.length / ms) * 1_000;
const times = {
  a: [] as number[],
  bareA: [] as number[],
  b: [] as number[],
  bareB: [] as number[],
  c: [] as number[],
  bareC: [] as number[],
  cpuB: [] as number[],
  cpuC: [] as number[],
  total: [] as number[],
  peak: [] as number[],
  e: [] as number[],
};
for (let run = 0; run < runs; run += 1) {
  times.bareA.push(await bareHeaders());
  const bareB = await timed(bareHashes);
  times.bareB.push(bareB.wall);
  const hashed = await measureIngest('hashes');
  times.b.push(hashed.content);
  times.cpuB.push(bareB.cpu / hashed.cpu);
  const bareC = await timed(bareThumbnails);
  times.bareC.push(bareC.wall);
  const drawn = await measureIngest('thumbnails');
  times.c.push(drawn.content);
  times.cpuC.push(bareC.cpu / drawn.cpu);
  const full = await measureIngest('all');
  times.total.push(full.total);
  times.peak.push(full.peak);
  times.a.push(hashed.headers, drawn.headers, full.headers);
  times.e.push(await measureRescan(Number(values.files)));
}
const line = (name: string, ours: string, limit: string, goal: string, met: boolean) =>
  console.log(`${met ? 'met   ' : 'MISSED'} ${name.padEnd(42)} ${ours.padEnd(46)} ${limit.padEnd(26)} goal ${goal}`);
const a = median(times.a);
const b = median(times.b);
const c = median(times.c);
const ratioB = median(times.bareB) / b;
const ratioC = median(times.bareC) / c;
const peak = median(times.peak) / 1e6;
const cpu = (list: readonly number[]) => `(${median(list).toFixed(2)} by processor time)`;
line(
  '(a) rows with date and placeholder',
  `${perSecond(a).toFixed(0)} files/s`,
  `bare loop ${perSecond(median(times.bareA)).toFixed(0)}/s`,
  '1,500 files/s',
  perSecond(a) >= 1_500,
);
line(
  '(b) every file hashed, facts stored',
  `${perSecond(b).toFixed(0)} files/s = ${ratioB.toFixed(2)} ${cpu(times.cpuB)}`,
  `bare loop ${perSecond(median(times.bareB)).toFixed(0)}/s`,
  '0.80 of bare',
  ratioB >= 0.8,
);
line(
  '(c) all 512 px thumbnails',
  `${(c / 1_000).toFixed(1)} s = ${ratioC.toFixed(2)} ${cpu(times.cpuC)}`,
  `bare sharp ${(median(times.bareC) / 1_000).toFixed(1)} s`,
  `0.85 of bare, under ${(0.032 * count).toFixed(0)} s`,
  ratioC >= 0.85 && c < 32 * count,
);
line('    … with all facts by exiftool', `${(median(times.total) / 1_000).toFixed(1)} s`, '', 'none', true);
line('(d) peak memory of all processes', `${peak.toFixed(0)} MB`, '', 'under 600 MB', peak < 600);
const rescan = median(times.e);
line(
  `(e) rescan of ${values.files} unchanged files`,
  `${(rescan / 1_000).toFixed(2)} s`,
  '',
  'under 2 s',
  rescan < 2_000,
);
await previewFormats();

/** Which format a 1600 px preview is made in: time and size of both, over a few photos. */
async function previewFormats(): Promise<void> {
  const some = paths.slice(0, 12);
  for (const format of ['jpeg', 'webp'] as const) {
    let size = 0;
    const before = process.cpuUsage();
    for (const path of some) {
      const resized = sharp(path).autoOrient().resize(1_600, 1_600, { fit: 'inside' }).keepIccProfile();
      const encoded = format === 'jpeg' ? resized.jpeg({ quality: 82 }) : resized.webp({ quality: 80, effort: 2 });
      size += (await encoded.toBuffer()).length;
    }
    const { user, system } = process.cpuUsage(before);
    const ms = (user + system) / 1_000 / some.length;
    console.log(
      `       1600 px preview as ${format.padEnd(4)}  ${ms.toFixed(0)} ms processor time, ${(size / some.length / 1_000).toFixed(0)} kB`,
    );
  }
}
