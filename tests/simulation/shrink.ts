import type { Plan, Step } from './plan.ts';
import type { Simulator } from './world.ts';

/**
 * Makes a failing plan short: leaves out ever smaller groups of steps as long as the same rule still breaks.
 * @param most runs to spend
 */
export async function shrink(simulator: Simulator, plan: Plan, invariant: string, most = 400): Promise<Plan> {
  const budget = { left: most };
  let steps = plan.steps;
  for (let size = Math.ceil(steps.length / 2); size > 1; size = Math.floor(size / 2)) {
    steps = await pass(simulator, plan, steps, size, invariant, budget);
  }
  // Single steps are tried again until none can go: one may have needed another that is gone now.
  let before: number;
  do {
    before = steps.length;
    steps = await pass(simulator, plan, steps, 1, invariant, budget);
  } while (steps.length < before);
  return { ...plan, steps };
}

/** One walk over the steps, leaving out `size` at a time. */
async function pass(
  simulator: Simulator,
  plan: Plan,
  all: readonly Step[],
  size: number,
  invariant: string,
  budget: { left: number },
): Promise<readonly Step[]> {
  let steps = all;
  let at = 0;
  while (at < steps.length && budget.left > 0) {
    budget.left -= 1;
    const without = [...steps.slice(0, at), ...steps.slice(at + size)];
    const { violations } = await simulator.run({ ...plan, steps: without });
    if (violations.some((one) => one.invariant === invariant)) steps = without;
    else at += size;
  }
  return steps;
}
