import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Minus, Plus } from 'lucide-react';
import { useState } from 'react';
import type { Album, SmartRule } from '../../../shared/model/album.ts';
import { IconButton } from '../../components/buttons.tsx';
import { FormSheet } from '../../components/dialogs.tsx';
import { TextInput } from '../../components/fields.tsx';
import { goTo } from '../../data/navigation.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { RuleValue } from './RuleValue.tsx';
import { allFields, isComplete, ruleFields, startRule, withComparison } from './ruleFields.ts';
import type { Comparison, RuleField } from './ruleFields.ts';
import '../organise/organise.css';

type KeyedRule = { readonly key: number; readonly rule: SmartRule };

/** The rules of a smart album, with a live count of what they find. */
export function RulesDialog({ album, onClose }: { readonly album: Album | null; readonly onClose: () => void }) {
  const core = useCore();
  const t = useT();
  const [title, setTitle] = useState(album?.title ?? '');
  const [match, setMatch] = useState<'all' | 'any'>(album?.rules?.match ?? 'all');
  const [rules, setRules] = useState<readonly KeyedRule[]>(() =>
    (album?.rules?.rules ?? [startRule('rating')]).map((rule, key) => ({ key, rule })),
  );
  const complete = rules.map(({ rule }) => rule).filter(isComplete);
  const { data } = useQuery({
    ...core.queries.albums.countRules.queryOptions({ input: { rules: { match, rules: complete } } }),
    enabled: complete.length > 0,
    placeholderData: keepPreviousData,
  });
  const change = (key: number, rule: SmartRule): void =>
    setRules((before) => before.map((each) => (each.key === key ? { key, rule } : each)));
  const add = (): void =>
    setRules((before) => [
      ...before,
      { key: Math.max(0, ...before.map((each) => each.key)) + 1, rule: startRule('tag') },
    ]);
  const valid = title.trim() !== '' && complete.length === rules.length && rules.length > 0;

  const confirm = async (): Promise<void> => {
    const wanted = { match, rules: complete };
    if (album !== null) {
      await core.client.albums.update({ id: album.id, title: title.trim(), rules: wanted });
      return;
    }
    const made = await core.client.albums.create({ kind: 'smart', title: title.trim(), rules: wanted });
    await core.queryClient.invalidateQueries({ queryKey: core.queries.albums.key() });
    goTo(core.navigation, { kind: 'album', id: made.id });
  };

  return (
    <FormSheet
      title={t(album === null ? 'albums.newSmartTitle' : 'albums.editRules')}
      confirm={t(album === null ? 'action.create' : 'action.save')}
      wide
      disabled={!valid}
      onClose={onClose}
      onConfirm={confirm}
      aside={
        <span className="row__count" role="status">
          {complete.length === 0 || data === undefined ? '' : t('rules.found', { count: data.count })}
        </span>
      }
    >
      <div className="form">
        <TextInput label={t('action.name')} value={title} onChange={setTitle} autoFocus maxLength={300} />
        <label className="form__inline">
          <span>{t('rules.match')}</span>
          <select
            className="select"
            value={match}
            onChange={(event) => setMatch(event.target.value === 'any' ? 'any' : 'all')}
          >
            <option value="all">{t('rules.all')}</option>
            <option value="any">{t('rules.any')}</option>
          </select>
        </label>
        <ul className="rules" aria-label={t('rules.list')}>
          {rules.map(({ key, rule }) => (
            <li key={key} className="rule">
              <select
                className="select"
                aria-label={t('rules.field')}
                value={rule.field}
                onChange={(event) => change(key, startRule(event.target.value as RuleField))}
              >
                {allFields.map((field) => (
                  <option key={field} value={field}>
                    {t(`rules.field.${field}`)}
                  </option>
                ))}
              </select>
              <select
                className="select"
                aria-label={t('rules.comparison')}
                value={rule.comparison}
                onChange={(event) => change(key, withComparison(rule, event.target.value as Comparison, Date.now()))}
              >
                {ruleFields[rule.field].comparisons.map((comparison) => (
                  <option key={comparison} value={comparison}>
                    {t(`rules.comparison.${comparison}`)}
                  </option>
                ))}
              </select>
              <div className="rule__values">
                <RuleValue rule={rule} onChange={(next) => change(key, next)} />
              </div>
              <IconButton
                icon={Minus}
                label={t('rules.remove')}
                disabled={rules.length === 1}
                onPress={() => setRules((before) => before.filter((each) => each.key !== key))}
              />
            </li>
          ))}
        </ul>
        <div>
          <IconButton icon={Plus} label={t('rules.add')} onPress={add} />
        </div>
      </div>
    </FormSheet>
  );
}
