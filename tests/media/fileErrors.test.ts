import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toFileError } from '../../electron/core/media/fileErrors.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shoebox-errors-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function errorOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

test('what could not be read is said to be unreadable, and what could not be written is not', () => {
  const reading = errorOf(() => readFileSync(folder));
  expect(toFileError(reading, 'a.jpg').message).toMatch(/^a\.jpg cannot be read: EISDIR/);

  for (const name of ['one', 'other']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'inside'), '');
  }
  const writing = errorOf(() => renameSync(join(folder, 'one'), join(folder, 'other')));
  expect(toFileError(writing, 'a.jpg').message).toMatch(/^a\.jpg cannot be written: ENOTEMPTY/);
});
