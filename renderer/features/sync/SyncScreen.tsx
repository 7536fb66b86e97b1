import { useQuery } from '@tanstack/react-query';
import { Check, CircleAlert, CloudOff, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Attention, SyncEvent, SyncStatus } from '../../../shared/model/sync.ts';
import { Button } from '../../components/buttons.tsx';
import { EmptyFace, ErrorFace, LoadingFace } from '../../components/faces.tsx';
import { WorkButton } from '../../components/WorkButton.tsx';
import type { Core } from '../../data/core.ts';
import { bytesText, countText } from '../../data/describe.ts';
import { goTo } from '../../data/navigation.ts';
import { copyText } from '../../data/clipboard.ts';
import { showToast } from '../../data/toasts.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { statusText } from './statusText.ts';
import './sync.css';

const openAccount = (core: Core): void => goTo(core.navigation, { kind: 'screen', name: 'settings', arg: 'account' });

/** How mirroring stands, what needs attention and what to do about it, and the event log. */
export function SyncScreen() {
  const core = useCore();
  const t = useT();
  const { data: status, error, refetch } = useQuery(core.queries.sync.status.queryOptions({ input: {} }));
  const { data: events } = useQuery(core.queries.sync.events.queryOptions({ input: { limit: 100 } }));
  if (status === undefined)
    return error === null ? <LoadingFace /> : <ErrorFace error={error} onRetry={() => void refetch()} />;
  if (status.state === 'off' && status.attention.length === 0) {
    return (
      <EmptyFace icon={CloudOff} title={t('sync.off')} text={t('sync.offText')}>
        <Button tone="primary" onPress={() => openAccount(core)}>
          {t('sync.connect')}
        </Button>
      </EmptyFace>
    );
  }
  return (
    <section className="page" aria-label={t('sync.title')}>
      <div className="column">
        <header className="sync__head">
          <div role="status">
            <h2>{statusText(core, status)}</h2>
          </div>
          <Actions status={status} />
        </header>
        {status.attention.map((one) => (
          <AttentionRow key={one.reason} attention={one} />
        ))}
        <Numbers status={status} />
        <section className="sync__log" aria-label={t('sync.log')}>
          <h3>{t('sync.log')}</h3>
          {events === undefined || events.length === 0 ? (
            <p className="page__intro">{t('sync.noEvents')}</p>
          ) : (
            <ol className="rows">
              {events.map((event) => (
                <EventRow key={event.id} event={event} />
              ))}
            </ol>
          )}
        </section>
      </div>
    </section>
  );
}

function Actions({ status }: { readonly status: SyncStatus }) {
  const core = useCore();
  const t = useT();
  const report = async (): Promise<void> => {
    const { text } = await core.client.sync.diagnostics({});
    const copied = await copyText(text);
    showToast(core.toasts, {
      tone: copied ? 'plain' : 'error',
      text: t(copied ? 'sync.reportCopied' : 'sync.reportNotCopied'),
      action: null,
    });
  };
  return (
    <div className="sync__actions">
      {status.state === 'paused' ? (
        <WorkButton work={() => core.client.sync.resume({})}>{t('sync.resume')}</WorkButton>
      ) : (
        <WorkButton work={() => core.client.sync.pause({})}>{t('sync.pause')}</WorkButton>
      )}
      <WorkButton work={() => core.client.sync.now({})}>{t('sync.now')}</WorkButton>
      <WorkButton work={report}>{t('sync.report')}</WorkButton>
    </div>
  );
}

function AttentionRow({ attention }: { readonly attention: Attention }) {
  const core = useCore();
  const t = useT();
  const action = (): ReactNode => {
    switch (attention.action) {
      case 'retry':
        return <WorkButton work={() => core.client.sync.resume({})}>{t('sync.tryAgain')}</WorkButton>;
      case 'signIn':
        return <Button onPress={() => openAccount(core)}>{t('sync.connect')}</Button>;
      case 'showNotAccepted':
        return (
          <Button onPress={() => goTo(core.navigation, { kind: 'screen', name: 'activity', arg: '' })}>
            {t('sync.showNotAccepted')}
          </Button>
        );
      case 'none':
        return null;
    }
  };
  // Of a server that does not answer, the sentence has said all there is.
  const message = attention.reason === 'offline' ? null : attention.message;
  return (
    <div className="sync__attention" role="alert">
      <TriangleAlert size={16} aria-hidden />
      <div className="row__main">
        {t(`sync.reason.${attention.reason}`, { count: attention.count })}
        {message === null ? null : <span className="row__soft">{message}</span>}
      </div>
      {action()}
    </div>
  );
}

function Numbers({ status }: { readonly status: SyncStatus }) {
  const core = useCore();
  const t = useT();
  const time = (at: number | null): string => (at === null ? t('sync.never') : core.formats.moment.format(at));
  const files = (count: number, bytes: number): string =>
    count === 0 ? countText(core, 0) : t('sync.filesOf', { count, size: bytesText(core, bytes) });
  const rows: readonly (readonly [string, string])[] = [
    [t('sync.changesWaiting'), countText(core, status.waitingChanges)],
    [t('sync.uploads'), files(status.uploads, status.uploadBytes)],
    [t('sync.downloads'), files(status.downloads, status.downloadBytes)],
    [t('sync.lastImport'), time(status.lastImport)],
    [t('sync.lastExport'), time(status.lastExport)],
  ];
  return (
    <dl className="rows">
      {rows.map(([name, value]) => (
        <div key={name} className="row">
          <dt className="row__main">{name}</dt>
          <dd className="row__count">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function EventRow({ event }: { readonly event: SyncEvent }) {
  const core = useCore();
  const t = useT();
  const at = new Date(event.startedAt);
  return (
    <li className="row">
      {event.succeeded ? <Check size={16} aria-hidden /> : <CircleAlert size={16} aria-hidden />}
      <div className="row__main">
        {t(`sync.kind.${event.kind}`)}
        <span className="row__soft">
          {event.succeeded
            ? t('sync.changes', { count: event.changes })
            : (event.errorMessage ?? event.errorCode ?? '')}
        </span>
      </div>
      <time className="row__count" dateTime={at.toISOString()}>
        {core.formats.momentExact.format(at)}
      </time>
    </li>
  );
}
