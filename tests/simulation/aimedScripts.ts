import { kept, type Script } from './scripts.ts';

/**
 * Runs that never broke a rule: written to meet planted bugs (mutants.ts) that random runs seldom meet. `fault` says what the
 * bug does in them.
 */
export const aimedScripts: readonly Script[] = [
  {
    fault: 'an edit made while an earlier one is being sent is forgotten with the answer to that',
    mutant: 'an acknowledgement covers later edits',
    plan: kept('editedWhileSent'),
  },
  {
    fault: 'a photo added to a share just before the right to went is kept nowhere',
    mutant: 'a refused edit is not kept',
    plan: kept('addedAfterTheRightWent'),
  },
  {
    fault: 'a photo edited just before the right to went disappears where it was edited',
    mutant: 'a refused edit is not taken back',
    plan: kept('editedAfterTheRightWent'),
  },
  {
    fault: 'a field of a newer build that waits in one place is lost when the photo turns up in another',
    mutant: 'an imported move loses the waiting edit',
    plan: kept('waitingFieldOfAMove'),
  },
  {
    fault:
      'a photo that two computers moved to two places stays in both, once the one that moved it later was set up anew',
    mutant: 'the losing copy of a move stays',
    plan: kept('losingCopyStays'),
  },
  {
    fault: 'a photo loses its tag where the deletion of its old place is read before its new place',
    mutant: 'tombstones do not wait a round',
    plan: kept('tombstoneBeforeItsMove'),
  },
];
