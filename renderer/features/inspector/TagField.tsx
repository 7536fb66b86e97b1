import { useQuery } from '@tanstack/react-query';
import { Minus, Plus, X } from 'lucide-react';
import { useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { PhotoID } from '../../../shared/ids.ts';
import { CompletionList, useCompletion } from '../../components/completion.tsx';
import { useCore, useT } from '../../data/useCore.ts';
import { TagDot } from '../organise/TagDot.tsx';
import { changeTags, type ShownTag } from './tagStates.ts';

type TagFieldProps = {
  readonly photoIDs: readonly PhotoID[];
  readonly tags: readonly ShownTag[];
  readonly disabled?: boolean;
  readonly autoFocus?: boolean;
  /** What stands in the field and how it changes, for a dialog that has to know it; the field's own otherwise. */
  readonly entry?: Entry;
};

type Entry = readonly [text: string, setText: (text: string) => void];

const most = 8;
const folded = (text: string): string => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();

/** Tags as chips with a field that completes: Return or comma adds, Backspace in the empty field takes the last away. */
export function TagField({ photoIDs, tags, disabled = false, autoFocus = false, entry }: TagFieldProps) {
  const core = useCore();
  const t = useT();
  const own = useState('');
  const [text, setText]: Entry = entry ?? own;
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
  const completion = useCompletion(offers);

  const change = (add: string[], remove: string[]): void => {
    changeTags(core, photoIDs, { add, remove }).catch(core.report);
  };
  const add = (name: string): void => {
    if (name.trim() === '') return;
    change([name.trim()], []);
    setText('');
    completion.unmark();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (completion.move(event)) return;
    if (event.key === 'Enter' || event.key === ',') {
      event.preventDefault();
      event.stopPropagation();
      add(completion.marked ?? text);
    } else if (event.key === 'Backspace' && text === '') {
      const last = tags.at(-1);
      if (last !== undefined) change([], [last.name]);
    } else if (event.key === 'Escape' && (completion.shown || text !== '')) {
      event.preventDefault();
      event.stopPropagation();
      completion.close();
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
            {...completion.field}
            aria-label={t('tags.add')}
            placeholder={t('tags.add')}
            maxLength={200}
            // oxlint-disable-next-line jsx-a11y/no-autofocus -- the field is what the dialog was opened for
            autoFocus={autoFocus}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              completion.unmark();
              completion.open();
            }}
            onFocus={completion.open}
            onBlur={completion.close}
            onKeyDown={onKeyDown}
          />
          <CompletionList
            completion={completion}
            label={t('tags.suggestions')}
            className="tag-field__list"
            optionClassName="search__option"
            keyOf={(name) => name}
            onChoose={add}
          >
            {(name) => (isNew && name === offers.at(-1) ? t('tags.create', { name }) : name)}
          </CompletionList>
        </div>
      )}
    </div>
  );
}
