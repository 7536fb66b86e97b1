import type { Transaction } from '../database/database.ts';
import type { CallContext, Effects } from './context.ts';

/**
 * One transaction and what follows from its end outside the database. Where the call has joined an outer transaction
 * (`context.effects`), its own end is not the end yet: the effects are handed on and wait for the outer one's.
 * Throws what `work` throws, after the effects of the failure.
 */
export async function writeWithEffects<T>(
  context: CallContext,
  work: (sql: Transaction, effects: Effects) => Promise<T>,
): Promise<T> {
  const effects: Effects = { afterCommit: [], afterFailure: [] };
  const fail = (): void => {
    effects.afterCommit.length = 0;
    for (const effect of effects.afterFailure.splice(0)) effect();
  };
  let result: T;
  try {
    result = await context.database.write((sql) => {
      // Run again after a deadlock: whatever the attempt before has left here was undone with it.
      fail();
      return work(sql, effects);
    });
  } catch (error) {
    fail();
    throw error;
  }
  if (context.effects === undefined) {
    for (const effect of effects.afterCommit) effect();
  } else {
    context.effects.afterCommit.push(...effects.afterCommit);
    context.effects.afterFailure.push(...effects.afterFailure);
  }
  return result;
}
