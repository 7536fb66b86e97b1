import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { errorMessage } from '../../../shared/errors.ts';
import type { SharePreset } from '../../../shared/model/share.ts';
import { Button, IconButton } from '../../components/buttons.tsx';
import { FieldError, TextInput } from '../../components/fields.tsx';
import { useCore, useT } from '../../data/useCore.ts';
import type { Invitee, Invitees } from './invitees.ts';
import { allPresets, PresetMenu } from './PresetMenu.tsx';

/** E-mail addresses with look-up: who is known is offered, who has an account is named, each with their preset. */
export function PeopleField(props: {
  readonly invitees: Invitees;
  /** Where inviting is all there is to do. */
  readonly autoFocus?: boolean;
}) {
  const { invitees, autoFocus = false } = props;
  const { people, setPeople, text, setText } = invitees;
  const core = useCore();
  const t = useT();
  const [problem, setProblem] = useState<string | null>(null);
  const wanted = text.trim();
  const { data: known } = useQuery({
    ...core.queries.sharing.suggestPeople.queryOptions({ input: { text: wanted, limit: 5 } }),
    enabled: wanted.length >= 2,
  });
  const offers =
    wanted.length < 2 ? [] : (known ?? []).filter((one) => !people.some(({ email }) => email === one.email));
  const add = (email: string): void => {
    try {
      invitees.add(email);
      setProblem(null);
    } catch (error) {
      setProblem(errorMessage(error));
    }
  };
  return (
    <div className="field">
      <div
        className="people-field"
        role="group"
        aria-label={t('sharing.sheet.people')}
        onKeyDownCapture={(event) => {
          // Return adds the person; it must not send the sheet around the field. While a word is composed it ends that.
          if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
          if (!(event.target instanceof HTMLInputElement)) return;
          event.preventDefault();
          add(text);
        }}
      >
        <TextInput
          label={t('sharing.sheet.people')}
          placeholder={t('sharing.sheet.peopleHint')}
          value={text}
          onChange={setText}
          maxLength={320}
          autoFocus={autoFocus}
        />
        <Button onPress={() => add(text)} disabled={wanted === ''}>
          {t('sharing.sheet.addPerson')}
        </Button>
      </div>
      <FieldError text={problem} />
      {offers.length === 0 ? null : (
        <ul className="pick-list">
          {offers.map((person) => (
            <li key={person.email}>
              <AriaButton className="pick" onPress={() => add(person.email ?? '')}>
                <span className="sidebar__label">{person.name ?? person.email}</span>
                <span className="row__count">{person.email}</span>
              </AriaButton>
            </li>
          ))}
        </ul>
      )}
      {people.length === 0 ? null : (
        <ul className="rows">
          {people.map((one) => (
            <Row
              key={one.email}
              person={one}
              onPreset={(next) => setPeople(people.map((each) => (each === one ? { ...each, preset: next } : each)))}
              onRemove={() => setPeople(people.filter((each) => each !== one))}
            />
          ))}
        </ul>
      )}
    </div>
  );
}

function Row(props: {
  readonly person: Invitee;
  readonly onPreset: (preset: SharePreset) => void;
  readonly onRemove: () => void;
}) {
  const { person, onPreset, onRemove } = props;
  const core = useCore();
  const t = useT();
  const { data } = useQuery(core.queries.sharing.lookUp.queryOptions({ input: { emails: [person.email] } }));
  const found = data?.[0]?.person ?? null;
  return (
    <li className="row">
      <div className="row__main">
        <strong>{found?.name ?? person.email}</strong>
        {data === undefined ? null : (
          <span className="row__soft">
            {found === null
              ? t('sharing.sheet.notFound')
              : t('sharing.sheet.found', { name: found.name ?? person.email })}
          </span>
        )}
      </div>
      <PresetMenu
        label={t('sharing.presetOf', { name: person.email })}
        value={person.preset}
        options={allPresets}
        onChange={onPreset}
      />
      <IconButton icon={X} label={t('sharing.sheet.removePerson', { email: person.email })} onPress={onRemove} />
    </li>
  );
}
