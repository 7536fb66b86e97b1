import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkFault } from './network.ts';
import type { Operation } from './operations.ts';
import type { Plan, Step, WorldFault } from './plan.ts';
import type { ShareOperation } from './sharingOperations.ts';

/** A run made short, and what was wrong. */
export interface Script {
  readonly fault: string;
  /** The planted bug (mutants.ts) that is this fault: with it in place the script breaks a rule again. */
  readonly mutant: string;
  readonly plan: Plan;
}

export const calm = (times: number): null[] => Array.from({ length: times }, () => null);
export const net = (faults: readonly (NetworkFault | null)[], seed = 1): Step => ({ kind: 'network', faults, seed });
/** Until nobody asks for anything any more. */
export const everything = net(calm(60));
export const wake = (device: number, only?: 'export' | 'import'): Step => ({
  kind: 'wake',
  device,
  ...(only === undefined ? {} : { for: only }),
});
export const time = (ms: number): Step => ({ kind: 'time', ms });
export const does = (device: number, operation: Operation, seed = 1): Step => ({
  kind: 'operation',
  device,
  operation,
  seed,
});
export const shares = (device: number, operation: ShareOperation, seed = 1): Step => ({
  kind: 'sharing',
  device,
  operation,
  seed,
});
export const fault = (what: WorldFault, seed = 1, device = 0): Step => ({ kind: 'fault', fault: what, device, seed });
/** A plan of the folder beside: too long to be written here. */
export const kept = (name: string): Plan =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'plans', `${name}.json`), 'utf8')) as Plan;
export const run = (people: number, devices: number, steps: readonly Step[]): Plan => ({
  seed: 1,
  people,
  devices,
  stale: [],
  steps,
});
