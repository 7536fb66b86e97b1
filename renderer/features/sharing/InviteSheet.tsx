import { useState } from 'react';
import type { ZoneID } from '../../../shared/ids.ts';
import { FormSheet } from '../../components/dialogs.tsx';
import { useCore, useT } from '../../data/useCore.ts';
import { PeopleField, type Invitee } from './PeopleField.tsx';

type Props = { readonly shareID: ZoneID; readonly onClose: () => void };

/** Invite…: more people into a share. */
export function InviteSheet({ shareID, onClose }: Props) {
  const core = useCore();
  const t = useT();
  const [people, setPeople] = useState<readonly Invitee[]>([]);
  return (
    <FormSheet
      title={t('sharing.people.inviteConfirm')}
      confirm={t('sharing.people.inviteConfirm')}
      disabled={people.length === 0}
      onClose={onClose}
      onConfirm={async () => void (await core.client.sharing.invite({ id: shareID, people: [...people] }))}
      wide
    >
      <PeopleField people={people} onChange={setPeople} autoFocus />
    </FormSheet>
  );
}
