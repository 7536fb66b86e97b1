import { FolderPlus, Heart, Info, RotateCcw, Tag, Trash, X } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { CommandID } from '../../../shared/commands.ts';
import { IconButton } from '../../components/buttons.tsx';
import { runCommand, showCommand } from '../../data/commandRunner.ts';
import { keyLabel } from '../../data/keys.ts';
import { isMac } from '../../data/platform.ts';
import { emptySelection } from '../../data/selection.ts';
import { useCore, useNavigation, useSelection, useT } from '../../data/useCore.ts';

const actions: readonly (readonly [CommandID, LucideIcon])[] = [
  ['photo.favourite', Heart],
  ['photo.tags', Tag],
  ['photo.addToAlbum', FolderPlus],
  ['photo.restore', RotateCcw],
  ['view.inspector', Info],
  ['photo.trash', Trash],
];

/** At the foot of a list while several photos are selected: how many, and what can be done with them. */
export function SelectionBar() {
  const core = useCore();
  const t = useT();
  const count = useSelection((state) => state.ids.size);
  const viewerOpen = useNavigation((state) => state.photo !== null);
  useNavigation((state) => state.place);
  if (count < 2 || viewerOpen) return null;
  return (
    <div className="selection-bar" role="toolbar" aria-label={t('selection.actions')}>
      <span className="selection-bar__count" role="status">
        {t('selection.count', { count })}
      </span>
      {actions.map(([id, icon]) => {
        const shown = showCommand(core, id);
        if (shown === null || shown.obstacle !== null) return null;
        const key = shown.command.keys[0];
        return (
          <IconButton
            key={id}
            icon={icon}
            label={shown.label}
            {...(key === undefined ? {} : { keys: keyLabel(key, isMac()) })}
            onPress={() => runCommand(core, id)}
          />
        );
      })}
      <IconButton icon={X} label={t('selection.clear')} onPress={() => core.selection.setState(emptySelection)} />
    </div>
  );
}
