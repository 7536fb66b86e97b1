import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { errorMessage } from '../../../shared/errors.ts';
import type { LinkResolution, SharePreview } from '../../../shared/model/share.ts';
import { Button } from '../../components/buttons.tsx';
import { Sheet } from '../../components/dialogs.tsx';
import { LoadingFace } from '../../components/faces.tsx';
import { TextInput } from '../../components/fields.tsx';
import { useShown } from '../../components/useShown.ts';
import { WorkButton } from '../../components/WorkButton.tsx';
import { goTo } from '../../data/navigation.ts';
import { usePictureURL } from '../../data/pictureURL.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { showToast } from '../../data/toasts.ts';
import { SignInButton } from './SignInOffer.tsx';
import './sharing.css';

type Props = {
  readonly link: string;
  readonly title: string;
  readonly onClose: () => void;
  /** The link leads to a share, whatever the person does about it now. */
  readonly onOpened?: () => void;
};

const opened: ReadonlySet<LinkResolution['outcome'] | undefined> = new Set(['preview', 'member', 'mayRequest']);

/** Nothing can be done about this link here: there is nothing to cancel. */
const isDeadEnd = (seen: LinkResolution | undefined): boolean =>
  seen?.outcome === 'otherServer' || (seen?.outcome === 'member' && seen.shareID === null);

/**
 * What a link or an invitation leads to, and the way in. Nothing is accepted, and no server is asked that this library
 * does not know, before the person says so; Cancel is where the focus starts.
 */
export function AcceptSheet({ link, title, onClose, onOpened }: Props) {
  const core = useCore();
  const t = useT();
  const shown = useShown();
  const [allowServer, setAllowServer] = useState(false);
  const [password, setPassword] = useState<string | null>(null);
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const { data, error } = useQuery({
    queryKey: ['sharing-link', link, allowServer, password],
    queryFn: () => core.client.sharing.resolve({ link, allowServer, password }),
    staleTime: Number.POSITIVE_INFINITY,
    // Asked again when it is opened again: the person may have signed in meanwhile.
    gcTime: 0,
    retry: false,
  });
  const isOpened = error === null && opened.has(data?.outcome);
  useEffect(() => {
    if (isOpened) onOpened?.();
  }, [isOpened, onOpened]);
  const accept = async (preview: SharePreview): Promise<void> => {
    setBusy(true);
    try {
      const share = await core.client.sharing.accept({ link, password });
      showToast(core.toasts, {
        tone: 'plain',
        text: t('sharing.accept.accepted', { title: preview.title }),
        action: null,
      });
      // Closed meanwhile, the person is at something else.
      if (!shown.current) return;
      onClose();
      goTo(core.navigation, { kind: 'share', id: share.id });
    } catch (failure) {
      core.report(failure);
      setBusy(false);
    }
  };
  const request = async (ownerName: string): Promise<void> => {
    await core.client.sharing.requestAccess({ link, message: typed });
    showToast(core.toasts, { tone: 'plain', text: t('sharing.accept.requested', { name: ownerName }), action: null });
    if (shown.current) onClose();
  };
  const cancel = (
    <Button onPress={onClose} autoFocus>
      {t(busy || error !== null || isDeadEnd(data) ? 'action.close' : 'action.cancel')}
    </Button>
  );
  const foot = (seen: LinkResolution | undefined) => {
    switch (seen?.outcome) {
      case 'consent':
        return <Button onPress={() => setAllowServer(true)}>{t('sharing.accept.ask')}</Button>;
      case 'signIn':
        return <SignInButton onPress={onClose} />;
      case 'password':
        return (
          <Button disabled={typed === ''} onPress={() => setPassword(typed)}>
            {t('sharing.accept.openWithPassword')}
          </Button>
        );
      case 'mayRequest':
        return <WorkButton work={() => request(seen.ownerName ?? '')}>{t('sharing.accept.request')}</WorkButton>;
      case 'preview':
        return (
          <Button tone="primary" pending={busy} onPress={() => void accept(seen.preview)}>
            {t('sharing.accept.accept')}
          </Button>
        );
      case 'member': {
        const { shareID } = seen;
        return shareID === null ? null : (
          <Button
            onPress={() => {
              onClose();
              goTo(core.navigation, { kind: 'share', id: shareID });
            }}
          >
            {t('sharing.accept.show')}
          </Button>
        );
      }
      default:
        return null;
    }
  };
  return (
    <Sheet
      title={title}
      onClose={onClose}
      foot={
        <>
          {cancel}
          {error === null ? foot(data) : null}
        </>
      }
    >
      {error !== null ? (
        <p role="alert" className="selectable">
          {errorMessage(error)}
        </p>
      ) : data === undefined ? (
        <LoadingFace />
      ) : (
        <Resolution seen={data} typed={typed} onType={setTyped} />
      )}
    </Sheet>
  );
}

function Resolution({
  seen,
  typed,
  onType,
}: {
  readonly seen: LinkResolution;
  readonly typed: string;
  readonly onType: (text: string) => void;
}) {
  const t = useT();
  switch (seen.outcome) {
    case 'consent':
      return <p>{t('sharing.accept.consent', { server: seen.server })}</p>;
    case 'signIn':
      return <p>{t('sharing.accept.signIn', { server: seen.server })}</p>;
    case 'otherServer':
      return <p>{t('sharing.accept.otherServer', { server: seen.server, signedInTo: seen.signedInTo })}</p>;
    case 'member':
      return <p>{t('sharing.accept.member')}</p>;
    case 'password':
      return (
        <div className="share-sheet">
          {seen.wrong ? <p role="alert">{t('sharing.accept.passwordWrong')}</p> : null}
          <TextInput label={t('sharing.accept.password')} value={typed} onChange={onType} maxLength={1_000} />
        </div>
      );
    case 'mayRequest':
      return (
        <div className="share-sheet">
          <p>{t('sharing.accept.mayRequest', { name: seen.ownerName ?? '' })}</p>
          <TextInput label={t('sharing.accept.message')} value={typed} onChange={onType} maxLength={1_000} multiline />
        </div>
      );
    case 'preview':
      return <Preview preview={seen.preview} />;
  }
}

function Preview({ preview }: { readonly preview: SharePreview }) {
  const t = useT();
  const cover = usePictureURL(preview.cover);
  const owner = preview.owner.name ?? preview.owner.email ?? '';
  return (
    <div className="share-preview">
      {cover === null ? null : <img className="share-preview__cover" src={cover} alt="" />}
      <div className="share-preview__text">
        <h3>{preview.title}</h3>
        <p>{t('sharing.accept.from', { name: owner, server: preview.server })}</p>
        {preview.photos === null ? null : <p>{t('sharing.accept.photos', { photos: preview.photos })}</p>}
        <p>{t('sharing.accept.as', { account: preview.account, preset: t(`sharing.preset.${preview.preset}`) })}</p>
        <p>{t(preview.departureRule === 'GO' ? 'sharing.accept.goes' : 'sharing.accept.stays')}</p>
        <p>{t('sharing.accept.othersSee')}</p>
        <ul>
          {preview.othersWillSee.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </div>
    </div>
  );
}
