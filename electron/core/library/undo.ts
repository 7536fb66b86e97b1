import type { HistoryStep } from '../../../shared/model/history.ts';
import type { Connection } from '../store/connection.ts';
import type { Store } from '../store/store.ts';
import type { Steps } from './steps.ts';
import { createInverter } from './undoInverse.ts';

/** What an undo or redo did. */
export interface UndoOutcome {
  readonly step: HistoryStep | null;
  /** Rows somebody else changed meanwhile; they keep the newer value. */
  readonly skipped: number;
}

/**
 * Undo and redo of steps, read from persistent history: a step is the transactions that share its id, an undo is a step
 * of its own that inverts it. Nothing beside history is kept, so it survives a restart and cannot disagree with the rows.
 */
export interface Undo {
  /** Newest first. Steps that were undone and can no longer be redone are left out. */
  list(limit: number): HistoryStep[];
  /** @param step the newest where none is named; one that is not done (any more) leaves everything as it is */
  undo(step?: string): Promise<UndoOutcome>;
  redo(): Promise<UndoOutcome>;
}

/** A step as the history panel shows it, and the step that last did or undid it. */
interface Entry {
  readonly id: string;
  readonly label: string;
  readonly at: number;
  latest: string;
}

interface Stacks {
  readonly done: Entry[];
  readonly undone: Entry[];
  readonly byLatest: Map<string, Entry>;
  readTo: number;
}

interface TransactionRow {
  readonly id: number;
  readonly at: number;
  readonly step: string;
  readonly label: string | null;
  readonly inverts: string | null;
}

export function createUndo(deps: {
  readonly store: Store;
  readonly steps: Steps;
  /** ms since 1970 */
  readonly now: () => number;
  readonly newId: () => string;
}): Undo {
  const { store, steps, newId } = deps;
  const { connection } = store;
  const invert = createInverter(deps);
  const stacks: Stacks = { done: [], undone: [], byLatest: new Map(), readTo: 0 };

  const run = (direction: 'undo' | 'redo', wanted?: string): Promise<UndoOutcome> =>
    steps.exclusive(async () => {
      for (;;) {
        readOn(connection, stacks);
        const stack = direction === 'undo' ? stacks.done : stacks.undone;
        const entry = wanted === undefined ? stack.at(-1) : stack.find(({ id }) => id === wanted);
        if (entry === undefined) return { step: null, skipped: 0 };
        const transactions = connection
          .statement<[string], { id: number }>('SELECT id FROM history_transaction WHERE step = ? ORDER BY id DESC')
          .all(entry.latest)
          .map((row) => row.id);
        const inverse = { label: entry.label, step: newId(), inverts: entry.latest };
        const skipped = new Set<string>();
        let wrote = false;
        for (const [index, transaction] of transactions.entries()) {
          if (index > 0) await steps.pause();
          wrote = invert(transaction, inverse, skipped) || wrote;
        }
        if (wrote) {
          readOn(connection, stacks);
          return { step: shown(entry, direction === 'undo' ? 'undone' : 'done'), skipped: skipped.size };
        }
        // Its history was purged, or every row of it was changed since: there is nothing left to take back.
        stack.splice(stack.lastIndexOf(entry), 1);
        if (skipped.size > 0)
          return { step: shown(entry, direction === 'undo' ? 'done' : 'undone'), skipped: skipped.size };
      }
    });

  return {
    list: (limit) => {
      readOn(connection, stacks);
      const undone = stacks.undone.map((entry) => shown(entry, 'undone'));
      const done = stacks.done.map((entry) => shown(entry, 'done')).reverse();
      return [...undone, ...done].slice(0, limit);
    },
    undo: (step) => run('undo', step),
    redo: () => run('redo'),
  };
}

const shown = ({ id, label, at }: Entry, state: HistoryStep['state']): HistoryStep => ({ id, label, at, state });

/** Reads what was committed since the last time and moves steps between the stacks as it says. */
function readOn(connection: Connection, stacks: Stacks): void {
  const rows = connection
    .statement<[number], TransactionRow>(
      `SELECT id, at, step, label, inverts FROM history_transaction
       WHERE id > ? AND step IS NOT NULL AND label IS NOT NULL AND author = 'app' ORDER BY id`,
    )
    .iterate(stacks.readTo);
  for (const row of rows) {
    stacks.readTo = row.id;
    if (stacks.byLatest.has(row.step)) continue;
    const { inverts } = row;
    if (inverts === null) {
      const entry: Entry = { id: row.step, label: row.label ?? '', at: row.at, latest: row.step };
      stacks.done.push(entry);
      // A new step after an undo: what was undone belongs to a course that was not taken.
      stacks.undone.length = 0;
      stacks.byLatest.set(row.step, entry);
      continue;
    }
    const entry = stacks.byLatest.get(inverts);
    if (entry === undefined) continue;
    entry.latest = row.step;
    stacks.byLatest.set(row.step, entry);
    const at = stacks.done.lastIndexOf(entry);
    if (at >= 0) {
      stacks.done.splice(at, 1);
      stacks.undone.push(entry);
    } else {
      const undoneAt = stacks.undone.lastIndexOf(entry);
      if (undoneAt >= 0) stacks.undone.splice(undoneAt, 1);
      stacks.done.push(entry);
    }
  }
}
