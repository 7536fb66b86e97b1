import { useState } from 'react';
import { isEmailAddress } from '../../../shared/emailAddress.ts';
import { AppError } from '../../../shared/errors.ts';
import type { SharePreset } from '../../../shared/model/share.ts';
import { useCore, useT } from '../../data/useCore.ts';

/** Somebody who will be invited. */
export type Invitee = { readonly email: string; readonly preset: SharePreset };

/** Those who will be invited, and what stands in the field for the next one. */
export type Invitees = {
  readonly people: readonly Invitee[];
  readonly setPeople: (people: readonly Invitee[]) => void;
  readonly text: string;
  readonly setText: (text: string) => void;
  /** @throws AppError when what is given is no e-mail address; nothing changes then */
  readonly add: (email: string) => void;
  /**
   * Adds whom the field still names: an address that was typed is meant, whether or not Return was pressed after it.
   * @returns everybody
   * @throws AppError when what stands in the field is no e-mail address
   */
  readonly complete: () => readonly Invitee[];
};

/** With the person an address names, once; the same people where it is empty, null where it is no e-mail address. */
export function withPerson(people: readonly Invitee[], email: string, preset: SharePreset): readonly Invitee[] | null {
  const address = email.trim().toLowerCase();
  if (address === '' || people.some((one) => one.email === address)) return people;
  return isEmailAddress(address) ? [...people, { email: address, preset }] : null;
}

/** Keeps them for the sheet around the field, which has to know what stands in it when it is confirmed. */
export function useInvitees(): Invitees {
  const core = useCore();
  const t = useT();
  const [people, setPeople] = useState<readonly Invitee[]>([]);
  const [text, setText] = useState('');
  const added = (email: string): readonly Invitee[] => {
    const next = withPerson(people, email, core.settings.getState().sharePreset);
    if (next === null) throw new AppError('invalidInput', t('sharing.sheet.badEmail', { email: email.trim() }));
    setPeople(next);
    setText('');
    return next;
  };
  return { people, setPeople, text, setText, add: (email) => void added(email), complete: () => added(text) };
}
