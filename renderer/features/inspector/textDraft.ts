/** Text in a field over a value that others may change as well. `from` is the value it was begun on. */
export type TextDraft = { readonly text: string; readonly from: string; readonly focused: boolean };

/** A field nobody is in, which shows the value. */
export const showing = (value: string): TextDraft => ({ text: value, from: value, focused: false });

/** The value has become another one. It is shown, but not to somebody who is in the field or has unsaved text there. */
export function valueArrived(draft: TextDraft, value: string): TextDraft {
  return draft.focused || draft.text !== draft.from ? draft : showing(value);
}

/** The field is left. `save` is the text to keep, or null where nobody wrote anything; blank text is none. */
export function fieldLeft(
  draft: TextDraft,
  value: string,
): { readonly draft: TextDraft; readonly save: string | null } {
  const text = draft.text.trim() === '' ? '' : draft.text;
  // Untouched text gives way to what others wrote in the meantime.
  if (text === draft.from || text === value) return { draft: showing(value), save: null };
  return { draft: showing(text), save: text };
}

/** The text could not be saved: it is unsaved again, unless it has been written on or taken back. */
export function notSaved(draft: TextDraft, text: string, from: string): TextDraft {
  return draft.from === text ? { ...draft, from } : draft;
}
