import type { Timers } from './cloud/context.ts';

/** Waits for work to end, but no longer than this many ms; without timers, to its end. */
export async function waitAtMost(timers: Timers | undefined, ms: number, work: Promise<unknown>): Promise<void> {
  if (timers === undefined) {
    await work;
    return;
  }
  const waited = Promise.withResolvers<void>();
  const handle = timers.setTimeout(() => waited.resolve(), ms);
  try {
    await Promise.race([work, waited.promise]);
  } finally {
    timers.clearTimeout(handle);
  }
}
