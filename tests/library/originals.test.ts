import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOriginals, type Originals } from '../../electron/core/library/originals.ts';
import { portableName } from '../../electron/core/library/portableName.ts';
import { clear } from '../helpers/photos.ts';

const may = Date.UTC(2024, 4, 1);
let directory: string;
let originals: Originals;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'shoebox-originals-'));
  originals = createOriginals({ directory });
});
afterEach(() => clear(directory));

const copyOf = (name: string, bytes: string) => {
  const path = originals.temporary(name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
};
const place = (name: string, bytes: string) =>
  originals.place(copyOf(name, bytes), 'a.jpg', may, createHash('sha256').update(bytes).digest('hex'), { keep: true });

const reportError = (error: unknown): never => {
  throw error;
};

describe('a copy that got its place and no row, because the process ended between', () => {
  const known = new Set<string>();
  const start = () =>
    originals.clearTemporary({
      nameOf: (temporary) => (temporary.startsWith('session-') ? 'a.jpg' : undefined),
      isKnown: (path) => known.has(path),
      reportError,
    });

  it('is removed at the next start, and no other file of its name', async () => {
    const [first, second] = [await place('session-1', 'one'), await place('session-2', 'two')];
    expect([first, second]).toEqual(['2024/05/a.jpg', '2024/05/a 2.jpg']);
    known.add(first);
    await start();
    expect(readFileSync(join(directory, first), 'utf8')).toBe('one');
    expect(existsSync(join(directory, second))).toBe(false);
    expect(readdirSync(directory)).toEqual(['2024']);
  });

  it('stays when nobody knows any more what it was made of', async () => {
    const path = await place('unknown', 'one');
    await start();
    expect(existsSync(join(directory, path))).toBe(true);
  });
});

it('a copy half made is removed at the next start', async () => {
  const path = copyOf('session-1', 'half');
  await originals.clearTemporary({ nameOf: () => 'a.jpg', isKnown: () => false, reportError });
  expect(existsSync(path)).toBe(false);
});

describe('the name of a copy', () => {
  it.each([
    ['a long name', `${'x'.repeat(300)}.jpeg`, `${'x'.repeat(195)}.jpeg`],
    ['a long title with a dot and no ending', `St. ${'x'.repeat(300)}`, `St. ${'x'.repeat(196)}`],
    ['nothing but dots', '...', 'photo'],
  ])('of %s is one that every system can hold', (_, name, portable) => {
    expect(portableName(name)).toBe(portable);
  });
});
