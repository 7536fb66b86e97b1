import { unmetNeed } from '../../shared/commandState.ts';
import type { CommandSituation } from '../../shared/commandState.ts';
import { commands, findCommand } from '../../shared/commands.ts';
import type { Command, CommandID } from '../../shared/commands.ts';
import type { Album } from '../../shared/model/album.ts';
import type { PhotoTile } from '../../shared/model/photo.ts';
import type { CommandTarget } from '../features/registry.ts';
import { currentView } from './core.ts';
import type { Core } from './core.ts';
import { inListOrder } from './selection.ts';
import { showToast } from './toasts.ts';

/** How many undo steps the window keeps at hand. */
export const undoLimit = 100;

/** A command as menus show it: its label now, and why it cannot be used, or null when it can. */
export type ShownCommand = {
  readonly command: Command & { readonly id: CommandID };
  readonly label: string;
  readonly obstacle: string | null;
};

/** The album of the current place, as far as the list of albums is known. */
export function currentAlbum(core: Core): Album | null {
  const { place } = core.navigation.getState();
  if (place.kind !== 'album') return null;
  const albums = core.queryClient.getQueryData(core.queries.albums.list.queryKey({ input: {} }));
  return albums?.find((album) => album.id === place.id) ?? null;
}

/** What a command would act on: the photo in the viewer, else the selection in list order. */
export function commandTarget(core: Core): CommandTarget {
  const { photo } = core.navigation.getState();
  const album = currentAlbum(core);
  if (photo !== null) return { photoIDs: [photo], album };
  const view = currentView(core);
  const selection = core.selection.getState();
  if (view === null) return { photoIDs: [...selection.ids], album };
  const timeline = core.timeline(view);
  return { photoIDs: inListOrder(selection, { ...timeline.snapshot(), indexOf: timeline.indexOf }), album };
}

/** The facts from which the enablement of every command follows. Tiles not fetched yet count as ordinary photos. */
export function commandSituation(core: Core, target: CommandTarget): CommandSituation {
  const { place, photo, query } = core.navigation.getState();
  const view = currentView(core);
  const { capabilities } = core.info;
  const { editsCopied, signedIn, shareExists } = core.window.getState();
  const steps = core.queryClient.getQueryData(core.queries.undo.list.queryKey({ input: { limit: undoLimit } })) ?? [];
  const tiles = target.photoIDs
    .slice(0, 500)
    .map((id) => core.tiles.get(id))
    .filter((tile): tile is PhotoTile => tile !== undefined);
  return {
    selected: target.photoIDs.length,
    listed: view === null ? 0 : core.timeline(view).snapshot().count,
    album: target.album?.kind ?? 'none',
    albumMayEdit: target.album?.mayEdit ?? false,
    albumShared: target.album !== null && target.album.shared !== 'none',
    inTrash: place.kind === 'trash',
    viewer: photo !== null,
    canUndo: steps.some((step) => step.state === 'done'),
    canRedo: steps.some((step) => step.state === 'undone'),
    image: tiles.length === 0 || tiles.some((tile) => tile.mediaType === 'image'),
    mayEdit: true,
    mayDelete: true,
    // Of photos never on screen no tile is known: what only some photos can undergo is offered, and says what it did.
    edited: tiles.length < target.photoIDs.length || tiles.some((tile) => tile.edited),
    editsCopied,
    shared: tiles.some((tile) => tile.shared !== 'none'),
    shareExists,
    signedIn,
    query: query.trim() !== '',
    reveal: capabilities.reveal,
    openExternal: capabilities.openExternal,
    chooseSource: capabilities.chooseFolder || capabilities.browseFolders,
  };
}

/** A command as it stands now, or null when no feature handles it or it makes no sense here. */
export function showCommand(core: Core, id: CommandID, target = commandTarget(core)): ShownCommand | null {
  const command = findCommand(id);
  const handler = core.registry.handler(id);
  if (command === undefined || handler === undefined) return null;
  if (handler.applies !== undefined && !handler.applies(core, target)) return null;
  const need = unmetNeed(command, commandSituation(core, target));
  return {
    command,
    label: handler.label?.(core, target) ?? command.label,
    obstacle: need === null ? null : core.t(`need.${need}`),
  };
}

/** Every command that can be shown now, in the order of the table. */
export function shownCommands(core: Core): readonly ShownCommand[] {
  const target = commandTarget(core);
  return commands
    .map((command) => showCommand(core, command.id, target))
    .filter((shown): shown is ShownCommand => shown !== null);
}

/** Commands of one menu by their groups, which a line separates, in the order of the groups' numbers. */
export function commandGroups(shown: readonly ShownCommand[]): readonly (readonly ShownCommand[])[] {
  const numbers = [...new Set(shown.map(({ command }) => command.group))].toSorted((one, other) => one - other);
  return numbers.map((group) => shown.filter(({ command }) => command.group === group));
}

/** Commands the core decides about when they are run: the steps known here may be a moment behind the key. */
const asksCore: ReadonlySet<string> = new Set(['edit.undo', 'edit.redo']);

/**
 * Runs a command of the shell's menu. That shows every command at all times; one that makes no sense here says so, where a
 * key would mean nothing.
 */
export function runFromMenu(core: Core, id: string): void {
  const target = commandTarget(core);
  const command = findCommand(id);
  if (command !== undefined && showCommand(core, command.id, target) === null) {
    const text = core.t('command.notHere', { label: command.label });
    showToast(core.toasts, { tone: 'plain', text, action: null });
    return;
  }
  runCommand(core, id, target);
}

/**
 * Runs a command by name, or says why it cannot be run. Errors end as a message.
 * @param target what it acts on; settled from window and selection when left out
 */
export function runCommand(core: Core, id: string, target = commandTarget(core)): void {
  const command = findCommand(id);
  const shown = command === undefined ? null : showCommand(core, command.id, target);
  const handler = command === undefined ? undefined : core.registry.handler(command.id);
  if (shown === null || handler === undefined) return;
  if (shown.obstacle !== null && !asksCore.has(id)) {
    showToast(core.toasts, { tone: 'plain', text: shown.obstacle, action: null });
    return;
  }
  Promise.resolve()
    .then(() => handler.run(core, target))
    .catch(core.report);
}
