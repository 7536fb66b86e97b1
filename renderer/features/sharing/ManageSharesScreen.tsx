import { useQuery } from '@tanstack/react-query';
import { Users } from 'lucide-react';
import { useStore } from 'zustand';
import type { Share } from '../../../shared/model/share.ts';
import { Button } from '../../components/buttons.tsx';
import { EmptyFace, ErrorFace, LoadingFace } from '../../components/faces.tsx';
import { TextInput } from '../../components/fields.tsx';
import { WorkButton } from '../../components/WorkButton.tsx';
import { goTo } from '../../data/navigation.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { ShareCover } from './ShareCover.tsx';
import type { SharingStore } from './sharingState.ts';
import { copyAllToLibrary, copyLink, dayText } from './sharingSteps.ts';
import { SignedOutStrip, SignInButton, useSignedOut } from './SignInOffer.tsx';
import './sharing.css';

/** Manage Shares: every share with its people and link, and the field for a link somebody sent. */
export function ManageSharesScreen({ state }: { readonly state: SharingStore }) {
  const core = useCore();
  const t = useT();
  const { data, error, refetch } = useQuery(core.queries.sharing.list.queryOptions({ input: {} }));
  const signedOut = useSignedOut();
  if (data === undefined)
    return error === null ? <LoadingFace /> : <ErrorFace error={error} onRetry={() => void refetch()} />;
  const groups = [
    { title: t('sharing.byMe'), shares: data.filter((share) => share.mine) },
    { title: t('sharing.withMe'), shares: data.filter((share) => !share.mine) },
  ];
  return (
    <div className="page">
      <div className="column">
        <p className="page__intro">{t('sharing.list.intro')}</p>
        {data.length === 0 ? null : <SignedOutStrip />}
        <PasteLink state={state} />
        {data.length === 0 ? (
          <EmptyFace
            icon={Users}
            title={t('sharing.list.empty')}
            text={t(signedOut ? 'sharing.list.signedOutText' : 'sharing.list.emptyText')}
          >
            {signedOut ? <SignInButton /> : undefined}
          </EmptyFace>
        ) : (
          groups
            .filter(({ shares }) => shares.length > 0)
            .map(({ title, shares }) => (
              <section key={title} aria-label={title} className="share-panel">
                <h3>{title}</h3>
                <ul className="rows">
                  {shares.map((share) => (
                    <ShareRow key={share.id} share={share} state={state} />
                  ))}
                </ul>
              </section>
            ))
        )}
      </div>
    </div>
  );
}

/** The link stays in the field until it has led to a share. */
function PasteLink({ state }: { readonly state: SharingStore }) {
  const t = useT();
  const text = useStore(state, ({ pasted }) => pasted);
  const open = (): void => {
    if (text.trim() !== '') state.setState({ sheet: { kind: 'accept', link: text.trim() } });
  };
  return (
    // A form, so that Return opens the sheet once it is through: earlier, it would go on to press the sheet's button.
    <form
      className="people-field"
      onSubmit={(event) => {
        event.preventDefault();
        open();
      }}
    >
      <TextInput
        label={t('sharing.link.paste')}
        placeholder={t('sharing.link.pasteHint')}
        value={text}
        onChange={(pasted) => state.setState({ pasted })}
      />
      <Button onPress={open} disabled={text.trim() === ''}>
        {t('sharing.link.open')}
      </Button>
    </form>
  );
}

function ShareRow({ share, state }: { readonly share: Share; readonly state: SharingStore }) {
  const core = useCore();
  const t = useT();
  const facts = [
    share.mine
      ? t('sharing.list.mine')
      : t('sharing.list.owner', { name: share.owner.name ?? share.owner.email ?? '' }),
    t('count.photos', { count: share.photos }),
    t('sharing.list.people', { people: share.people }),
    ...(share.invited > 0 ? [t('sharing.list.invited', { invited: share.invited })] : []),
    t(share.publicPreset === null ? 'sharing.list.private' : 'sharing.list.public'),
  ];
  return (
    <li className="row">
      <ShareCover share={share} />
      <div className="row__main">
        <button
          type="button"
          className="row__link"
          aria-label={t('sharing.list.open', { title: share.title })}
          onClick={() => goTo(core.navigation, { kind: 'share', id: share.id })}
        >
          {share.title}
        </button>
        <span className="row__soft">{facts.join(' · ')}</span>
        <StateLine share={share} />
      </div>
      {share.link === null || share.endsAt !== null ? null : (
        <Button onPress={() => void copyLink(core, share.title, share.link ?? '')}>{t('sharing.copyLink')}</Button>
      )}
      {share.mine || share.endsAt === null ? null : (
        <WorkButton work={() => copyAllToLibrary(core, share.id)}>{t('sharing.list.copyAll')}</WorkButton>
      )}
      <Button onPress={() => state.setState({ sheet: { kind: 'participants', shareID: share.id } })}>
        {t('sharing.participants')}
      </Button>
    </li>
  );
}

/** What is special about a share now; nothing when all is quiet. */
function StateLine({ share }: { readonly share: Share }) {
  const core = useCore();
  const t = useT();
  const lines = [
    ...(share.state === 'creating' ? [t('sharing.list.creating')] : []),
    ...(share.state === 'stopping' && share.endsAt === null ? [t('sharing.list.stopping')] : []),
    ...(share.endsAt === null
      ? []
      : [
          share.mine
            ? t('sharing.list.endingMine', { date: dayText(core, share.endsAt) })
            : t('sharing.list.ending', {
                name: share.owner.name ?? share.owner.email ?? '',
                date: dayText(core, share.endsAt),
              }),
        ]),
    ...(share.unseen > 0 ? [t('sharing.list.unseen', { count: share.unseen })] : []),
    ...(share.requests > 0 ? [t('sharing.list.requests', { count: share.requests })] : []),
  ];
  return lines.length === 0 ? null : <span className="row__soft share-sheet__warning">{lines.join(' · ')}</span>;
}
