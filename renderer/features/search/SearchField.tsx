import { useQuery } from '@tanstack/react-query';
import { Bookmark, Search, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { Suggestion } from '../../../shared/contract/search.ts';
import { CompletionList, useCompletion } from '../../components/completion.tsx';
import { viewOf } from '../../data/navigation.ts';
import { countText } from '../../data/describe.ts';
import { useCore, useNavigation, useSettings, useT } from '../../data/useCore.ts';
import { chipIcons } from './chipIcons.ts';
import './search.css';

/** Name of the event that moves the keyboard into the search field. */
export const focusSearchEvent = 'shoebox:focus-search';

/** Time after the last key before the list follows, ms: less than a keystroke, more than a burst of them. */
const typingPause = 90;
/** How long Enter waits for the list to show, ms. */
const listWait = 5_000;

/** The one field for searching: words and facets, understood facets as chips, completions below. */
export function SearchField() {
  const core = useCore();
  const t = useT();
  const query = useNavigation((state) => state.query);
  const scope = useSettings((settings) => settings.scope);
  const [text, setText] = useState(query);
  const [focused, setFocused] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef(0);
  const reaching = useRef(0);

  /** What this field itself has last searched for. */
  const applied = useRef(query);
  useEffect(() => {
    setText((before) => (before.trim() === query.trim() ? before : query));
    if (query === applied.current) return;
    // Changed elsewhere (a chip removed, a saved search opened): what was being typed must not come back over it.
    applied.current = query;
    clearTimeout(timer.current);
  }, [query]);
  useEffect(() => {
    const focus = (): void => {
      input.current?.focus();
      input.current?.select();
    };
    window.addEventListener(focusSearchEvent, focus);
    return () => window.removeEventListener(focusSearchEvent, focus);
  }, []);

  const apply = (next: string): void => {
    clearTimeout(timer.current);
    const trimmed = next.trim();
    applied.current = trimmed;
    const { place: now } = core.navigation.getState();
    // A screen without photos has nothing to narrow: searching there means the library.
    if (viewOf(now, trimmed, scope) === null && trimmed !== '')
      core.navigation.setState((before) => ({
        place: { kind: 'library' },
        query: trimmed,
        back: [...before.back, { place: before.place, query: before.query }],
      }));
    else core.navigation.setState({ query: trimmed, photo: null });
  };
  const change = (next: string): void => {
    setText(next);
    completion.unmark();
    completion.open();
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => apply(next), typingPause);
  };

  const suggestions = useQuery({
    ...core.queries.search.suggest.queryOptions({ input: { text: text.slice(0, 1_000), limit: 10 } }),
    enabled: focused && text.trim() !== '' && !text.endsWith(' '),
  });
  const saved = useQuery({
    ...core.queries.search.saved.queryOptions({ input: {} }),
    enabled: focused,
  });
  const found: readonly Suggestion[] = text.trim() === '' || text.endsWith(' ') ? [] : (suggestions.data ?? []);
  const offers =
    text.trim() === ''
      ? (saved.data ?? []).slice(0, 8).map((search) => ({
          id: search.id as string,
          label: search.title,
          icon: Bookmark,
          count: null,
          next: search.query,
        }))
      : found.map((suggestion) => ({
          id: `${suggestion.kind}:${suggestion.text}`,
          label: suggestion.label,
          icon: chipIcons[suggestion.kind],
          count: suggestion.count,
          next: suggestion.text,
        }));
  const completion = useCompletion(offers);
  const { shown } = completion;
  const choose = (offer: (typeof offers)[number]): void => {
    setText(offer.next);
    completion.unmark();
    apply(offer.next);
    if (text.trim() === '') completion.close();
    input.current?.focus();
  };

  /** The list of what was just asked for may be loading still, and hidden: it is reached as soon as it shows. */
  const reachList = (until: number): void => {
    document.querySelector<HTMLElement>('[role="grid"]')?.focus();
    if (document.activeElement === input.current && performance.now() < until)
      reaching.current = requestAnimationFrame(() => reachList(until));
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    cancelAnimationFrame(reaching.current);
    if (completion.move(event)) return;
    if (event.key === 'Enter') {
      if (completion.marked !== null) choose(completion.marked);
      else {
        apply(text);
        completion.close();
        reachList(performance.now() + listWait);
      }
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      if (shown) completion.close();
      else if (text === '') input.current?.blur();
      else {
        setText('');
        apply('');
      }
    }
  };

  return (
    <div className="search" role="search">
      <div className="search__field" data-open={shown || undefined}>
        <Search size={14} strokeWidth={2} aria-hidden />
        <input
          ref={input}
          type="text"
          {...completion.field}
          aria-label={t('search.label')}
          placeholder={t('search.placeholder')}
          spellCheck={false}
          maxLength={1_000}
          value={text}
          onChange={(event) => change(event.target.value)}
          onFocus={() => {
            setFocused(true);
            completion.open();
          }}
          onBlur={() => {
            setFocused(false);
            completion.close();
          }}
          onKeyDown={onKeyDown}
        />
        {text === '' ? null : (
          <button
            type="button"
            className="search__clear"
            aria-label={t('search.clear')}
            onClick={() => {
              setText('');
              apply('');
              input.current?.focus();
            }}
          >
            <X size={12} aria-hidden />
          </button>
        )}
      </div>
      <CompletionList
        completion={completion}
        label={t('search.suggestions')}
        className="search__list"
        optionClassName="search__option"
        keyOf={(offer) => offer.id}
        onChoose={choose}
      >
        {(offer) => (
          <>
            <offer.icon size={14} aria-hidden />
            <span className="search__option-label">{offer.label}</span>
            {offer.count === null ? null : <span className="search__option-count">{countText(core, offer.count)}</span>}
          </>
        )}
      </CompletionList>
    </div>
  );
}
