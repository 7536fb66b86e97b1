import { useQuery } from '@tanstack/react-query';
import { Minus, Plus, X } from 'lucide-react';
import { useId, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { PhotoID } from '../../../shared/ids.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { TagDot } from '../organise/TagDot.tsx';

/** A tag as the field shows it; `partial` when only some of the photos carry it. */
export type ShownTag = {
  readonly id: string;
  readonly name: string;
  readonly color: string | null;
  readonly partial: boolean;
};

type TagFieldProps = {
  readonly photoIDs: readonly PhotoID[];
  readonly tags: readonly ShownTag[];
  readonly disabled?: boolean;
  readonly autoFocus?: boolean;
};

const most = 8;
const folded = (text: string): string => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();

/** Tags as chips with a field that completes: Return or comma adds, Backspace in the empty field takes the last away. */
export function TagField({ photoIDs, tags, disabled = false, autoFocus = false }: TagFieldProps) {
  const core = useCore();
  const t = useT();
  const listID = useId();
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const { data: all } = useQuery(core.queries.tags.list.queryOptions({ input: {} }));
  const full = new Set(tags.filter((tag) => !tag.partial).map((tag) => folded(tag.name)));
  const wanted = folded(text.trim());
  const matches = [...new Map((all ?? []).map((tag) => [folded(tag.name), tag])).values()]
    .filter((tag) => !full.has(folded(tag.name)) && folded(tag.name).includes(wanted))
    .toSorted((left, right) => {
      const starts = (name: string): number => (folded(name).startsWith(wanted) ? 0 : 1);
      return starts(left.name) - starts(right.name) || right.count - left.count;
    })
    .slice(0, most);
  const isNew = wanted !== '' && !(all ?? []).some((tag) => folded(tag.name) === wanted);
  const offers = [...matches.map((tag) => tag.name), ...(isNew ? [text.trim()] : [])];
  const shown = open && offers.length > 0;

  const change = (add: string[], remove: string[]): void => {
    core.client.tags.apply({ photoIDs: [...photoIDs], add, remove }).catch(core.report);
  };
  const add = (name: string): void => {
    if (name.trim() === '') return;
    change([name.trim()], []);
    setText('');
    setActive(-1);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      if (offers.length > 0)
        setActive((before) =>
          before < 0 && step < 0 ? offers.length - 1 : (before + step + offers.length) % offers.length,
        );
    } else if (event.key === 'Enter' || event.key === ',') {
      event.preventDefault();
      event.stopPropagation();
      add(active >= 0 ? (offers[active] ?? text) : text);
    } else if (event.key === 'Backspace' && text === '') {
      const last = tags.at(-1);
      if (last !== undefined) change([], [last.name]);
    } else if (event.key === 'Escape' && (shown || text !== '')) {
      event.preventDefault();
      event.stopPropagation();
      setOpen(false);
      setText('');
    }
  };

  return (
    <div className="tag-field">
      <ul className="tag-field__chips">
        {tags.map((tag) => (
          <li key={tag.id} className="chip" data-partial={tag.partial || undefined}>
            <TagDot color={tag.color} />
            <span className="chip__text">{tag.name}</span>
            {tag.partial ? (
              <>
                <Minus size={11} aria-hidden />
                <span className="visually-hidden">{t('tags.partial')}</span>
                <button
                  type="button"
                  aria-label={t('tags.addToAll', { name: tag.name })}
                  onClick={() => change([tag.name], [])}
                >
                  <Plus size={12} aria-hidden />
                </button>
              </>
            ) : null}
            {disabled ? null : (
              <button
                type="button"
                aria-label={t('tags.remove', { name: tag.name })}
                onClick={() => change([], [tag.name])}
              >
                <X size={12} aria-hidden />
              </button>
            )}
          </li>
        ))}
      </ul>
      {disabled ? null : (
        <div className="tag-field__entry">
          <input
            className="input"
            role="combobox"
            aria-label={t('tags.add')}
            aria-expanded={shown}
            aria-controls={listID}
            aria-autocomplete="list"
            {...(shown && active >= 0 ? { 'aria-activedescendant': `${listID}-${active}` } : {})}
            placeholder={t('tags.add')}
            autoComplete="off"
            maxLength={200}
            // oxlint-disable-next-line jsx-a11y/no-autofocus -- the field is what the dialog was opened for
            autoFocus={autoFocus}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setActive(-1);
              setOpen(true);
            }}
            onFocus={() => setOpen(true)}
            onBlur={() => setOpen(false)}
            onKeyDown={onKeyDown}
          />
          <ul id={listID} role="listbox" aria-label={t('tags.suggestions')} className="tag-field__list" hidden={!shown}>
            {offers.map((name, index) => (
              <li
                key={name}
                id={`${listID}-${index}`}
                role="option"
                className="search__option"
                aria-selected={index === active}
                onPointerDown={(event) => {
                  event.preventDefault();
                  add(name);
                }}
              >
                {isNew && index === offers.length - 1 ? t('tags.create', { name }) : name}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
