import type { ContextMenuParams, MenuItemConstructorOptions } from 'electron';
import { commandMenus, commands } from '../../shared/commands.ts';
import type { Command, CommandID, CommandMenu } from '../../shared/commands.ts';

const titles: Readonly<Record<CommandMenu, string>> = {
  file: 'File',
  edit: 'Edit',
  image: 'Image',
  album: 'Album',
  share: 'Share',
  view: 'View',
  window: 'Window',
  help: 'Help',
};

/** DOM key names and Electron's names for the same keys. */
const electronKeys: Readonly<Record<string, string>> = {
  Mod: 'CmdOrCtrl',
  Space: 'Space',
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  '=': '=',
};

export type MenuDeps = {
  readonly platform: NodeJS.Platform;
  /** Runs a command in the window, as if its key had been pressed there. */
  readonly run: (command: CommandID) => void;
  readonly devTools: boolean;
};

/**
 * The menu bar: every command of the table, in its menu, group by group. The keys are shown and not registered, because
 * the page decides by focus what a key means (a letter while a name is typed is a letter). macOS ignores that wish, so
 * there the keys without a modifier are left out: they would fire in every text field.
 */
export function menuTemplate(deps: MenuDeps): MenuItemConstructorOptions[] {
  const mac = deps.platform === 'darwin';
  const menus = commandMenus.map((menu): MenuItemConstructorOptions => ({
    label: titles[menu],
    ...(menu === 'window' ? { role: 'window' as const } : menu === 'help' ? { role: 'help' as const } : {}),
    submenu: [...commandItems(menu, deps), ...systemItems(menu, deps)],
  }));
  return mac ? [appMenu(), ...menus] : menus;
}

function commandItems(menu: CommandMenu, deps: MenuDeps): MenuItemConstructorOptions[] {
  const own = commands.filter((command) => command.menu === menu);
  const groups = [...new Set(own.map((command) => command.group))].toSorted((one, other) => one - other);
  return groups.flatMap((group, index) => {
    const items = own.filter((command) => command.group === group).map((command) => commandItem(command, deps));
    return index === 0 ? items : [{ type: 'separator' as const }, ...items];
  });
}

function commandItem(command: Command & { readonly id: CommandID }, deps: MenuDeps): MenuItemConstructorOptions {
  const key = command.keys[0];
  const shown = key !== undefined && (deps.platform !== 'darwin' || key.includes('Mod+') || /^F\d+$/u.test(key));
  return {
    id: command.id,
    label: command.label.replaceAll('&', '&&'),
    ...(shown ? { accelerator: acceleratorOf(key), registerAccelerator: false } : {}),
    click: () => deps.run(command.id),
  };
}

/** `Mod+Shift+I` of the command table as Electron writes it. */
export function acceleratorOf(key: string): string {
  return key
    .split('+')
    .map((part) => electronKeys[part] ?? (part === '' ? 'Plus' : part))
    .join('+');
}

function systemItems(menu: CommandMenu, deps: MenuDeps): MenuItemConstructorOptions[] {
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  switch (menu) {
    case 'edit':
      // No command of ours, and without an item macOS knows no key for it.
      return deps.platform === 'darwin' ? [separator, { role: 'cut' }] : [];
    case 'file':
      return deps.platform === 'darwin' ? [separator, { role: 'close' }] : [separator, { role: 'quit' }];
    case 'view':
      return deps.devTools ? [separator, { role: 'reload' }, { role: 'toggleDevTools' }] : [];
    case 'window':
      return [separator, { role: 'minimize' }, { role: 'zoom' }];
    default:
      return [];
  }
}

function appMenu(): MenuItemConstructorOptions {
  return {
    role: 'appMenu',
    label: 'Shoebox',
    submenu: [
      { role: 'about' },
      { type: 'separator' },
      { role: 'services' },
      { type: 'separator' },
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      { type: 'separator' },
      { role: 'quit' },
    ],
  };
}

/** What a click with the other button offers where text is edited or selected; empty elsewhere. */
export function textMenu(
  of: Pick<ContextMenuParams, 'isEditable' | 'selectionText' | 'editFlags'>,
): readonly MenuItemConstructorOptions[] {
  const { canCut, canCopy, canPaste, canSelectAll } = of.editFlags;
  if (!of.isEditable) return of.selectionText.trim() === '' ? [] : [{ role: 'copy', enabled: canCopy }];
  return [
    { role: 'cut', enabled: canCut },
    { role: 'copy', enabled: canCopy },
    { role: 'paste', enabled: canPaste },
    { type: 'separator' },
    { role: 'selectAll', enabled: canSelectAll },
  ];
}
