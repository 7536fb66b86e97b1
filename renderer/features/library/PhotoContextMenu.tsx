import { useMemo } from 'react';
import type { RefObject } from 'react';
import { ContextMenu } from '../../components/menus.tsx';
import { photoMenu } from '../../data/photoMenu.ts';
import { useCore } from '../../data/useCore.ts';

type Props = {
  readonly at: { readonly x: number; readonly y: number };
  readonly onClose: () => void;
  readonly returnFocus: RefObject<HTMLElement | null>;
};

/** The menu of the selected photos, settled when it opens. */
export function PhotoContextMenu({ at, onClose, returnFocus }: Props) {
  const core = useCore();
  const groups = useMemo(() => photoMenu(core), [core]);
  return (
    <ContextMenu at={at} label={core.t('menu.photo')} groups={groups} onClose={onClose} returnFocus={returnFocus} />
  );
}
