import type { ZoneID } from '../../../shared/ids.ts';
import { FormSheet } from '../../components/dialogs.tsx';
import { useCore, useT } from '../../data/useCore.ts';
import { useInvitees } from './invitees.ts';
import { PeopleField } from './PeopleField.tsx';

type Props = { readonly shareID: ZoneID; readonly onClose: () => void };

/** Invite…: more people into a share. */
export function InviteSheet({ shareID, onClose }: Props) {
  const core = useCore();
  const t = useT();
  const invitees = useInvitees();
  return (
    <FormSheet
      title={t('sharing.people.inviteConfirm')}
      confirm={t('sharing.people.inviteConfirm')}
      disabled={invitees.people.length === 0 && invitees.text.trim() === ''}
      onClose={onClose}
      onConfirm={async () => void (await core.client.sharing.invite({ id: shareID, people: [...invitees.complete()] }))}
      wide
    >
      <PeopleField invitees={invitees} autoFocus />
    </FormSheet>
  );
}
