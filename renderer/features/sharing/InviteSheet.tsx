import { useState } from 'react';
import type { ZoneID } from '../../../shared/ids.ts';
import type { OpenPreset } from '../../../shared/model/share.ts';
import { Button } from '../../components/buttons.tsx';
import { FormSheet, Sheet } from '../../components/dialogs.tsx';
import { TextInput } from '../../components/fields.tsx';
import { useCore, useT } from '../../data/useCore.ts';
import { PeopleField, type Invitee } from './PeopleField.tsx';
import { openPresets, PresetMenu } from './PresetMenu.tsx';
import './sharing.css';

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

const day = 86_400_000;
const positive = (text: string): number | null => (/^[1-9]\d{0,5}$/u.test(text.trim()) ? Number(text.trim()) : null);

/** New Link…: a link object with its own preset, end, password and number of uses. Its address is shown once. */
export function NewLinkSheet({ shareID, onClose }: Props) {
  const core = useCore();
  const t = useT();
  const [label, setLabel] = useState('');
  const [preset, setPreset] = useState<OpenPreset>('viewer');
  const [days, setDays] = useState('');
  const [uses, setUses] = useState('');
  const [password, setPassword] = useState('');
  const [made, setMade] = useState<string | null>(null);
  const create = async (): Promise<void> => {
    const lasts = positive(days);
    const { url } = await core.client.sharing.createLink({
      id: shareID,
      preset,
      expiresAt: lasts === null ? null : Date.now() + lasts * day,
      maxUses: positive(uses),
      password: password === '' ? null : password,
      label: label.trim() === '' ? null : label.trim(),
    });
    setMade(url);
  };
  return (
    <Sheet
      title={t('sharing.newLink.title')}
      onClose={onClose}
      foot={
        made === null ? (
          <>
            <Button onPress={onClose}>{t('action.cancel')}</Button>
            <Button tone="primary" onPress={() => void create().catch(core.report)}>
              {t('sharing.newLink.create')}
            </Button>
          </>
        ) : (
          <>
            <Button onPress={() => void navigator.clipboard.writeText(made).catch(core.report)}>
              {t('sharing.copyLink')}
            </Button>
            <Button tone="primary" onPress={onClose}>
              {t('action.done')}
            </Button>
          </>
        )
      }
    >
      {made === null ? (
        <div className="share-sheet">
          <TextInput label={t('sharing.newLink.label')} value={label} onChange={setLabel} maxLength={200} autoFocus />
          <div className="share-sheet__line">
            <span>{t('sharing.newLink.preset')}</span>
            <PresetMenu label={t('sharing.newLink.preset')} value={preset} options={openPresets} onChange={setPreset} />
          </div>
          <TextInput label={t('sharing.newLink.days')} value={days} onChange={setDays} maxLength={6} />
          <TextInput label={t('sharing.newLink.uses')} value={uses} onChange={setUses} maxLength={6} />
          <TextInput label={t('sharing.newLink.password')} value={password} onChange={setPassword} maxLength={1_000} />
        </div>
      ) : (
        <div className="share-sheet">
          <p>{t('sharing.newLink.created')}</p>
          <p className="share-link-once">{made}</p>
        </div>
      )}
    </Sheet>
  );
}
