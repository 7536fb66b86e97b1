import { useId, useState } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';

/** A list of offers below a text field, of which arrow keys mark one while the focus stays in the field. */
export type Completion<T> = {
  readonly offers: readonly T[];
  readonly shown: boolean;
  readonly open: () => void;
  readonly close: () => void;
  /** The marked offer, or null while none is. */
  readonly marked: T | null;
  readonly unmark: () => void;
  /**
   * Moves the mark for an arrow key.
   * @returns whether the key is dealt with: an arrow key, or one that an input method needs to compose a word, as Japanese
   * does with Return and arrows
   */
  readonly move: (event: KeyboardEvent) => boolean;
  /** What makes a screen reader say of the field that it completes. */
  readonly field: {
    readonly role: 'combobox';
    readonly 'aria-expanded': boolean;
    readonly 'aria-controls': string;
    readonly 'aria-autocomplete': 'list';
    readonly 'aria-activedescendant'?: string;
    readonly autoComplete: 'off';
  };
  readonly listID: string;
  readonly active: number;
};

type Options = {
  /** The list stands open for as long as its field is there, and its first offer is marked. */
  readonly always?: boolean;
};

/** The state of a field that completes; {@link CompletionList} draws its list. */
export function useCompletion<T>(offers: readonly T[], { always = false }: Options = {}): Completion<T> {
  const listID = useId();
  const first = always ? 0 : -1;
  const [opened, setOpened] = useState(always);
  const [active, setActive] = useState(first);
  const shown = (always || opened) && offers.length > 0;
  const marked = shown ? (offers[active] ?? null) : null;
  const mark = (index: number): void => {
    setActive(index);
    document.getElementById(`${listID}-${index}`)?.scrollIntoView({ block: 'nearest' });
  };
  return {
    offers,
    shown,
    open: () => setOpened(true),
    close: () => setOpened(always),
    marked,
    unmark: () => setActive(first),
    move: (event) => {
      if (event.nativeEvent.isComposing) return true;
      const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
      if (step === 0) return false;
      event.preventDefault();
      setOpened(true);
      if (offers.length > 0)
        mark(active < 0 && step < 0 ? offers.length - 1 : (active + step + offers.length) % offers.length);
      return true;
    },
    field: {
      role: 'combobox',
      'aria-expanded': shown,
      'aria-controls': listID,
      'aria-autocomplete': 'list',
      ...(marked === null ? {} : { 'aria-activedescendant': `${listID}-${active}` }),
      autoComplete: 'off',
    },
    listID,
    active,
  };
}

type ListProps<T> = {
  readonly completion: Completion<T>;
  readonly label: string;
  readonly className: string;
  readonly optionClassName: string;
  readonly keyOf: (offer: T) => string;
  readonly onChoose: (offer: T) => void;
  readonly disabled?: (offer: T) => boolean;
  readonly children: (offer: T) => ReactNode;
};

/** The offers of a field that completes. A press chooses one and leaves the focus in the field. */
export function CompletionList<T>(props: ListProps<T>) {
  const { completion, label, className, optionClassName, keyOf, onChoose, disabled, children } = props;
  const { offers, shown, listID, active } = completion;
  return (
    <ul id={listID} role="listbox" aria-label={label} className={className} hidden={!shown}>
      {offers.map((offer, index) => (
        <li
          key={keyOf(offer)}
          id={`${listID}-${index}`}
          role="option"
          className={optionClassName}
          aria-selected={index === active}
          {...(disabled?.(offer) === true ? { 'aria-disabled': true } : {})}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onChoose(offer)}
        >
          {children(offer)}
        </li>
      ))}
    </ul>
  );
}
