import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { age, clear, createPhotoMaker } from '../helpers/photos.ts';
import { jsonLines } from '../helpers/program.ts';
import { readManifest, realPhotosFolder } from '../helpers/realPhotos.ts';
import { changesUnder, readsUnder, straceMissing, trace } from '../helpers/strace.ts';

const root = join(import.meta.dirname, '..', '..');
const missing = straceMissing();
if (missing !== undefined) console.warn(`System calls under a person's folders were not traced: ${missing}`);
/** In the name of every folder of the person's, and in no path of ours. */
const marker = 'the-persons-own';

/** Everything under a folder: name, bytes, times, rights. Reading changes the access time alone. */
function treeOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => {
      const seen = statSync(join(directory, name), { bigint: true });
      const bytes = seen.isFile() ? readFileSync(join(directory, name)) : '';
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return `${name} ${seen.ino} ${seen.mode} ${seen.nlink} ${seen.mtimeNs} ${seen.ctimeNs} ${sha256}`;
    });
}

/** One real file of every format, where the real photos are at hand: RAW, HEIC and videos go through other decoders. */
function copyRealPhotos(directory: string): void {
  const folder = realPhotosFolder();
  if (folder === undefined) return;
  const seen = new Set<string>();
  for (const { path, expect: expected } of readManifest(folder)) {
    const from = join(folder, path);
    const ending = extname(path).toLowerCase();
    if (expected !== 'import_ok' || seen.has(ending) || statSync(from).size > 8_000_000) continue;
    seen.add(ending);
    copyFileSync(from, join(directory, `real${ending}`));
    age(join(directory, `real${ending}`));
  }
}

describe.runIf(missing === undefined)('a person’s files, every system call watched (needs strace)', () => {
  const maker = createPhotoMaker();
  let base: string;
  let home: string;
  let library: string;
  let records = 0;
  beforeAll(() => {
    base = mkdtempSync(join(tmpdir(), 'shoebox-strace-'));
    home = join(base, 'home');
    library = join(base, 'library');
    mkdirSync(home);
  });
  afterAll(async () => {
    await maker.dispose();
    clear(base);
  });

  const start = (program: string, ...args: string[]) => {
    records += 1;
    const record = join(base, `calls-${records}.txt`);
    const env = { PATH: process.env['PATH'], HOME: home, XDG_CONFIG_HOME: join(home, '.config') };
    const argv = [join(root, 'electron', program), ...args, '--library', library];
    return { record, ...trace(record, process.execPath, argv, env) };
  };
  const shoebox = async (...args: string[]) => {
    const run = start(join('cli', 'shoebox.ts'), ...args);
    const { code, out, err } = await run.ended;
    if (code !== 0) throw new Error(`shoebox ${args.join(' ')} ended with ${code}: ${err}${out}`);
    return { record: run.record, out };
  };
  const fill = async (directory: string): Promise<void> => {
    const [first = '', second = ''] = await maker.folder(directory, 3, { tags: { Make: 'Kodak' } });
    await maker.write(join(directory, 'drawn.png'), { seed: 9, format: 'png' });
    writeFileSync(join(directory, 'broken.jpg'), 'this is no picture');
    writeFileSync(
      `${first}.xmp`,
      `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
       <rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></rdf:RDF></x:xmpmeta>`,
    );
    const takeout = { title: 'IMG_0002.jpg', photoTakenTime: { timestamp: '1700000000' }, description: 'By the sea' };
    writeFileSync(`${second}.json`, JSON.stringify(takeout));
    copyRealPhotos(directory);
    for (const name of readdirSync(directory)) age(join(directory, name));
  };

  it('the record itself notices each way of changing a file', async () => {
    const folder = join(base, `${marker}-control`);
    mkdirSync(folder);
    const script = `cd ${folder}; : > a; ln a b; mv a c; chmod 600 b; touch -d @5 b; rm b; cat c`;
    const record = join(base, 'control.txt');
    await trace(record, 'sh', ['-c', script], { PATH: process.env['PATH'] }).ended;
    const calls = changesUnder(record, marker).map((line) => /^\d+ +(\w+)/.exec(line)?.[1]?.replace(/at2?$/, ''));
    const expected = ['chdir', 'open', 'link', 'rename', 'fchmod', 'utimens', 'unlink'];
    expect(calls).toEqual(expect.arrayContaining(expected));
    expect(readsUnder(record, marker)).toBeGreaterThan(0);
  });

  it('an import opens them for reading and does nothing else to them', async () => {
    const source = join(base, `${marker}-imported`);
    await fill(source);
    const before = treeOf(source);
    const { record, out } = await shoebox('import', source, '--json');
    expect(Number(jsonLines(out)[0]?.['imported'])).toBeGreaterThanOrEqual(4);
    expect(readsUnder(record, marker)).toBeGreaterThanOrEqual(6);
    expect(changesUnder(record, marker)).toEqual([]);
    expect(treeOf(source)).toEqual(before);
  });

  it('a watched folder is only ever read, also while its files change and its photos are edited, exported and trashed', async () => {
    const watched = join(base, `${marker}-watched`);
    await fill(watched);
    writeFileSync(join(watched, 'ours alone.jpg'), readFileSync(join(watched, 'IMG_0003.jpg')).subarray(0, -1));
    age(join(watched, 'ours alone.jpg'));
    const records = [(await shoebox('watch', 'add', watched)).record];

    const headless = start(join('headless', 'main.ts'));
    await headless.printed(/READY:\d+/);
    const database = new BetterSqlite3(join(library, 'library.sqlite'), { readonly: true });
    const stateOf = (name: string): unknown =>
      database.prepare('SELECT state FROM file WHERE path = ?').pluck().get(name) ?? null;
    try {
      await vi.waitFor(() => expect(stateOf('IMG_0003.jpg')).toBe('present'), { timeout: 60_000, interval: 100 });
      await maker.write(join(watched, 'added.jpg'), { seed: 40 });
      renameSync(join(watched, 'drawn.png'), join(watched, 'renamed.png'));
      await maker.write(join(watched, 'IMG_0002.jpg'), { seed: 41 });
      rmSync(join(watched, 'IMG_0001.jpg'));
      await vi.waitFor(
        () => {
          expect(['added.jpg', 'renamed.png', 'IMG_0001.jpg'].map(stateOf)).toEqual(['present', 'present', 'missing']);
        },
        { timeout: 60_000, interval: 100 },
      );
    } finally {
      database.close();
      headless.signal('SIGTERM');
    }
    expect((await headless.ended).code).toBe(0);
    records.push(headless.record);
    const before = treeOf(watched);

    const listed = await shoebox('list', 'photos', '--json');
    const id = String(jsonLines(listed.out).find((photo) => photo['fileName'] === 'IMG_0003.jpg')?.['id']);
    records.push(listed.record);
    records.push((await shoebox('edit', id, '--set', 'exposure=0.3')).record);
    records.push((await shoebox('export', id, '--to', join(base, 'exported'))).record);
    records.push((await shoebox('export', id, '--to', join(base, 'exported'), '--original')).record);
    records.push((await shoebox('trash', id)).record);

    expect(readsUnder(headless.record, marker)).toBeGreaterThan(0);
    expect(records.flatMap((record) => changesUnder(record, marker))).toEqual([]);
    expect(treeOf(watched)).toEqual(before);
    expect(
      execFileSync('ls', [join(base, 'exported')], { encoding: 'utf8' })
        .trim()
        .split('\n'),
    ).toHaveLength(2);
  });
});
