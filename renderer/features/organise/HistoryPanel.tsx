import { useQuery } from '@tanstack/react-query';
import { Redo2, Undo2, X } from 'lucide-react';
import { useEffect } from 'react';
import { Button, IconButton } from '../../components/buttons.tsx';
import { ErrorBoundary } from '../../components/ErrorBoundary.tsx';
import { ErrorFace } from '../../components/faces.tsx';
import { runCommand, undoLimit } from '../../data/commandRunner.ts';
import { useCore, useT } from '../../data/useCore.ts';
import './organise.css';

/** What was done, newest first, each step in words; undone ones are struck out until something new is done. */
export function HistoryPanel() {
  const core = useCore();
  const t = useT();
  const { data, error, refetch } = useQuery(core.queries.undo.list.queryOptions({ input: { limit: undoLimit } }));
  // Escape closes it from wherever the person works, once nothing else has a use for the key.
  useEffect(() => {
    const onKeyDown = (press: KeyboardEvent): void => {
      if (press.key !== 'Escape' || press.defaultPrevented) return;
      if (document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"]') !== null) return;
      core.window.setState({ history: false });
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [core]);
  const close = (): void => core.window.setState({ history: false });
  const steps = data ?? [];
  return (
    <aside className="history" aria-label={t('history.title')}>
      <div className="history__head">
        <h2>{t('history.title')}</h2>
        <IconButton icon={X} label={t('action.close')} onPress={close} />
      </div>
      <ErrorBoundary of={data}>
        {error !== null && data === undefined ? (
          <ErrorFace error={error} onRetry={() => void refetch()} />
        ) : data?.length === 0 ? (
          <p className="inspector__hint">{t('history.empty')}</p>
        ) : (
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a list that scrolls must be reachable by key
          <ol className="history__list" tabIndex={0} aria-label={t('history.steps')}>
            {steps.map((step) => (
              <li key={step.id} className="history__step" data-undone={step.state === 'undone' || undefined}>
                <span className="history__label">{step.label}</span>
                {step.state === 'undone' ? <span className="visually-hidden">{t('history.undone')}</span> : null}
                <span className="history__when">{core.formats.moment.format(step.at)}</span>
              </li>
            ))}
          </ol>
        )}
      </ErrorBoundary>
      <div className="history__foot">
        <Button
          icon={Undo2}
          disabled={!steps.some((step) => step.state === 'done')}
          onPress={() => runCommand(core, 'edit.undo')}
        >
          {t('action.undo')}
        </Button>
        <Button
          icon={Redo2}
          disabled={!steps.some((step) => step.state === 'undone')}
          onPress={() => runCommand(core, 'edit.redo')}
        >
          {t('action.redo')}
        </Button>
      </div>
    </aside>
  );
}
