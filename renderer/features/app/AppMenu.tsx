import { Menu } from 'lucide-react';
import { commandMenus } from '../../../shared/commands.ts';
import { MenuButton } from '../../components/menus.tsx';
import type { MenuEntry, MenuGroups } from '../../components/menus.tsx';
import { commandGroups, runCommand, shownCommands } from '../../data/commandRunner.ts';
import type { ShownCommand } from '../../data/commandRunner.ts';
import type { Core } from '../../data/core.ts';
import { keyLabel } from '../../data/keys.ts';
import { isMac } from '../../data/platform.ts';
import { useCore, useT } from '../../data/useCore.ts';

/** Every command in its menu, as a window of the desktop shows them in its menu bar. */
function menuBar(core: Core): MenuGroups {
  const shown = shownCommands(core);
  return [
    commandMenus.flatMap((menu): MenuEntry[] => {
      const groups = commandGroups(shown.filter(({ command }) => command.menu === menu));
      const entries = groups.map((group) => group.map((one) => entry(core, one)));
      return entries.length === 0 ? [] : [{ id: menu, label: core.t(`menu.${menu}`), groups: entries }];
    }),
  ];
}

function entry(core: Core, { command, label, obstacle }: ShownCommand): MenuEntry {
  const [key] = command.keys;
  return {
    id: command.id,
    label,
    obstacle,
    run: () => runCommand(core, command.id),
    ...(key === undefined ? {} : { keys: keyLabel(key, isMac()) }),
  };
}

/** The menu bar as one button, for shells whose windows have none: a browser's menus are its own. */
export function AppMenu() {
  const core = useCore();
  const t = useT();
  if (core.info.capabilities.shell === 'desktop') return null;
  return <MenuButton icon={Menu} label={t('toolbar.menu')} groups={() => menuBar(core)} />;
}
