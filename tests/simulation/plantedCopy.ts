import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Mutant } from './mutants.ts';

const root = resolve(import.meta.dirname, '..', '..');

/** A copy of everything the simulator runs, in which one bug at a time is planted. The product has no hooks for this. */
export interface PlantedCopy {
  /** Where a program of the simulator lies in the copy. */
  readonly program: (name: string) => string;
  /** Runs `work` while the bug is in the copy. @throws Error when the bug does not fit the source any more */
  readonly withBug: <Result>(mutant: Mutant, work: () => Promise<Result>) => Promise<Result>;
}

/** Makes a copy in a folder that does not exist yet. Whoever made the folder around it removes both. */
export function makePlantedCopy(copy: string): PlantedCopy {
  for (const part of ['shared', 'electron/core', 'server', 'tests/simulation', 'package.json']) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return {
    program: (name) => join(copy, 'tests/simulation', name),
    withBug: async (mutant, work) => {
      const path = join(copy, mutant.file);
      const original = readFileSync(path, 'utf8');
      if (original.split(mutant.from).length !== 2) {
        throw new Error(`"${mutant.name}" does not fit ${mutant.file} any more`);
      }
      writeFileSync(
        path,
        original.replace(mutant.from, () => mutant.to),
      );
      try {
        return await work();
      } finally {
        writeFileSync(path, original);
      }
    },
  };
}
