import { useQuery } from '@tanstack/react-query';
import { Newspaper } from 'lucide-react';
import { useEffect } from 'react';
import type { ActivityEntry, RefusedEdit } from '../../../shared/model/share.ts';
import { Button } from '../../components/buttons.tsx';
import { EmptyFace, ErrorFace, LoadingFace } from '../../components/faces.tsx';
import { goTo } from '../../data/navigation.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { showToast } from '../../data/toasts.ts';
import { SignedOutStrip, SignInButton, useSignedOut } from './SignInOffer.tsx';
import './sharing.css';

/** What happened in shares, newest first, and what of mine the server did not accept. Looking at it marks it seen. */
export function ActivityScreen() {
  const core = useCore();
  const t = useT();
  const { data, error, refetch } = useQuery(core.queries.sharing.activity.queryOptions({ input: { limit: 200 } }));
  const { data: refused } = useQuery(core.queries.sharing.notAccepted.queryOptions({ input: {} }));
  const signedOut = useSignedOut();
  const unseen = data?.some((entry) => !entry.seen) ?? false;
  useEffect(() => {
    if (!unseen) return undefined;
    // Long enough to see which lines are new.
    const timer = window.setTimeout(() => void core.client.sharing.markActivitySeen({}).catch(core.report), 2_000);
    return () => window.clearTimeout(timer);
  }, [core, unseen]);
  if (data === undefined)
    return error === null ? <LoadingFace /> : <ErrorFace error={error} onRetry={() => void refetch()} />;
  if (data.length === 0 && (refused ?? []).length === 0)
    return (
      <EmptyFace
        icon={Newspaper}
        title={t('sharing.activity.empty')}
        text={t(signedOut ? 'sharing.activity.signedOutText' : 'sharing.activity.emptyText')}
      >
        {signedOut ? <SignInButton /> : undefined}
      </EmptyFace>
    );
  return (
    <div className="page">
      <div className="column">
        <SignedOutStrip />
        {refused === undefined || refused.length === 0 ? null : (
          <section className="share-panel" aria-label={t('sharing.notAccepted.title')}>
            <h3>{t('sharing.notAccepted.title')}</h3>
            <p className="page__intro">{t('sharing.notAccepted.intro')}</p>
            <ul className="rows">
              {refused.map((edit) => (
                <RefusedRow key={edit.id} edit={edit} />
              ))}
            </ul>
          </section>
        )}
        <ul className="rows" aria-label={t('sharing.activity')}>
          {data.map((entry) => (
            <EntryRow key={entry.id} entry={entry} />
          ))}
        </ul>
      </div>
    </div>
  );
}

function EntryRow({ entry }: { readonly entry: ActivityEntry }) {
  const core = useCore();
  const date = core.formats.moment.format(entry.at);
  return (
    <li className="row" data-unseen={entry.seen ? undefined : true}>
      <div className="row__main">
        {entry.shareTitle === '' ? (
          <strong>{entry.text}</strong>
        ) : (
          <button
            type="button"
            className="row__link"
            onClick={() => goTo(core.navigation, { kind: 'share', id: entry.shareID })}
          >
            {entry.text}
          </button>
        )}
        <span className="row__soft">{date}</span>
        {entry.photoIDs.length === 0 ? null : (
          <span className="activity-photos" aria-hidden>
            {entry.photoIDs.map((id) => (
              <img
                key={id}
                src={core.bridge.mediaURL(id, 'thumb', 'activity')}
                alt=""
                draggable={false}
                decoding="async"
              />
            ))}
          </span>
        )}
      </div>
    </li>
  );
}

function RefusedRow({ edit }: { readonly edit: RefusedEdit }) {
  const core = useCore();
  const t = useT();
  const copy = async (): Promise<void> => {
    await core.client.sharing.copyNotAccepted({ id: edit.id });
    showToast(core.toasts, { tone: 'plain', text: t('sharing.notAccepted.copied'), action: null });
  };
  return (
    <li className="row">
      <div className="row__main">
        <strong>{edit.what}</strong>
        <span className="row__soft">{`${edit.shareTitle} · ${edit.reason}`}</span>
      </div>
      {edit.mayCopy ? (
        <Button onPress={() => void copy().catch(core.report)}>{t('sharing.notAccepted.copy')}</Button>
      ) : null}
      <Button onPress={() => void core.client.sharing.discardNotAccepted({ id: edit.id }).catch(core.report)}>
        {t('sharing.notAccepted.discard')}
      </Button>
    </li>
  );
}
