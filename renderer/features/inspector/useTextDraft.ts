import { useEffect, useState } from 'react';
import { useCore } from '../../data/useCore.ts';
import { fieldLeft, notSaved, showing, valueArrived } from './textDraft.ts';

/**
 * What a text field needs over a value that may change while somebody writes. The text is saved when the field is left;
 * Esc takes it back.
 * @param save keeps the text; what it rejects with is told, and the text stays
 */
export function useTextDraft(value: string, save: (text: string) => Promise<unknown>) {
  const { report } = useCore();
  const [draft, setDraft] = useState(() => showing(value));
  useEffect(() => setDraft((before) => valueArrived(before, value)), [value]);
  return {
    value: draft.text,
    onChange: (text: string): void => setDraft((before) => ({ ...before, text })),
    onFocus: (): void => setDraft((before) => ({ ...before, focused: true })),
    onBlur: (): void => {
      const left = fieldLeft(draft, value);
      setDraft(left.draft);
      const { save: text } = left;
      if (text === null) return;
      save(text).catch((error: unknown) => {
        report(error);
        setDraft((before) => notSaved(before, text, draft.from));
      });
    },
    onKeyDown: (key: string): void => {
      if (key === 'Escape') setDraft((before) => ({ ...showing(value), focused: before.focused }));
    },
  };
}
