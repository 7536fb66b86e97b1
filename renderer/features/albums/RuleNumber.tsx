import { useState } from 'react';
import type { SmartRule } from '../../../shared/model/album.ts';
import { ruleNumber } from './ruleFields.ts';

type RuleNumberProps = {
  readonly label: string;
  readonly value: SmartRule['value'];
  readonly min: number;
  /** How much of what the rule holds is one of what is typed. */
  readonly unit?: number;
  readonly onChange: (value: number | '') => void;
};

/**
 * A box for the number of a rule, which counts while it is typed: what the rules find is counted along. Its text stays as
 * it is typed until the box is left, and the rule is unfinished while that is no number it can hold.
 */
export function RuleNumber({ label, value, min, unit = 1, onChange }: RuleNumberProps) {
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <input
      className="input"
      type="number"
      min={min}
      step={unit === 1 ? 1 : 'any'}
      aria-label={label}
      value={typed ?? (value === '' ? '' : Number(value) / unit)}
      onChange={({ target }) => {
        setTyped(target.value);
        onChange(ruleNumber(target.value, min, unit));
      }}
      onBlur={() => setTyped(null)}
    />
  );
}
