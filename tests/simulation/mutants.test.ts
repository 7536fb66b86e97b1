import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mutants } from './mutants.ts';

test('every planted bug still fits the source exactly once', () => {
  const root = join(import.meta.dirname, '..', '..');
  const unfit = mutants.filter(({ file, from }) => readFileSync(join(root, file), 'utf8').split(from).length !== 2);
  expect(unfit.map(({ name }) => name)).toEqual([]);
  expect(mutants.length).toBeGreaterThanOrEqual(40);
});
