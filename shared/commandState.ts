import { assertNever } from './assertNever.ts';
import type { Command, CommandNeed } from './commands.ts';

/** The facts about window, selection and shell from which the enablement of every command follows. */
export type CommandSituation = {
  /** How many photos a command would act on: the selection, or the one photo in the viewer. */
  readonly selected: number;
  /** How many photos the current list shows. */
  readonly listed: number;
  readonly album: 'none' | 'manual' | 'smart' | 'folder';
  readonly albumMayEdit: boolean;
  readonly albumShared: boolean;
  readonly inTrash: boolean;
  readonly viewer: boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** True unless every selected item is a video. */
  readonly image: boolean;
  readonly mayEdit: boolean;
  readonly mayDelete: boolean;
  readonly edited: boolean;
  readonly editsCopied: boolean;
  readonly shared: boolean;
  readonly shareExists: boolean;
  readonly signedIn: boolean;
  readonly query: boolean;
  readonly reveal: boolean;
  readonly openExternal: boolean;
  readonly chooseSource: boolean;
};

/** The first need of a command that the situation does not meet, or null when it can be used. */
export function unmetNeed(command: Command, situation: CommandSituation): CommandNeed | null {
  return command.needs.find((need) => !isMet(need, situation)) ?? null;
}

function isMet(need: CommandNeed, situation: CommandSituation): boolean {
  switch (need) {
    case 'selection':
      return situation.selected > 0;
    case 'oneSelected':
      return situation.selected === 1;
    case 'severalSelected':
      return situation.selected > 1;
    case 'photos':
      return situation.listed > 0;
    case 'manualAlbum':
      return situation.album === 'manual';
    case 'anyAlbum':
      return situation.album !== 'none';
    case 'ownAlbum':
      return situation.album !== 'none' && !situation.albumShared;
    case 'editableAlbum':
      return situation.albumMayEdit;
    case 'inTrash':
      return situation.inTrash;
    case 'outsideTrash':
      return !situation.inTrash;
    case 'viewer':
      return situation.viewer;
    case 'canUndo':
      return situation.canUndo;
    case 'canRedo':
      return situation.canRedo;
    case 'image':
      return situation.image;
    case 'mayEdit':
      return situation.mayEdit;
    case 'mayDelete':
      return situation.mayDelete;
    case 'reveal':
      return situation.reveal;
    case 'openExternal':
      return situation.openExternal;
    case 'chooseSource':
      return situation.chooseSource;
    case 'editsCopied':
      return situation.editsCopied;
    case 'edited':
      return situation.edited;
    case 'notShared':
      return !situation.shared;
    case 'shared':
      return situation.shared;
    case 'shareExists':
      return situation.shareExists;
    case 'signedIn':
      return situation.signedIn;
    case 'query':
      return situation.query;
    default:
      return assertNever(need);
  }
}
