import { Menu } from 'lucide-react';
import { commandMenus } from '../../../shared/commands.ts';
import { MenuButton } from '../../components/menus.tsx';
import type { MenuEntry, MenuGroups } from '../../components/menus.tsx';
import { runCommand, shownCommands } from '../../data/commandRunner.ts';
import type { Core } from '../../data/core.ts';
import { keyLabel } from '../../data/keys.ts';
import { isMac } from '../../data/platform.ts';
import { useCore, useT } from '../../data/useCore.ts';

/** Every command in its menu, as a window of the desktop shows them in its menu bar. */
function menuBar(core: Core): MenuGroups {
  const shown = shownCommands(core);
  const menus = commandMenus.map((menu): MenuEntry => ({
    id: menu,
    label: core.t(`menu.${menu}`),
    items: shown
      .filter(({ command }) => command.menu === menu)
      .map(({ command, label, obstacle }) => {
        const [key] = command.keys;
        return {
          id: command.id,
          label,
          obstacle,
          run: () => runCommand(core, command.id),
          ...(key === undefined ? {} : { keys: keyLabel(key, isMac()) }),
        };
      }),
  }));
  return [menus.filter((menu) => menu.items !== undefined && menu.items.length > 0)];
}

/** The menu bar as one button, for shells whose windows have none: a browser's menus are its own. */
export function AppMenu() {
  const core = useCore();
  const t = useT();
  if (core.info.capabilities.shell === 'desktop') return null;
  return <MenuButton icon={Menu} label={t('toolbar.menu')} groups={() => menuBar(core)} />;
}
