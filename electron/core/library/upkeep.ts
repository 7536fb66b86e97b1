import { keepSetByHand } from '../store/queries/setByHand.ts';
import type { Store } from '../store/store.ts';
import { timer, type Schedule } from './quietRunner.ts';
import { trashTime, type Trash } from './trash.ts';
import { notePastTime } from './trustedTime.ts';
import { createUnownedFiles } from './unownedFiles.ts';

/** What the library does by itself once in a while. */
export interface Upkeep {
  /** Does what is due now. */
  run(): Promise<void>;
  dispose(): void;
}

/** Steps can be undone this long, in ms; what sync has not sent yet stays however old it is. */
export const historyTime = 90 * 86_400_000;
const firstAfter = 60_000;
const every = 6 * 3_600_000;

/**
 * Empties the trash of what has lain there for 30 days, removes copies whose photo another computer deleted as long ago,
 * and lets go of history that nobody needs any more. Each by a time that is past for certain, not by the clock alone.
 */
export function createUpkeep(deps: {
  readonly store: Store;
  readonly trash: Trash;
  readonly now: () => number;
  readonly reportError: (error: unknown) => void;
  readonly schedule?: Schedule;
}): Upkeep {
  const { store, trash, now, reportError, schedule = timer } = deps;
  const unowned = createUnownedFiles({ store, now, keptMs: trashTime, reportError });
  const run = async (): Promise<void> => {
    const past = notePastTime(store, now());
    await trash.expire(past);
    await unowned.expire(past);
    if (past === undefined) return;
    store.transaction('maintenance', () => {
      keepSetByHand(store.connection, past - historyTime);
      store.history.purge(past - historyTime);
    });
  };
  let waiting = schedule(firstAfter, again);
  function again(): void {
    waiting = schedule(every, again);
    run().catch(reportError);
  }
  return { run, dispose: () => waiting.dispose() };
}
