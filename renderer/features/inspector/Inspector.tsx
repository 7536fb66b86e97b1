import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ErrorBoundary } from '../../components/ErrorBoundary.tsx';
import { ErrorFace } from '../../components/faces.tsx';
import type { PhotoID } from '../../../shared/ids.ts';
import { useCore, useNavigation, useSelection, useT, useWindow } from '../../data/useCore.ts';
import { SeveralPhotos } from './SeveralPhotos.tsx';
import './inspector.css';

/** A moment of rest before facts are read, ms: holding an arrow key must not ask for every photo on the way. */
const restTime = 80;

function useResting<T>(value: T): T {
  const [resting, setResting] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setResting(() => value), restTime);
    return () => clearTimeout(timer);
  }, [value]);
  return resting;
}

const onlyOf = (ids: ReadonlySet<PhotoID>): PhotoID | undefined => (ids.size === 1 ? [...ids][0] : undefined);

/** Facts and fields of the shown or selected photo at the right; of several, what they have in common. */
export function Inspector() {
  const core = useCore();
  const t = useT();
  const photo = useNavigation((state) => state.photo);
  const selected = useSelection((state) => state.ids);
  const ids = useResting(selected);
  const only = photo ?? onlyOf(ids);
  // What it still shows for a moment is not what is selected any more: pressing it would change the wrong photos.
  const isBehind = photo === null && ids !== selected && (only === undefined || only !== onlyOf(selected));
  // A wish for a photo the person has gone on from must not take the keyboard when they come back to it.
  const wanted = useWindow((state) => state.commentsWanted);
  const isStale = wanted !== null && wanted !== only && !isBehind;
  useEffect(() => {
    if (isStale) core.window.setState({ commentsWanted: null });
  }, [core, isStale]);
  return (
    <aside className="inspector" aria-label={t('inspector.label')} inert={isBehind}>
      <ErrorBoundary of={only ?? ids}>
        {only !== undefined ? (
          <OnePhoto key={only} id={only} />
        ) : ids.size === 0 ? (
          <p className="inspector__hint">{t('inspector.nothing')}</p>
        ) : (
          <SeveralPhotos ids={ids} />
        )}
      </ErrorBoundary>
    </aside>
  );
}

function OnePhoto({ id }: { readonly id: PhotoID }) {
  const core = useCore();
  const { data, error, refetch } = useQuery(core.queries.photos.get.queryOptions({ input: { id } }));
  if (error !== null && data === undefined) return <ErrorFace error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return null;
  return core.registry.inspector.map(({ id: part, component: Part }) => <Part key={part} photo={data} />);
}
