import { entityOf } from '../entities.ts';
import { dropHistoryTriggers, historyTriggers } from '../historyTriggers.ts';
import type { Migration } from '../migrator.ts';

/**
 * The time zone of a photo's place came from its file alone, so every computer could read it for itself. It now follows a
 * place set by hand as well: it travels with the names of the place, and undoing brings it back with them.
 */
export const placeZone: Migration = {
  number: 8,
  name: 'place-zone',
  sql: `${dropHistoryTriggers(entityOf('Photo'))}\n${historyTriggers(entityOf('Photo'))}`,
};
