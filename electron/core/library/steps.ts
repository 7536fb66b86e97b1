import { AppError } from '../../../shared/errors.ts';
import type { Connection } from '../store/connection.ts';
import type { Store } from '../store/store.ts';

/** What a step writes, decided by reading before anything is written, so that its label can count. */
export interface StepPlan<Row, Result> {
  /** A sentence for the history panel: "Tagged 214 photos “Crete”". */
  readonly label: string;
  readonly rows: readonly Row[];
  /** Writes one row of the store, or the few that belong together. */
  readonly write: (row: Row, connection: Connection) => void;
  readonly result: Result;
}

/** Runs organising steps one after the other, each undoable as a whole. */
export interface Steps {
  /**
   * Waits for the steps before, plans, and writes in transactions of at most 200 rows that share one step. Between two
   * of them other work gets its turn. Nothing is recorded for an empty plan.
   */
  run<Row, Result>(plan: () => StepPlan<Row, Result>): Promise<Result>;
  /** The same queue for work that writes its transactions itself (undo). */
  exclusive<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Lets other work run between two transactions. @throws AppError cancelled once the library is being closed. */
  pause(): Promise<void>;
  /** Resolves when no step is running or waiting: background work lets a person's step go first. */
  quiet(): Promise<void>;
  /** Stops a bulk step after its current transaction; what it wrote stays and can be undone after the next start. */
  dispose(): Promise<void>;
}

export interface StepsDependencies {
  readonly store: Store;
  readonly newId: () => string;
  /** Lets other work run between two transactions of a bulk step; the next turn of the event loop by default. */
  readonly pause?: () => Promise<void>;
}

/** At most this many rows per transaction: a writer on another thread waits inside its call. */
export const rowsPerTransaction = 200;

/** Lets timers, sockets and input have their turn. */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/**
 * One queue of steps per library. Without it two bulk steps would interleave their transactions, and undoing one of
 * them would meet the other half way.
 */
export function createSteps({ store, newId, pause: turn = nextTurn }: StepsDependencies): Steps {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  const closing = new AbortController();
  const stopWhenClosing = (): void => {
    if (closing.signal.aborted) throw new AppError('cancelled', 'The library was closed before this was done.');
  };
  const pause = async (): Promise<void> => {
    await turn();
    stopWhenClosing();
  };
  const exclusive = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const guarded = (): Promise<Result> => {
      stopWhenClosing();
      return work();
    };
    waiting += 1;
    const mine = last.then(guarded, guarded).finally(() => {
      waiting -= 1;
    });
    last = mine.catch(() => undefined);
    return mine;
  };
  return {
    exclusive,
    pause,
    quiet: async () => {
      while (waiting > 0) await last;
    },
    dispose: async () => {
      closing.abort();
      await last;
    },
    run: (plan) =>
      exclusive(async () => {
        const { label, rows, write, result } = plan();
        const step = newId();
        for (let start = 0; start < rows.length; start += rowsPerTransaction) {
          if (start > 0) await pause();
          store.transaction(
            'app',
            (connection) => {
              for (const row of rows.slice(start, start + rowsPerTransaction)) write(row, connection);
            },
            { label, step },
          );
        }
        return result;
      }),
  };
}
