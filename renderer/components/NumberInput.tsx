import { useState } from 'react';
import { numberEntry } from './numberEntry.ts';

type NumberInputProps = {
  readonly label: string;
  readonly className: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onChange: (value: number) => void;
};

/** A box for a whole number, set when it is left or Return is pressed. Its label is its name. */
export function NumberInput({ label, className, value, min, max, onChange }: NumberInputProps) {
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <input
      className={className}
      type="number"
      min={min}
      max={max}
      aria-label={label}
      {...numberEntry({ typed, value, min, max, onType: setTyped, onChange })}
    />
  );
}
