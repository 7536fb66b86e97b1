import { networkFaults, type NetworkFault } from './network.ts';
import { operationWeights, tagOperationWeights, type Operation } from './operations.ts';
import { createRandom } from './random.ts';
import { shareOperationWeights, type ShareOperation } from './sharingOperations.ts';

/** Faults outside the network, by weight: those that seldom find what they need are tried more often. */
const worldFaultWeights = {
  crash: 2,
  killAtWrite: 2,
  killInDeduplication: 6,
  serverRestart: 1,
  serverRestore: 3,
  serverRollback: 3,
  splitLimits: 1,
  tombstonePurge: 1,
  historyTrim: 1,
  clockJump: 1,
  diskFull: 1,
  reinstall: 3,
  signOut: 1,
  accountSwitch: 1,
  swizzleClog: 1,
  roguePeer: 1,
  newerBuild: 1,
  upgrade: 3,
} as const;
export type WorldFault = keyof typeof worldFaultWeights;
export const worldFaults = Object.keys(worldFaultWeights) as readonly WorldFault[];

/**
 * One step of a run. Each carries its own seed, so that leaving one out (when a failing run is made short) does not
 * change what the others do.
 */
export type Step =
  | { readonly kind: 'operation'; readonly device: number; readonly operation: Operation; readonly seed: number }
  | { readonly kind: 'sharing'; readonly device: number; readonly operation: ShareOperation; readonly seed: number }
  /** One delivery per entry, in order; null is the good case. */
  | { readonly kind: 'network'; readonly faults: readonly (NetworkFault | null)[]; readonly seed: number }
  /** `for`: the person changed something here, or the server told of something; else both, as after a pause. */
  | { readonly kind: 'wake'; readonly device: number; readonly for?: 'export' | 'import' }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'fault'; readonly fault: WorldFault; readonly device: number; readonly seed: number };

export interface Plan {
  readonly seed: number;
  readonly people: number;
  readonly devices: number;
  /** Devices that start with a build that knows fewer entities and fields. */
  readonly stale: readonly number[];
  /** Everybody mostly works on the same few rows, so that their changes meet. */
  readonly crowded?: boolean;
  readonly steps: readonly Step[];
}

/**
 * `sharing`: two or three people who share with each other more than twice as often. `tags`: one or two people with three or four
 * computers, who do little but tag and move, where little goes wrong beside; it finds most in short runs (`--steps 60`).
 */
export const profiles = ['mixed', 'sharing', 'tags'] as const;
export type Profile = (typeof profiles)[number];

/** The plan of a seed: people, devices and every step, before anything runs. */
export function makePlan(seed: number, length: number, profile: Profile = 'mixed'): Plan {
  if (profile === 'tags') return makeTagPlan(seed, length);
  const random = createRandom(profile === 'mixed' ? seed : seed ^ 0x51a_0e5);
  const people = profile === 'sharing' ? 2 + random.below(2) : 1 + random.below(3);
  const devices = Math.max(2, people + random.pick([0, 0, 1, 1, 2, 3]));
  const stale = random.chance(0.3) ? [random.below(devices)] : [];
  // Some runs are calm and some are stormy, so that both long quiet merges and pile-ups happen.
  const storm = random.pick([0, 0.05, 0.15, 0.3]);
  const crowded = random.chance(0.5);
  const share = profile === 'sharing' ? 0.12 : people === 1 ? 0 : 0.05;
  const steps: Step[] = [];
  while (steps.length < length) {
    const device = random.below(devices);
    const roll = random.next();
    const stepSeed = random.below(2 ** 31);
    if (roll < 0.46 - share) {
      steps.push({ kind: 'operation', device, operation: random.weighted(operationWeights), seed: stepSeed });
    } else if (roll < 0.46) {
      steps.push({ kind: 'sharing', device, operation: random.weighted(shareOperationWeights), seed: stepSeed });
    } else if (roll < 0.78) {
      const faulty = random.chance(0.5 + storm);
      const faults = Array.from({ length: 1 + random.below(12) }, () =>
        faulty && random.chance(0.35) ? random.pick(networkFaults) : null,
      );
      steps.push({ kind: 'network', faults, seed: stepSeed });
    } else if (roll < 0.88) {
      const what = random.pick(['export', 'import', 'both'] as const);
      steps.push({ kind: 'wake', device, ...(what === 'both' ? {} : { for: what }) });
    } else if (roll < 0.93 || !random.chance(0.1 + storm * 3)) {
      steps.push({ kind: 'time', ms: random.pick([100, 1_000, 5_000, 60_000, 600_000]) });
    } else {
      const fault = random.weighted(worldFaultWeights);
      // Only who runs an old build can be upgraded.
      steps.push({ kind: 'fault', fault, device: fault === 'upgrade' ? (stale[0] ?? device) : device, seed: stepSeed });
    }
  }
  return { seed, people, devices, stale, crowded, steps };
}

/** Somebody shares at once, so that there is somewhere to move to; then all tag, and hear of each other bit by bit. */
function makeTagPlan(seed: number, length: number): Plan {
  const random = createRandom(seed ^ 0x7a9_5ee);
  const people = 1 + random.below(2);
  const devices = 3 + random.below(2);
  const storm = random.pick([0, 0, 0.1]);
  const steps: Step[] = [{ kind: 'sharing', device: 0, operation: 'share', seed: random.below(2 ** 31) }];
  const hear = (most: number): Step => ({
    kind: 'network',
    faults: Array.from({ length: 1 + random.below(most) }, () =>
      random.chance(storm) ? random.pick(networkFaults) : null,
    ),
    seed: random.below(2 ** 31),
  });
  for (let device = 0; device < devices; device += 1) steps.push({ kind: 'wake', device }, hear(40));
  while (steps.length < length) {
    const device = random.below(devices);
    const roll = random.next();
    const stepSeed = random.below(2 ** 31);
    if (roll < 0.5) {
      steps.push({ kind: 'operation', device, operation: random.weighted(tagOperationWeights), seed: stepSeed });
    } else if (roll < 0.52) {
      steps.push({ kind: 'sharing', device, operation: random.weighted(shareOperationWeights), seed: stepSeed });
    } else if (roll < 0.68) {
      const what = random.pick(['export', 'import', 'both'] as const);
      steps.push({ kind: 'wake', device, ...(what === 'both' ? {} : { for: what }) });
    } else if (roll < 0.97) {
      steps.push(hear(12));
    } else if (roll < 0.99 || storm === 0) {
      steps.push({ kind: 'time', ms: random.pick([1_000, 60_000, 600_000]) });
    } else {
      steps.push({ kind: 'fault', fault: random.weighted(worldFaultWeights), device, seed: stepSeed });
    }
  }
  return { seed, people, devices, stale: [], crowded: true, steps };
}

/** A plan as a script a person can read and a test can keep. */
export function describePlan(plan: Plan): string {
  return JSON.stringify(plan);
}
