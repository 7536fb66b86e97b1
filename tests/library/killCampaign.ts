import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { picturePath, readPicture } from '../../electron/core/media/thumbnailCache.ts';
import { age, drawPhoto } from '../helpers/photos.ts';

export interface KillCampaign {
  readonly seed: number;
  readonly kills: number;
  readonly log?: (line: string) => void;
}

export interface KillResult {
  readonly kills: number;
  readonly rounds: number;
  /** What was found broken, with the seed and round to repeat it. */
  readonly broken: readonly string[];
  /** How far ingest had come when it was killed: photos there, by state. */
  readonly killedAt: Readonly<Record<string, number>>;
}

/** Photos per round, and how many of them are exact copies of others. */
const unique = 24;
const copies = 6;

/**
 * Kills an ingest with SIGKILL at random moments, again and again, and checks after each kill that nothing is broken
 * and at the end of each round that every photo is there once. Equal seeds kill at equal moments of the clock.
 */
export async function runKillCampaign({ seed, kills, log = () => undefined }: KillCampaign): Promise<KillResult> {
  const random = mulberry(seed);
  const broken: string[] = [];
  const killedAt: Record<string, number> = {};
  let done = 0;
  let rounds = 0;
  while (done < kills) {
    rounds += 1;
    const base = mkdtempSync(join(tmpdir(), 'shoebox-kill-'));
    const paths = { library: join(base, 'library'), source: join(base, 'source'), watched: join(base, 'watched') };
    await makePhotos(paths.source, paths.watched, seed * 1_000 + rounds);
    const before = hashes(paths.watched);
    let finished = false;
    for (let kill = 0; !finished && done < kills; kill += 1) {
      // Longer from kill to kill, so that on a busy machine a round still comes to its end.
      finished = await runOnce(paths, random() < 0.5 ? 'child' : 'local', 20 + random() * (500 + 80 * kill));
      if (!finished) done += 1;
      const state = check(paths.library);
      broken.push(...state.broken.map((line) => `seed ${seed}, round ${rounds}, kill ${done}: ${line}`));
      if (!finished) killedAt[state.stage] = (killedAt[state.stage] ?? 0) + 1;
    }
    if (!finished) await runOnce(paths, 'local', undefined);
    const end = checkEnd(paths.library, before, paths.watched);
    broken.push(...end.map((line) => `seed ${seed}, round ${rounds}, at the end: ${line}`));
    log(`round ${rounds}: ${done} kills, ${broken.length} broken`);
    rmSync(base, { recursive: true, force: true });
  }
  return { kills: done, rounds, broken, killedAt };
}

async function makePhotos(source: string, watched: string, seed: number): Promise<void> {
  for (const directory of [source, watched]) mkdirSync(directory, { recursive: true });
  for (let index = 0; index < unique; index += 1) {
    const path = join(index % 2 === 0 ? source : watched, `IMG_${index}.jpg`);
    writeFileSync(path, await drawPhoto({ seed: seed * 100 + index, width: 320, height: 240 }));
    age(path);
    // Half of the copies lie within one folder, half cross from the import to the watched one.
    if (index < copies) {
      const copy = join(index % 4 < 2 ? source : watched, `copy_${index}.jpg`);
      copyFileSync(path, copy);
      age(copy);
    }
  }
  writeFileSync(join(source, 'IMG_0.xmp'), sidecar);
}

