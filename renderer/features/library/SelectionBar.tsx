import { FolderPlus, Heart, Info, RotateCcw, Tag, Trash, Trash2, X } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { CommandID } from '../../../shared/commands.ts';
import { CommandButton } from '../../components/CommandButton.tsx';
import { IconButton } from '../../components/buttons.tsx';
import { emptySelection } from '../../data/selection.ts';
import { useCore, useNavigation, useSelection, useT } from '../../data/useCore.ts';

const actions: readonly (readonly [CommandID, LucideIcon])[] = [
  ['photo.favourite', Heart],
  ['photo.tags', Tag],
  ['photo.addToAlbum', FolderPlus],
  ['photo.restore', RotateCcw],
  ['view.inspector', Info],
  ['photo.trash', Trash],
  ['photo.deleteForever', Trash2],
];

/**
 * At the foot of a list while several photos are selected: how many, and what can be done with them. In the trash for a
 * single one as well: putting it back is what a person comes for, and no other button does it.
 */
export function SelectionBar() {
  const core = useCore();
  const t = useT();
  const count = useSelection((state) => state.ids.size);
  const viewerOpen = useNavigation((state) => state.photo !== null);
  const place = useNavigation((state) => state.place);
  if (count < (place.kind === 'trash' ? 1 : 2) || viewerOpen) return null;
  return (
    <div className="selection-bar" role="toolbar" aria-label={t('selection.actions')}>
      <span className="selection-bar__count" role="status">
        {t('selection.count', { count })}
      </span>
      {actions.map(([id, icon]) => (
        <CommandButton key={id} id={id} icon={icon} />
      ))}
      <IconButton icon={X} label={t('selection.clear')} onPress={() => core.selection.setState(emptySelection)} />
    </div>
  );
}
