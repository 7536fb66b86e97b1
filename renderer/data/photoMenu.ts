import { commands } from '../../shared/commands.ts';
import type { MenuEntry, MenuGroups } from '../components/menus.tsx';
import { commandTarget, runCommand, showCommand } from './commandRunner.ts';
import type { ShownCommand } from './commandRunner.ts';
import type { Core } from './core.ts';
import { keyLabel } from './keys.ts';
import { isMac } from './platform.ts';

const danger: ReadonlySet<string> = new Set(['photo.trash', 'photo.deleteForever']);

/**
 * The context menu of the selected photos, in the product's order. Commands that cannot be used say why; in the trash,
 * where nearly none can, only those that can are listed.
 */
export function photoMenu(core: Core): MenuGroups {
  const target = commandTarget(core);
  const inTrash = core.navigation.getState().place.kind === 'trash';
  const entries = commands
    .filter((command) => command.context !== undefined)
    .map((command) => showCommand(core, command.id, target))
    .filter((shown): shown is ShownCommand => shown !== null)
    .filter((shown) => !inTrash || !shown.command.needs.includes('outsideTrash'))
    .toSorted((left, right) => (left.command.context ?? 0) - (right.command.context ?? 0));
  const groups = new Map<number, MenuEntry[]>();
  const ratings: MenuEntry[] = [];
  for (const { command, label, obstacle } of entries) {
    const section = Math.floor((command.context ?? 0) / 100);
    const group = groups.get(section) ?? [];
    groups.set(section, group);
    const key = command.keys[0];
    const entry: MenuEntry = {
      id: command.id,
      label,
      obstacle,
      danger: danger.has(command.id),
      run: () => runCommand(core, command.id, target),
      ...(key === undefined ? {} : { keys: keyLabel(key, isMac()) }),
    };
    if (!command.id.startsWith('photo.rate')) group.push(entry);
    else {
      if (ratings.length === 0) group.push({ id: 'rate', label: core.t('menu.rate'), obstacle, groups: [ratings] });
      ratings.push(entry);
    }
  }
  return [...groups.entries()].toSorted(([left], [right]) => left - right).map(([, group]) => group);
}