const sidecar = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></rdf:RDF></x:xmpmeta>`;

/** Runs the target until it is done or the time is up; true when it was done first. */
function runOnce(
  paths: { readonly library: string; readonly source: string; readonly watched: string },
  workers: 'local' | 'child',
  killAfterMs: number | undefined,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const target = join(import.meta.dirname, 'killTarget.ts');
    const child = spawn(process.execPath, [target, paths.library, paths.source, paths.watched, workers], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (killAfterMs !== undefined && chunk.toString().includes('STARTED')) {
        setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      }
    });
    child.on('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve(false);
      else if (code === 0 && output.includes('DONE')) resolve(true);
      else reject(new Error(`The target ended with ${code ?? signal}: ${output}`));
    });
  });
}

interface PhotoRow {
  readonly id: string;
  readonly state: string;
  readonly sha256: string | null;
  readonly facts_level: number;
}

/** What must hold at every moment, also with a half-done import. */
function check(directory: string): { readonly broken: string[]; readonly stage: string } {
  const broken: string[] = [];
  if (!existsSync(join(directory, 'library.sqlite'))) return { broken, stage: 'before the database' };
  const database = new BetterSqlite3(join(directory, 'library.sqlite'));
  try {
    const all = <Row>(sql: string) => database.prepare(sql).all() as Row[];
    if (database.pragma('user_version', { simple: true }) === 0) return { broken, stage: 'before the schema' };
    if (database.pragma('integrity_check', { simple: true }) !== 'ok') broken.push('the database fails its check');
    if (all('PRAGMA foreign_key_check').length > 0) broken.push('a foreign key points nowhere');
    const photos = all<PhotoRow>('SELECT id, state, sha256, facts_level FROM photo');
    for (const row of all<{ sha256: string }>(
      'SELECT sha256 FROM photo WHERE sha256 IS NOT NULL GROUP BY sha256 HAVING count(*) > 1',
    )) {
      broken.push(`two photos have the bytes ${row.sha256}`);
    }
    for (const row of all<{ id: string }>(
      `SELECT id FROM photo WHERE state <> 'header' AND id NOT IN
         (SELECT photo_id FROM resource WHERE kind = 'original' AND id IN (SELECT resource_id FROM file))`,
    )) {
      broken.push(`photo ${row.id} is ready and has no file`);
    }
    const files = all<{ path: string; sha256: string }>(
      `SELECT folder.path || '/' || file.path AS path, file.sha256 AS sha256 FROM file
       JOIN folder ON folder.id = file.folder_id WHERE file.state = 'present'`,
    );
    for (const { path, sha256 } of files) {
      if (!existsSync(path)) broken.push(`${path} is listed and not there`);
      else if (hashOf(path) !== sha256) broken.push(`${path} has other bytes than its row says`);
    }
    const stages = new Set(photos.map((photo) => `${photo.state} ${photo.facts_level}`));
    return { broken, stage: photos.length === 0 ? 'no photos' : [...stages].sort().join(', ') };
  } finally {
    database.close();
  }
}

/** What must hold once everything was taken in: every photo once, nothing left over, nothing touched. */
function checkEnd(directory: string, before: ReadonlyMap<string, string>, watched: string): string[] {
  const { broken } = check(directory);
  const database = new BetterSqlite3(join(directory, 'library.sqlite'), { readonly: true });
  try {
    const all = <Row>(sql: string) => database.prepare(sql).all() as Row[];
    const photos = all<PhotoRow>('SELECT id, state, sha256, facts_level FROM photo');
    if (photos.length !== unique) broken.push(`${photos.length} photos instead of ${unique}`);
    for (const photo of photos) {
      if (photo.state !== 'ready' || photo.facts_level !== 3) broken.push(`photo ${photo.id} was not finished`);
      const thumbnail = readPicture(picturePath(join(directory, 'cache'), photo.sha256 ?? '', 'thumb'));
      if (thumbnail === undefined) broken.push(`photo ${photo.id} has no whole thumbnail`);
    }
    const open = all(`SELECT id FROM import_session WHERE state <> 'done'`);
    if (open.length > 0) broken.push(`${open.length} sessions are not done`);
    const known = new Set(
      all<{ path: string }>(
        `SELECT path FROM file WHERE folder_id IN (SELECT id FROM folder WHERE kind = 'originals')`,
      ).map((row) => row.path),
    );
    const originals = join(directory, 'originals');
    for (const path of hashes(originals).keys()) {
      const inside = relative(originals, path);
      if (!known.has(inside)) broken.push(`originals/${inside} belongs to no photo`);
    }
    if (all('SELECT id FROM rating WHERE value = 4').length !== 1) broken.push('the sidecar was lost or doubled');
    if (JSON.stringify([...before]) !== JSON.stringify([...hashes(watched)])) broken.push('a watched file was changed');
    return broken;
  } finally {
    database.close();
  }
}

function hashes(directory: string): Map<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path, hashOf(path)]),
  );
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** mulberry32: a small seeded generator, 0 up to 1. */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
