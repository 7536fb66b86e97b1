import { useEffect, useState } from 'react';
import type { ShareProgress } from '../../../shared/model/share.ts';
import { ProgressBar } from '../../components/ProgressBar.tsx';
import { windowEventName, type WindowEvent } from '../../data/events.ts';
import { useT } from '../../data/useCore.ts';

/** How far a step of sharing is that this sheet began, or null while it runs none. */
export interface ShareStep {
  readonly running: boolean;
  readonly progress: ShareProgress | null;
  /** Runs the step and follows it; what it throws comes out, and nothing is shown any more. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Follows one kind of step while the sheet runs it.
 * @param operations what the core calls its parts; sharing makes the share and then adds to it
 */
export function useShareStep(operations: readonly ShareProgress['operation'][]): ShareStep {
  const [running, setRunning] = useState(false);
  const [progress, setProgress] = useState<ShareProgress | null>(null);
  const wanted = operations.join(' ');
  useEffect(() => {
    if (!running) return undefined;
    const listen = (event: Event): void => {
      if (!(event instanceof CustomEvent)) return;
      const detail = event.detail as WindowEvent;
      if (detail.type !== 'shareProgress' || !wanted.split(' ').includes(detail.progress.operation)) return;
      setProgress(detail.progress);
    };
    window.addEventListener(windowEventName, listen);
    return () => window.removeEventListener(windowEventName, listen);
  }, [running, wanted]);
  return {
    running,
    progress: running ? progress : null,
    run: async (work) => {
      setProgress(null);
      setRunning(true);
      try {
        return await work();
      } finally {
        setRunning(false);
      }
    },
  };
}

/** What a step does now and how many photos of it are done; nothing between steps. */
export function ShareStepProgress({ step: { progress } }: { readonly step: ShareStep }) {
  const t = useT();
  if (progress === null) return null;
  const { phase, done, total } = progress;
  const text =
    phase === 'server'
      ? t('sharing.progress.server')
      : phase === 'finishing'
        ? t('sharing.progress.finishing')
        : t('sharing.progress.photos', { done, total });
  return (
    <div className="share-progress">
      <span role="status">{text}</span>
      <ProgressBar label={t('sharing.progress')} done={done} total={total} text={text} />
    </div>
  );
}
