import { useQuery } from '@tanstack/react-query';
import type { SmartRule } from '../../../shared/model/album.ts';
import { photoKind } from '../../../shared/model/photo.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { RuleNumber } from './RuleNumber.tsx';
import { ruleFields } from './ruleFields.ts';

type RuleValueProps = { readonly rule: SmartRule; readonly onChange: (rule: SmartRule) => void };

const megabyte = 1_000_000;
const orientations = ['landscape', 'portrait', 'square'] as const;

/** The value of one rule, in the control that fits its field. */
export function RuleValue({ rule, onChange }: RuleValueProps) {
  const core = useCore();
  const t = useT();
  const { input } = ruleFields[rule.field];
  const { data: tags } = useQuery({ ...core.queries.tags.list.queryOptions({ input: {} }), enabled: input === 'tag' });
  const { data: albums } = useQuery({
    ...core.queries.albums.list.queryOptions({ input: {} }),
    enabled: input === 'album',
  });
  const label = t('rules.value');
  const set = (value: SmartRule['value']): void => onChange({ ...rule, value });
  const choice = (options: readonly (readonly [string, string])[], value: string, change: (value: string) => void) => (
    <select className="select" aria-label={label} value={value} onChange={(event) => change(event.target.value)}>
      {value === '' ? <option value="">{t('rules.choose')}</option> : null}
      {options.map(([id, text]) => (
        <option key={id} value={id}>
          {text}
        </option>
      ))}
    </select>
  );
  switch (input) {
    case 'text':
      return (
        <input
          className="input"
          aria-label={label}
          value={String(rule.value)}
          onChange={(event) => set(event.target.value)}
        />
      );
    case 'tag':
      return (
        <>
          <input
            className="input"
            aria-label={label}
            list="rule-tags"
            value={String(rule.value)}
            onChange={(event) => set(event.target.value)}
          />
          <datalist id="rule-tags">
            {(tags ?? []).map((tag) => (
              <option key={tag.id} value={tag.name} />
            ))}
          </datalist>
        </>
      );
    case 'date':
    case 'days':
      if (rule.comparison === 'inLast')
        return (
          <label className="form__inline">
            <RuleNumber label={label} value={rule.value} min={1} onChange={set} />
            <span>{t('date.days')}</span>
          </label>
        );
      return (
        <>
          <input
            className="input"
            type="date"
            aria-label={label}
            value={String(rule.value)}
            onChange={(event) => set(event.target.value)}
          />
          {rule.comparison === 'between' ? (
            <input
              className="input"
              type="date"
              aria-label={t('rules.until')}
              value={String(rule.value2 ?? '')}
              onChange={(event) => onChange({ ...rule, value2: event.target.value })}
            />
          ) : null}
        </>
      );
    case 'rating':
      return choice(
        [0, 1, 2, 3, 4, 5].map((stars) => [String(stars), t('rating.stars', { rating: stars })] as const),
        String(rule.value),
        (value) => set(Number(value)),
      );
    case 'megabytes':
      return (
        <label className="form__inline">
          <RuleNumber label={label} value={rule.value} min={0} unit={megabyte} onChange={set} />
          {rule.comparison === 'between' ? (
            <RuleNumber
              label={t('rules.until')}
              value={rule.value2 ?? ''}
              min={0}
              unit={megabyte}
              onChange={(value2) => onChange({ ...rule, value2 })}
            />
          ) : null}
          <span>MB</span>
        </label>
      );
    case 'yesNo':
      return choice(
        [
          ['true', t('rules.yes')],
          ['false', t('rules.no')],
        ],
        String(rule.value),
        (value) => set(value === 'true'),
      );
    case 'kind':
      return choice(
        photoKind.options.map((kind) => [kind, t(`kind.${kind}`)] as const),
        String(rule.value),
        set,
      );
    case 'orientation':
      return choice(
        orientations.map((each) => [each, t(`orientation.${each}`)] as const),
        String(rule.value),
        set,
      );
    case 'album':
      return choice(
        (albums ?? []).filter((album) => album.kind === 'manual').map((album) => [album.id, album.title] as const),
        String(rule.value),
        set,
      );
  }
}
