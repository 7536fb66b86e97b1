import { AppError } from '../errors.ts';

/**
 * A hybrid logical clock stamp as text that sorts by time: 9 base-36 digits of ms since 1970 (good to the year 5188),
 * 4 of a counter, then the node's id: `0mi3x8k2p-0001-a1b2c3`. Plain string comparison is the order of stamps.
 */
export type HybridStamp = string & { readonly __hybridStamp: true };

export interface HybridStampParts {
  /** Milliseconds since 1970. */
  readonly ms: number;
  readonly counter: number;
  readonly node: string;
}

export interface HybridClock {
  /** A stamp later than every stamp made or received so far. */
  tick(): HybridStamp;
  /** Takes in a stamp of another node, so that the next tick is later; one beyond the drift cap is ignored, never an error. */
  receive(stamp: HybridStamp): void;
  /** Takes in the server's time in ms: a local clock further off than the drift cap is corrected by the difference. */
  observeServerTime(serverMs: number): void;
  /** The newest stamp, to be stored in the transaction of the edit it belongs to. */
  readonly last: HybridStamp | undefined;
}

/** A node whose clock is further ahead than this (ms) does not drag the others with it. */
export const defaultMaxDriftMs = 5 * 60_000;

const maxMs = 36 ** 9 - 1;
const maxCounter = 36 ** 4 - 1;
const stampPattern = /^[0-9a-z]{9}-[0-9a-z]{4}-[0-9a-zA-Z_]{1,64}$/;

/**
 * Writes a stamp. A counter past its four digits moves on to the next millisecond instead of overflowing.
 * @throws AppError invalidInput for a node id outside [0-9a-zA-Z_]{1,64} or a time outside 0..36^9
 */
export function formatStamp({ ms, counter, node }: HybridStampParts): HybridStamp {
  const carried = counter > maxCounter;
  const stamp = `${base36(carried ? ms + 1 : ms, 9)}-${base36(carried ? 0 : counter, 4)}-${node}`;
  if (!isHybridStamp(stamp)) {
    throw new AppError('invalidInput', `"${stamp}" is not a clock stamp: check the node id.`);
  }
  return stamp;
}

/** @throws AppError invalidInput when the text is not a stamp */
export function parseStamp(stamp: string): HybridStampParts {
  if (!isHybridStamp(stamp)) throw new AppError('invalidInput', 'This is not a clock stamp.');
  return {
    ms: Number.parseInt(stamp.slice(0, 9), 36),
    counter: Number.parseInt(stamp.slice(10, 14), 36),
    node: stamp.slice(15),
  };
}

/** True for text in stamp form; whatever else arrives from a peer is treated as no stamp at all. */
export function isHybridStamp(text: unknown): text is HybridStamp {
  return typeof text === 'string' && stampPattern.test(text);
}

/** Negative, zero or positive as `a` is earlier than, the same as, or later than `b`; no stamp is earlier than any. */
export function compareStamps(a: HybridStamp | undefined, b: HybridStamp | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  return a < b ? -1 : 1;
}

/**
 * A stamp for what was done knowing `other`: the given one where it is later, else the next after `other`. A clock that was
 * far ahead and has been put right would otherwise date an edit before the one it was made on top of.
 */
export function stampAfter(stamp: HybridStamp, other: HybridStamp | undefined): HybridStamp {
  if (other === undefined || stamp > other) return stamp;
  const { ms, counter } = parseStamp(other);
  return formatStamp({ ms, counter: counter + 1, node: parseStamp(stamp).node });
}

/**
 * Pulls a stamp that claims to be later than the server's own acceptance time plus the cap back to that limit. Every
 * client computes the same result from the same record, so a node ten years ahead wins at most as if it had written at
 * the moment of acceptance: from there on the server's order decides, and the merge stays a pure function.
 * @param acceptedMs `modified.timestamp` of the record the stamp came with, ms
 */
export function clampStamp(stamp: HybridStamp, acceptedMs: number, maxDriftMs = defaultMaxDriftMs): HybridStamp {
  const parts = parseStamp(stamp);
  const limit = Math.max(0, Math.min(maxMs, Math.floor(acceptedMs + maxDriftMs)));
  return parts.ms <= limit ? stamp : formatStamp({ ms: limit, counter: 0, node: parts.node });
}

/**
 * One clock per library and device.
 * @param deps.now wall clock in ms (injected, so a fleet of clients is deterministic)
 * @param deps.node id of this device, [0-9a-zA-Z_]{1,64}; must differ between devices
 * @param deps.last the stored newest stamp, so that time never runs backwards over a restart
 */
export function createHybridClock(deps: {
  readonly now: () => number;
  readonly node: string;
  readonly last?: HybridStamp | undefined;
  readonly maxDriftMs?: number;
}): HybridClock {
  const maxDriftMs = deps.maxDriftMs ?? defaultMaxDriftMs;
  let offset = 0;
  let ms = 0;
  let counter = 0;
  let last = deps.last;
  if (last !== undefined) ({ ms, counter } = parseStamp(last));

  const wall = (): number => Math.max(0, Math.min(maxMs - 1, Math.floor(deps.now() + offset)));

  return {
    tick() {
      const now = wall();
      if (now > ms) {
        ms = now;
        counter = 0;
      } else if (counter < maxCounter) {
        counter += 1;
      } else {
        ms += 1;
        counter = 0;
      }
      last = formatStamp({ ms, counter, node: deps.node });
      return last;
    },
    receive(stamp) {
      if (!isHybridStamp(stamp)) return;
      const other = parseStamp(stamp);
      if (other.ms > wall() + maxDriftMs) return;
      if (other.ms > ms || (other.ms === ms && other.counter > counter)) {
        ms = other.ms;
        counter = other.counter;
      }
    },
    observeServerTime(serverMs) {
      const difference = serverMs - deps.now();
      offset = Math.abs(difference) > maxDriftMs ? difference : 0;
      // A stamp made while this clock was far ahead must not hold the corrected clock in the future for years.
      if (ms > serverMs + maxDriftMs) {
        ms = Math.floor(serverMs);
        counter = 0;
      }
    },
    get last() {
      return last;
    },
  };
}

function base36(value: number, digits: number): string {
  return Math.max(0, Math.floor(value)).toString(36).padStart(digits, '0');
}
