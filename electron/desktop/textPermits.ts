import type { CommandID } from '../../shared/commands.ts';
import { textAction } from '../../shared/model/app.ts';
import type { TextAction } from '../../shared/model/app.ts';

/**
 * What the Edit menu was asked to do to a text a moment ago. Only the page knows whether a text is being written, so the
 * menu tells the page and the page asks the shell back; without a note of the choice, foreign script in the page could ask
 * at any time, paste into a field of its own and so read the clipboard.
 */
export type TextPermits = {
  /** A command was chosen in the menu while this window was there. */
  readonly note: (command: CommandID, window: object | undefined) => void;
  /** Whether the menu asked for this in this window just now; each choice counts once. */
  readonly take: (action: TextAction, window: object) => boolean;
};

/** A page answers the menu within milliseconds; a busy one within this time, ms. */
const lifetime = 2_000;

const actions: ReadonlyMap<string, TextAction> = new Map(
  textAction.options.map((action) => [`edit.${action}`, action]),
);

/** @param now a clock that only goes forward, ms */
export function createTextPermits(now: () => number): TextPermits {
  /** More than one where a key of the menu was pressed twice before the page answered; a handful at most. */
  let permits: readonly { readonly action: TextAction; readonly window: object; readonly until: number }[] = [];
  return {
    note: (command, window) => {
      const action = actions.get(command);
      if (action === undefined || window === undefined) return;
      permits = [...permits.filter(({ until }) => now() < until), { action, window, until: now() + lifetime }];
    },
    take: (action, window) => {
      permits = permits.filter(({ until }) => now() < until);
      const found = permits.find((permit) => permit.action === action && permit.window === window);
      permits = permits.filter((permit) => permit !== found);
      return found !== undefined;
    },
  };
}
