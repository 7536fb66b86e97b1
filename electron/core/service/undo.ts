import { implement } from '@orpc/server';
import { contract } from '../../../shared/contract/contract.ts';
import type { Organising } from '../library/organising.ts';

/** The `undo` slice. */
export function createUndoService({ undo }: Organising) {
  const os = implement(contract.undo);
  return {
    list: os.list.handler(({ input }) => undo.list(input.limit)),
    undo: os.undo.handler(({ input }) => undo.undo(input.step)),
    redo: os.redo.handler(() => undo.redo()),
  };
}
