import type { SmartRule } from '../../../shared/model/album.ts';

export type RuleField = SmartRule['field'];
export type Comparison = SmartRule['comparison'];

/** How the value of a rule is typed. `megabytes` is stored as bytes. */
export type RuleInput =
  | 'text'
  | 'date'
  | 'days'
  | 'rating'
  | 'megabytes'
  | 'yesNo'
  | 'kind'
  | 'orientation'
  | 'album'
  | 'tag';

type FieldSpec = {
  readonly comparisons: readonly Comparison[];
  readonly input: RuleInput;
  readonly start: SmartRule['value'];
};

/** What each field of a smart album can be compared by, and how its value is given. The first comparison is the default. */
export const ruleFields: Readonly<Record<RuleField, FieldSpec>> = {
  date: { comparisons: ['inLast', 'after', 'before', 'between', 'is'], input: 'date', start: 30 },
  place: { comparisons: ['contains', 'is', 'isNot'], input: 'text', start: '' },
  camera: { comparisons: ['contains', 'is', 'isNot'], input: 'text', start: '' },
  lens: { comparisons: ['contains', 'is', 'isNot'], input: 'text', start: '' },
  kind: { comparisons: ['is', 'isNot'], input: 'kind', start: 'video' },
  tag: { comparisons: ['is', 'isNot', 'contains'], input: 'tag', start: '' },
  rating: { comparisons: ['atLeast', 'atMost', 'is'], input: 'rating', start: 4 },
  favourite: { comparisons: ['is'], input: 'yesNo', start: true },
  album: { comparisons: ['is', 'isNot'], input: 'album', start: '' },
  addedBy: { comparisons: ['contains', 'is', 'isNot'], input: 'text', start: '' },
  size: { comparisons: ['atLeast', 'atMost', 'between'], input: 'megabytes', start: 10_000_000 },
  orientation: { comparisons: ['is', 'isNot'], input: 'orientation', start: 'landscape' },
  edited: { comparisons: ['is'], input: 'yesNo', start: true },
  text: { comparisons: ['contains'], input: 'text', start: '' },
};

export const allFields = Object.keys(ruleFields) as readonly RuleField[];

/** The rule a field starts with. */
export function startRule(field: RuleField): SmartRule {
  const spec = ruleFields[field];
  return { field, comparison: spec.comparisons[0] ?? 'is', value: spec.start };
}

const today = (now: number): string => new Date(now).toISOString().slice(0, 10);

/** The rule with another comparison; a value of another kind starts anew. */
export function withComparison(rule: SmartRule, comparison: Comparison, now: number): SmartRule {
  const { value2: _, ...rest } = rule;
  const base: SmartRule = { ...rest, comparison };
  if (rule.field === 'date') {
    const wantsDays = comparison === 'inLast';
    const value = wantsDays ? 30 : typeof rule.value === 'string' && rule.value !== '' ? rule.value : today(now);
    return comparison === 'between' ? { ...base, value, value2: today(now) } : { ...base, value };
  }
  if (comparison === 'between' && typeof rule.value === 'number') return { ...base, value2: rule.value * 2 };
  return base;
}

/** Whether a rule says something: an empty text does not. */
export function isComplete(rule: SmartRule): boolean {
  if (typeof rule.value === 'string' && rule.value.trim() === '') return false;
  return rule.comparison !== 'between' || (rule.value2 !== undefined && rule.value2 !== '');
}

/** The number a rule holds for what was typed, or an empty text, which leaves the rule unfinished. */
export function ruleNumber(typed: string, min: number, unit: number): number | '' {
  const number = typed.trim() === '' ? Number.NaN : Number(typed);
  return Number.isFinite(number) && number >= min ? Math.round(number * unit) : '';
}
