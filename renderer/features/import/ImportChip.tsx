import { useQuery } from '@tanstack/react-query';
import { CircleExclamationPoint, FileText, Pause, Play, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { ImportProgress } from '../../../shared/model/library.ts';
import { ProgressBar } from '../../components/ProgressBar.tsx';
import { IconButton } from '../../components/buttons.tsx';
import { goTo } from '../../data/navigation.ts';
import { showToast } from '../../data/toasts.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { createImportEndings, notTaken } from './importEndings.ts';
import './import.css';

const running: ReadonlySet<ImportProgress['state']> = new Set(['scanning', 'running', 'paused', 'waitingForSpace']);

/** How far a session is, 0 to 1: reading and making thumbnails count alike. */
export function importFraction(progress: ImportProgress): number {
  if (progress.state === 'done') return 1;
  const files = Math.max(1, progress.found);
  return Math.min(1, (progress.read + progress.thumbnails) / (files * 2));
}

/** While photos are taken in: how far it is, with pause, cancel and the report. Says what was not taken. Never modal. */
export function ImportChip() {
  const core = useCore();
  const t = useT();
  const { data } = useQuery({
    ...core.queries.library.imports.queryOptions({ input: {} }),
    refetchInterval: ({ state }) => (state.data?.some((each) => running.has(each.state)) === true ? 1_000 : false),
  });
  const [endings] = useState(createImportEndings);
  useEffect(() => {
    for (const ended of data === undefined ? [] : endings(data)) {
      showToast(core.toasts, {
        tone: ended.failed > 0 ? 'error' : 'plain',
        text: core.t('import.ended', { taken: ended.imported, notTaken: notTaken(ended) }),
        action: {
          label: core.t('action.show'),
          run: () => goTo(core.navigation, { kind: 'screen', name: 'imports', arg: ended.sessionID }),
        },
      });
    }
  }, [core, data, endings]);
  const session = data?.find((each) => running.has(each.state));
  if (session === undefined) return null;
  const paused = session.state === 'paused';
  const call = (name: 'pauseImport' | 'resumeImport' | 'cancelImport'): void => {
    core.client.library[name]({ sessionID: session.sessionID })
      .then(() => core.queryClient.invalidateQueries({ queryKey: core.queries.library.key() }))
      .catch(core.report);
  };
  const text =
    session.message ??
    (session.state === 'scanning'
      ? t('import.scanning', { found: session.found })
      : t(paused ? 'import.paused' : 'import.running', { read: session.read, found: session.found }));
  return (
    <div
      className="import-chip"
      role="group"
      aria-label={t('import.progress')}
      data-waiting={session.state === 'waitingForSpace' || undefined}
    >
      {session.state === 'waitingForSpace' || session.failed > 0 ? (
        <CircleExclamationPoint size={14} aria-hidden />
      ) : null}
      <div className="import-chip__text">
        <span role="status">{text}</span>
        <ProgressBar label={t('import.progress')} done={Math.round(importFraction(session) * 100)} total={100} />
      </div>
      {paused ? (
        <IconButton icon={Play} label={t('import.resume')} onPress={() => call('resumeImport')} />
      ) : (
        <IconButton icon={Pause} label={t('import.pause')} onPress={() => call('pauseImport')} />
      )}
      <IconButton
        icon={FileText}
        label={t('import.report')}
        onPress={() => goTo(core.navigation, { kind: 'screen', name: 'imports', arg: '' })}
      />
      <IconButton icon={X} label={t('import.cancel')} onPress={() => call('cancelImport')} />
    </div>
  );
}
