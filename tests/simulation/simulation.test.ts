import { expect, test } from 'vitest';
import { makePlan, runPlan } from './world.ts';

/** A short slice of the campaign (`npm run simulate`): these seeds on every run, so that a failure repeats. */
const seeds = Array.from({ length: 24 }, (_, index) => 1_000 + index);

for (const seed of seeds) {
  test(`a fleet of computers agrees and loses nothing: seed ${seed}`, { timeout: 60_000 }, async () => {
    const { violations } = await runPlan(makePlan(seed, 120));
    expect(violations).toEqual([]);
  });
}

test('a seed gives the same run twice', { timeout: 60_000 }, async () => {
  const plan = makePlan(4_711, 150);
  const first = await runPlan(plan);
  const second = await runPlan(plan);
  expect(second.traceHash).toBe(first.traceHash);
});
