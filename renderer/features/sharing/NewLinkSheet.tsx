import { useState } from 'react';
import type { ZoneID } from '../../../shared/ids.ts';
import type { OpenPreset } from '../../../shared/model/share.ts';
import { Button } from '../../components/buttons.tsx';
import { FormSheet, Sheet } from '../../components/dialogs.tsx';
import { TextInput } from '../../components/fields.tsx';
import { useShown } from '../../components/useShown.ts';
import { WorkButton } from '../../components/WorkButton.tsx';
import { copyText } from '../../data/clipboard.ts';
import { showToast } from '../../data/toasts.ts';
import type { Core } from '../../data/core.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { linkCount } from './linkCount.ts';
import { openPresets, PresetMenu } from './PresetMenu.tsx';
import './sharing.css';

type Props = { readonly shareID: ZoneID; readonly onClose: () => void };

const day = 86_400_000;

/** New Link…: a link object with its own preset, end, password and number of uses. Its address is shown once. */
export function NewLinkSheet({ shareID, onClose }: Props) {
  const [made, setMade] = useState<string | null>(null);
  return made === null ? (
    <LinkForm shareID={shareID} onClose={onClose} onMade={setMade} />
  ) : (
    <MadeLink link={made} onClose={onClose} />
  );
}

function LinkForm({ shareID, onClose, onMade }: Props & { readonly onMade: (link: string) => void }) {
  const core = useCore();
  const t = useT();
  const shown = useShown();
  const [label, setLabel] = useState('');
  const [preset, setPreset] = useState<OpenPreset>('viewer');
  const [days, setDays] = useState('');
  const [uses, setUses] = useState('');
  const [password, setPassword] = useState('');
  const create = async (): Promise<void> => {
    const lasts = linkCount(days, t('sharing.newLink.daysUnclear'));
    const { url } = await core.client.sharing.createLink({
      id: shareID,
      preset,
      expiresAt: lasts === null ? null : Date.now() + lasts * day,
      maxUses: linkCount(uses, t('sharing.newLink.usesUnclear')),
      password: password === '' ? null : password,
      label: label.trim() === '' ? null : label.trim(),
    });
    if (shown.current) onMade(url);
    // Closed meanwhile: this is still the only time its address is known.
    else
      showToast(core.toasts, {
        tone: 'plain',
        stays: true,
        text: t('sharing.newLink.madeMeanwhile'),
        action: {
          label: t('sharing.copyLink'),
          run: () => void copyNewLink(core, url, false),
        },
      });
  };
  return (
    <FormSheet
      title={t('sharing.newLink.title')}
      confirm={t('sharing.newLink.create')}
      onClose={onClose}
      onConfirm={create}
      staysOpen
    >
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
    </FormSheet>
  );
}

function MadeLink({ link, onClose }: { readonly link: string; readonly onClose: () => void }) {
  const core = useCore();
  const t = useT();
  return (
    <Sheet
      title={t('sharing.newLink.title')}
      onClose={onClose}
      foot={
        <>
          <WorkButton work={() => copyNewLink(core, link, true)}>{t('sharing.copyLink')}</WorkButton>
          <Button tone="primary" onPress={onClose}>
            {t('action.done')}
          </Button>
        </>
      }
    >
      <div className="share-sheet">
        <p>{t('sharing.newLink.created')}</p>
        <p className="share-link-once">{link}</p>
      </div>
    </Sheet>
  );
}

/** Copies a link. Where the browser allows no copying, one that `isShown` nowhere else is shown until it is dismissed. */
async function copyNewLink(core: Core, link: string, isShown: boolean): Promise<void> {
  const { t, toasts } = core;
  if (await copyText(link)) showToast(toasts, { tone: 'plain', text: t('sharing.newLink.copied'), action: null });
  else if (isShown) showToast(toasts, { tone: 'error', text: t('sharing.newLink.notCopied'), action: null });
  else
    showToast(toasts, {
      tone: 'error',
      text: t('sharing.newLink.notCopiedHere', { link }),
      action: null,
      stays: true,
    });
}
