import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jsonLines, shoebox } from '../helpers/program.ts';
import { photos, photosHere } from './photos.ts';

let home = '';
let id = '';
const run = (...args: readonly string[]) => shoebox(home, '--library', join(home, 'library'), ...args);

beforeAll(async () => {
  if (!photosHere) return;
  home = mkdtempSync(join(tmpdir(), 'shoebox-edit-cli-'));
  mkdirSync(join(home, 'photos'));
  copyFileSync(photos('orientation/landscape_6.jpg'), join(home, 'photos', 'IMG.jpg'));
  await run('import', join(home, 'photos'), '--reference');
  id = String(jsonLines((await run('list', 'photos', '--json')).out)[0]?.['id']);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

test.runIf(photosHere)(
  'a photo is edited, exported with its edits, and reverted, from the terminal (with the real photos)',
  async () => {
    const edited = await run('edit', id, '--set', 'exposure=0.3,crop=0/0/0.5/1', '--json');
    expect(edited.code).toBe(0);
    expect(jsonLines(edited.out)[0]).toMatchObject({
      id,
      versions: 1,
      stack: {
        steps: [
          { kind: 'crop', width: 0.5 },
          { kind: 'exposure', value: 0.3 },
        ],
      },
    });
    // What is set again adds to what is there; none takes a step out.
    const more = await run('edit', id, '--preset', 'mono', '--set', 'crop=none', '--json');
    expect(jsonLines(more.out)[0]).toMatchObject({
      versions: 2,
      stack: { steps: [{ kind: 'contrast' }, { kind: 'blackAndWhite' }] },
    });
    const exported = await run('export', id, '--to', join(home, 'out'), '--format', 'png', '--size', '100', '--json');
    expect(exported.code).toBe(0);
    expect(jsonLines(exported.out).at(-1)).toEqual({ type: 'finished', exported: 1, failed: 0 });
    const meta = await sharp(join(home, 'out', 'IMG.png')).metadata();
    expect([meta.format, meta.width, meta.height]).toEqual(['png', 100, 75]);
    const reverted = await run('edit', id, '--revert', '--json');
    expect(jsonLines(reverted.out)[0]).toMatchObject({ current: null, versions: 2 });
    await run('export', '--to', join(home, 'out'), '--original');
    expect(readdirSync(join(home, 'out')).sort()).toEqual(['IMG.jpg', 'IMG.png']);
  },
);

test.runIf(photosHere).each([
  [['edit', 'X', '--set', 'exposure=9'], 'exposure must be from -4 to 4.', 2],
  [['edit', 'X', '--set', 'glow=9'], 'There is no step called "glow".', 2],
  [['edit', 'X', '--preset', 'glow'], 'There is no preset “glow”', 2],
  [['edit', 'X', '--revert', '--set', 'exposure=1'], '--revert goes back to the original', 2],
  [['edit'], 'Name one photo by its id', 2],
  [['export', 'X'], 'Say where to with --to DIR.', 2],
  [['export', 'X', '--to', 'OUT', '--quality', '900'], 'quality', 2],
] as const)('%j ends with one sentence and exit code 2', async (words, sentence, code) => {
  const args = words.map((word) => (word === 'X' ? id : word === 'OUT' ? join(home, 'out') : word));
  const ended = await run(...args);
  expect(ended.err).toContain(sentence);
  expect(ended.code).toBe(code);
});
