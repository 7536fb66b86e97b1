import { z } from 'zod';

/** One undoable step, as the history panel shows it. */
export const historyStep = z.strictObject({
  id: z.string(),
  label: z.string().describe('"Tagged 214 photos \'Crete\'"'),
  at: z.number().int(),
  state: z.enum(['done', 'undone']),
});
export type HistoryStep = z.infer<typeof historyStep>;

/** One row of persistent history, for `shoebox history` and diagnostics. */
export const historyEntry = z.strictObject({
  token: z.number().int(),
  author: z.enum(['app', 'sync', 'ingest', 'maintenance']),
  at: z.number().int(),
  store: z.enum(['private', 'shared']),
  entity: z.string(),
  id: z.string(),
  change: z.enum(['insert', 'update', 'delete']),
  columns: z.array(z.string()),
});
export type HistoryEntry = z.infer<typeof historyEntry>;
