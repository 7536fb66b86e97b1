import type { LucideIcon } from 'lucide-react';
import { useState } from 'react';
import type { DragEvent, KeyboardEvent, MouseEvent } from 'react';
import { carriesPhotos, draggedPhotos } from '../../data/drag.ts';
import { goTo, samePlace } from '../../data/navigation.ts';
import type { Place } from '../../data/navigation.ts';
import type { PhotoID } from '../../../shared/ids.ts';
import { countText } from '../../data/describe.ts';
import { useCore, useNavigation } from '../../data/useCore.ts';

type SidebarRowProps = {
  readonly icon: LucideIcon;
  readonly label: string;
  readonly place: Place;
  readonly query?: string;
  /** A number at the right: a quiet count, or a badge that wants to be seen. */
  readonly count?: number | undefined;
  readonly badge?: boolean;
  /** Whether the row stands for all pages of its screen, not only for the first. */
  readonly allPages?: boolean;
  readonly indent?: boolean;
  /** Given where photos may be dropped. */
  readonly onDropPhotos?: (ids: readonly PhotoID[]) => void;
  /** Given where the row has a menu: called with where it is to stand, by mouse and by key. */
  readonly onMenu?: (at: { readonly x: number; readonly y: number }) => void;
  /** What keys do while the row has the focus, by the key's DOM name. */
  readonly keys?: Readonly<Record<string, () => void>>;
};

/** One line of the sidebar: goes to a place, shows where one is, takes dropped photos. */
export function SidebarRow(props: SidebarRowProps) {
  const { icon: Icon, label, place, query = '', count, badge = false, indent = false, onDropPhotos } = props;
  const core = useCore();
  const current = useNavigation((state) => {
    const page =
      props.allPages === true && state.place.kind === 'screen' && place.kind === 'screen'
        ? state.place.name === place.name
        : samePlace(state.place, place);
    return page && (query === '' || state.query === query);
  });
  const [over, setOver] = useState(false);
  const takes = (event: DragEvent): boolean => onDropPhotos !== undefined && carriesPhotos(event.dataTransfer);
  const openMenu = (event: MouseEvent): void => {
    event.preventDefault();
    const box = event.currentTarget.getBoundingClientRect();
    const byKey = event.button !== 2;
    props.onMenu?.({ x: byKey ? box.left + 32 : event.clientX, y: byKey ? box.bottom : event.clientY });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const run = event.ctrlKey || event.metaKey || event.altKey ? undefined : props.keys?.[event.key];
    if (run === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    run();
  };
  return (
    <li>
      <button
        type="button"
        className="sidebar__row"
        data-indent={indent || undefined}
        data-over={over || undefined}
        aria-current={current ? 'page' : undefined}
        onClick={() => goTo(core.navigation, place, query)}
        {...(props.onMenu === undefined ? {} : { onContextMenu: openMenu })}
        {...(props.keys === undefined ? {} : { onKeyDown })}
        onDragOver={(event) => {
          if (!takes(event)) return;
          event.preventDefault();
          event.dataTransfer.dropEffect = 'copy';
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          setOver(false);
          if (!takes(event)) return;
          event.preventDefault();
          onDropPhotos?.(draggedPhotos(event.dataTransfer));
        }}
      >
        <Icon size={16} strokeWidth={1.75} aria-hidden />
        <span className="sidebar__label">{label}</span>
        {count === undefined || (badge && count === 0) ? null : (
          <span className={badge ? 'badge' : 'sidebar__count'}>{countText(core, count)}</span>
        )}
      </button>
    </li>
  );
}

/** A titled group of sidebar lines. */
export function SidebarGroup(props: {
  readonly title: string;
  readonly action?: React.ReactNode;
  readonly children: React.ReactNode;
}) {
  return (
    <section className="sidebar__group" aria-label={props.title}>
      <div className="sidebar__heading">
        <h2>{props.title}</h2>
        {props.action}
      </div>
      {props.children}
    </section>
  );
}
