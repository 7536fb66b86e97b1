import { oc } from '@orpc/contract';
import { z } from 'zod';
import { historyStep } from '../model/history.ts';

const nothing = z.strictObject({});
const outcome = z.strictObject({
  step: historyStep.nullable().describe('null when there was nothing to undo or redo'),
  skipped: z.number().int().describe('rows somebody else changed meanwhile; they keep the newer value'),
});

/** Undo and redo of organising and editing steps, most recent first. */
export const undo = {
  list: oc.input(z.strictObject({ limit: z.number().int().min(1).max(500).default(100) })).output(z.array(historyStep)),
  /** Takes the newest step back, or the one that is named, whatever came after it; that one only while it is not undone. */
  undo: oc.input(z.strictObject({ step: z.string().max(64).optional() })).output(outcome),
  redo: oc.input(nothing).output(outcome),
};
