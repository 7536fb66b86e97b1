import { expect, test } from 'vitest';
import { aimedScripts } from './aimedScripts.ts';
import { makePlan } from './plan.ts';
import { regressions } from './regressions.ts';
import { createSimulator } from './world.ts';

const simulator = await createSimulator();

/** A short slice of the campaign (`npm run simulate`): these seeds on every run, so that a failure repeats. */
const slice = [
  ...[1_000, 1_001, 1_002, 1_003, 1_004, 1_005].map((seed) => ({ seed, profile: 'mixed' as const })),
  ...[1_000, 1_001, 1_002, 1_003].map((seed) => ({ seed, profile: 'sharing' as const })),
  ...[1_000, 1_001, 1_002].map((seed) => ({ seed, profile: 'tags' as const })),
];

for (const { seed, profile } of slice) {
  test(`a fleet of computers agrees and loses nothing: ${profile}, seed ${seed}`, { timeout: 60_000 }, async () => {
    const { violations } = await simulator.run(makePlan(seed, 100, profile));
    expect(violations).toEqual([]);
  });
}

for (const { fault, plan } of regressions) {
  test(`fixed and stays so: ${fault}`, { timeout: 60_000 }, async () => {
    const { violations } = await simulator.run(plan);
    expect(violations).toEqual([]);
  });
}

for (const { mutant, plan } of aimedScripts) {
  test(`nothing is lost where it would be if ${mutant}`, { timeout: 60_000 }, async () => {
    const { violations } = await simulator.run(plan);
    expect(violations).toEqual([]);
  });
}

test('a seed gives the same run twice, whatever ran before it', { timeout: 60_000 }, async () => {
  const plan = makePlan(4_711, 150);
  const first = await simulator.run(plan);
  const second = await simulator.run(plan);
  const elsewhere = await (await createSimulator()).run(plan);
  expect(second.traceHash).toBe(first.traceHash);
  expect(elsewhere.traceHash).toBe(first.traceHash);
});
