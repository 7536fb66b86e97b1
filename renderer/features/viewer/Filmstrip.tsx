import { Play } from 'lucide-react';
import { memo, useEffect, useMemo } from 'react';
import type { PhotoID } from '../../../shared/ids.ts';
import { Thumb } from '../../components/Thumb.tsx';
import { placeholderColour } from '../library/placeholderQueue.ts';
import type { TimelineSnapshot } from '../../data/timeline.ts';
import { useCore, useT, useTile } from '../../data/useCore.ts';

/** Distance between pictures of the strip, px. */
const step = 52;
/** Pictures drawn on each side. */
const reach = 24;

const Frame = memo(function Frame({
  id,
  current,
  offset,
}: {
  readonly id: PhotoID;
  readonly current: boolean;
  readonly offset: number;
}) {
  const core = useCore();
  const tile = useTile(id);
  const colour = tile?.thumbhash == null ? null : placeholderColour(tile.thumbhash);
  return (
    <button
      type="button"
      className="filmstrip__frame"
      tabIndex={-1}
      aria-label={tile?.title ?? tile?.fileName ?? ''}
      aria-current={current || undefined}
      style={{ left: offset, ...(colour === null ? {} : { backgroundColor: colour }) }}
      onClick={() => core.navigation.setState({ photo: id })}
    >
      {tile?.state === 'ready' ? <Thumb src={core.bridge.mediaURL(id, 'thumb', tile.version)} /> : null}
      {tile?.mediaType === 'video' ? <Play size={12} fill="currentColor" aria-hidden /> : null}
    </button>
  );
});

/** The photos around the shown one, at the foot of the viewer. */
export function Filmstrip({ snapshot, index }: { readonly snapshot: TimelineSnapshot; readonly index: number }) {
  const core = useCore();
  const t = useT();
  const list = useMemo(() => Symbol('filmstrip'), []);
  const from = Math.max(0, index - reach);
  const ids = snapshot.ids.slice(from, index + reach + 1);
  useEffect(
    () => core.tiles.want(list, snapshot.ids.slice(Math.max(0, index - reach), index + reach + 1)),
    [core, list, snapshot, index],
  );
  useEffect(() => () => core.tiles.forget(list), [core, list]);
  return (
    <div className="filmstrip" role="group" aria-label={t('viewer.filmstrip')}>
      <div className="filmstrip__row" style={{ transform: `translateX(${-index * step}px)` }}>
        {ids.map((id, at) => (
          <Frame key={id} id={id} current={from + at === index} offset={(from + at) * step} />
        ))}
      </div>
    </div>
  );
}
