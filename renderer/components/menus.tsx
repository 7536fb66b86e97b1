import { Check, ChevronRight } from 'lucide-react';
import { useRef } from 'react';
import type { ReactNode, RefObject } from 'react';
import {
  Button as AriaButton,
  Menu,
  MenuItem,
  MenuTrigger,
  Popover,
  Separator,
  SubmenuTrigger,
} from 'react-aria-components';
import type { LucideIcon } from 'lucide-react';

/** One line of a menu. `obstacle` greys it and says why; `groups` makes it a submenu. */
export type MenuEntry = {
  readonly id: string;
  readonly label: string;
  readonly keys?: string;
  readonly obstacle?: string | null;
  readonly checked?: boolean;
  readonly danger?: boolean;
  readonly run?: () => void;
  readonly groups?: MenuGroups;
};

/** Groups are separated by a line. */
export type MenuGroups = readonly (readonly MenuEntry[])[];

type EntryProps = {
  readonly entry: MenuEntry;
  /** Closes a menu that no button opened: what is chosen in a submenu closes only the submenu by itself. */
  readonly onClose?: (() => void) | undefined;
};

function Entry({ entry, onClose }: EntryProps) {
  const obstacle = entry.obstacle ?? null;
  const { run } = entry;
  const act = (): void => {
    onClose?.();
    run?.();
  };
  const item = (
    <MenuItem
      id={entry.id}
      className={entry.danger === true ? 'menu__item menu__item--danger' : 'menu__item'}
      textValue={entry.label}
      isDisabled={obstacle !== null}
      {...(run === undefined ? {} : { onAction: act })}
    >
      <span aria-hidden>{entry.checked === true ? <Check size={14} /> : null}</span>
      <span className="menu__text">
        {entry.label}
        {obstacle === null ? null : <span className="menu__reason">{obstacle}</span>}
      </span>
      {entry.groups === undefined ? (
        <span className="menu__keys">{entry.keys ?? ''}</span>
      ) : (
        <ChevronRight size={14} aria-hidden />
      )}
    </MenuItem>
  );
  if (entry.groups === undefined || obstacle !== null) return item;
  return (
    <SubmenuTrigger>
      {item}
      <Popover className="popover" aria-label={entry.label}>
        <Menu className="menu" aria-label={entry.label}>
          {entriesOf(entry.groups, onClose)}
        </Menu>
      </Popover>
    </SubmenuTrigger>
  );
}

/** The lines of a menu: empty groups are left out, the others separated. */
function entriesOf(groups: MenuGroups, onClose: EntryProps['onClose']): readonly ReactNode[] {
  return groups
    .filter((group) => group.length > 0)
    .flatMap((group, index) => [
      ...(index === 0 ? [] : [<Separator key={`line-${group[0]?.id ?? index}`} className="menu__separator" />]),
      ...group.map((entry) => <Entry key={entry.id} entry={entry} onClose={onClose} />),
    ]);
}

function MenuBody({
  label,
  groups,
  onClose,
}: {
  readonly label: string;
  readonly groups: MenuGroups;
  readonly onClose?: () => void;
}) {
  return (
    <Menu className="menu" aria-label={label} autoFocus="first" {...(onClose === undefined ? {} : { onClose })}>
      {entriesOf(groups, onClose)}
    </Menu>
  );
}

type ContextMenuProps = {
  readonly at: { readonly x: number; readonly y: number };
  readonly label: string;
  readonly groups: MenuGroups;
  readonly onClose: () => void;
  readonly returnFocus?: RefObject<HTMLElement | null>;
};

/** A menu at a point of the window, px. Closing it gives the focus back. */
export function ContextMenu({ at, label, groups, onClose, returnFocus }: ContextMenuProps) {
  const anchor = useRef<HTMLSpanElement>(null);
  const close = (): void => {
    onClose();
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) returnFocus?.current?.focus();
    });
  };
  return (
    <>
      <span ref={anchor} className="menu-anchor" style={{ left: at.x, top: at.y }} aria-hidden />
      <Popover
        className="popover"
        aria-label={label}
        triggerRef={anchor}
        isOpen
        onOpenChange={(open) => (open ? undefined : close())}
        // Beside the point it may move up to fit; below it, it would be cut off at the foot of the window.
        placement="right top"
        offset={0}
        crossOffset={0}
      >
        <MenuBody label={label} groups={groups} onClose={close} />
      </Popover>
    </>
  );
}

type MenuButtonProps = {
  readonly label: string;
  readonly icon?: LucideIcon;
  readonly text?: ReactNode;
  readonly groups: () => MenuGroups;
};

function LazyMenu({ label, groups }: { readonly label: string; readonly groups: () => MenuGroups }) {
  return <MenuBody label={label} groups={groups()} />;
}

/** A button that opens a menu. */
export function MenuButton({ label, icon: Icon, text, groups }: MenuButtonProps) {
  return (
    <MenuTrigger>
      <AriaButton className={text === undefined ? 'icon-button' : 'button'} aria-label={label}>
        {Icon === undefined ? null : <Icon size={16} strokeWidth={1.75} aria-hidden />}
        {text}
      </AriaButton>
      <Popover className="popover" aria-label={label} placement="bottom end">
        <LazyMenu label={label} groups={groups} />
      </Popover>
    </MenuTrigger>
  );
}
