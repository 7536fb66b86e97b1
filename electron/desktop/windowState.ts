import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Rectangle } from 'electron';
import { z } from 'zod';

const stateSchema = z.strictObject({
  bounds: z.strictObject({ x: z.int(), y: z.int(), width: z.int().min(400), height: z.int().min(300) }),
  maximised: z.boolean(),
  fullScreen: z.boolean(),
});

/** Where a window was when it was last seen. */
export type WindowState = z.infer<typeof stateSchema>;

/** The smallest window in which every screen works. */
export const minimumSize = { width: 720, height: 480 };

/**
 * Reads the remembered state; undefined when there is none, or none that makes sense.
 * @param path absolute path of the state file
 * @param displays work areas of the screens that are there now: a window on a screen that was unplugged would be invisible
 */
export function readWindowState(path: string, displays: readonly Rectangle[]): WindowState | undefined {
  let state: WindowState;
  try {
    state = stateSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
  return displays.some((area) => showsTitleBar(state.bounds, area)) ? state : undefined;
}

/** Writes the state whole, by a temporary name. */
export function writeWindowState(path: string, state: WindowState): void {
  writeFileSync(`${path}.new`, JSON.stringify(state));
  renameSync(`${path}.new`, path);
}

/** Whether enough of the top edge lies on a screen to take hold of the window there. */
function showsTitleBar(bounds: Rectangle, area: Rectangle): boolean {
  const visibleWidth = Math.min(bounds.x + bounds.width, area.x + area.width) - Math.max(bounds.x, area.x);
  return visibleWidth >= 100 && bounds.y >= area.y && bounds.y <= area.y + area.height - 40;
}
