/** A box for a whole number: what was typed so far, or null while nobody types, and what is set. */
export type NumberEntry = {
  readonly typed: string | null;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onType: (typed: string | null) => void;
  readonly onChange: (value: number) => void;
};

/**
 * What such a box shows and how it answers. A number counts when the box is left or Return is pressed, never while it is
 * typed: 600 begins with a 6, and a limit of 6 would be acted on. What is no whole number between `min` and `max` gives
 * way to what was set.
 */
export function numberEntry({ typed, value, min, max, onType, onChange }: NumberEntry) {
  const finish = (): void => {
    if (typed === null) return;
    onType(null);
    const next = typed.trim() === '' ? Number.NaN : Number(typed);
    if (Number.isInteger(next) && next >= min && next <= max && next !== value) onChange(next);
  };
  return {
    value: typed ?? String(value),
    onChange: (event: { readonly target: { readonly value: string } }): void => onType(event.target.value),
    onBlur: finish,
    onKeyDown: (event: { readonly key: string }): void => {
      if (event.key === 'Enter') finish();
    },
  };
}
