import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestLibrary } from '../helpers/testLibrary.ts';
import type { TestLibrary } from '../helpers/testLibrary.ts';
import { fuzzFrames } from './campaigns/frameFuzz.ts';

describe('hostile frames on the window’s port', () => {
  let library: TestLibrary;
  beforeAll(async () => {
    library = await openTestLibrary();
  });
  afterAll(() => library.dispose());

  it.each([1, 2])('are refused one and all, and the library goes on answering (seed %i)', async (seed) => {
    const { answers } = await fuzzFrames(library, seed, 5_000);
    // A fuzzer whose frames never reach a procedure tests nothing.
    expect(answers['invalidInput']).toBeGreaterThan(200);
    expect(answers['notFound']).toBeGreaterThan(20);
    expect(Object.keys(answers)).not.toContain('internal');
  });
});
