import {
  Aperture,
  Check,
  CircleExclamationPoint,
  Heart,
  Play,
  SlidersHorizontal,
  Star,
  Users,
  CircleDot,
  Unplug,
} from 'lucide-react';
import { memo, useEffect, useRef, useState } from 'react';
import type { PhotoID } from '../../../shared/ids.ts';
import type { PhotoTile } from '../../../shared/model/photo.ts';
import { lacksPoster, mayLackPicture } from '../../data/posters.ts';
import { describePhoto, durationText } from '../../data/describe.ts';
import { useCore, useSelection, useTile } from '../../data/useCore.ts';
import { useFastMotion, useGrid } from './gridContext.ts';
import { placeholderColour } from './placeholderQueue.ts';

type TileProps = {
  readonly id: PhotoID;
  readonly index: number;
  readonly column: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
};

/** Id of a tile's element, for `aria-activedescendant`. */
export function tileElementID(gridID: string, id: PhotoID): string {
  return `${gridID}-${id}`;
}

/** The blurred stand-in of a photo until its picture has come. */
function Placeholder({ hash }: { readonly hash: string }) {
  const { placeholders } = useGrid();
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current === null) return undefined;
    return placeholders.draw(canvas.current, hash);
  }, [placeholders, hash]);
  return <canvas ref={canvas} className="tile__placeholder" aria-hidden width={1} height={1} />;
}

function Picture({ tile, fast }: { readonly tile: PhotoTile; readonly fast: boolean }) {
  const core = useCore();
  const source = core.bridge.mediaURL(tile.id, 'thumb', tile.version);
  const [shown, setShown] = useState<string | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const posterless = lacksPoster(tile);
  useEffect(() => {
    if (mayLackPicture(tile) && !fast) core.posters.want(tile);
  }, [core, tile, fast]);
  const wanted = !posterless && tile.state === 'ready' && failed !== source && (!fast || shown === source);
  return (
    <>
      {tile.thumbhash === null || shown === source ? null : <Placeholder hash={tile.thumbhash} />}
      {wanted ? (
        <img
          className="tile__image"
          data-shown={shown === source || undefined}
          src={source}
          alt=""
          decoding="async"
          draggable={false}
          onLoad={() => setShown(source)}
          onError={() => setFailed(source)}
        />
      ) : null}
    </>
  );
}

/** Small marks in the corners: what kind of photo it is and what was done with it. */
function Marks({ tile }: { readonly tile: PhotoTile }) {
  return (
    <>
      <span className="tile__marks tile__marks--top" aria-hidden>
        {tile.kind === 'live' || tile.kind === 'motion' ? <CircleDot size={16} /> : null}
        {tile.kind === 'raw' || tile.kind === 'rawJpeg' ? <Aperture size={16} /> : null}
        {tile.mediaType === 'video' ? (
          <span className="tile__duration">
            <Play size={11} fill="currentColor" /> {tile.durationMs === null ? '' : durationText(tile.durationMs)}
          </span>
        ) : null}
        {tile.shared === 'none' ? null : <Users size={16} />}
      </span>
      <span className="tile__marks tile__marks--bottom" aria-hidden>
        {tile.favourite ? <Heart size={16} fill="currentColor" strokeWidth={0} /> : null}
        {tile.rating > 0 ? (
          <span className="tile__rating">
            <Star size={12} fill="currentColor" strokeWidth={0} />
            {tile.rating}
          </span>
        ) : null}
        {tile.edited ? <SlidersHorizontal size={14} /> : null}
        {tile.missing ? <Unplug size={14} /> : null}
        {tile.state === 'failed' ? <CircleExclamationPoint size={16} /> : null}
      </span>
    </>
  );
}

/** One photo of the grid. Presses and keys are handled by the grid; `data-*` attributes tell it what was hit. */
export const Tile = memo(function Tile({ id, index, column, left, width, height }: TileProps) {
  const core = useCore();
  const { gridID } = useGrid();
  const tile = useTile(id);
  const fast = useFastMotion();
  const selected = useSelection((state) => state.ids.has(id));
  const focused = useSelection((state) => state.focus === id);
  const colour = tile?.thumbhash == null ? null : placeholderColour(tile.thumbhash);
  const dimmed = tile?.hidden === true || tile?.missing === true;
  return (
    <div
      role="gridcell"
      id={tileElementID(gridID, id)}
      className="tile"
      data-index={index}
      data-photo={id}
      data-focused={focused || undefined}
      data-dimmed={dimmed || undefined}
      aria-colindex={column}
      aria-selected={selected}
      aria-label={tile === undefined ? core.t('photo.loading') : describePhoto(core, tile)}
      draggable
      style={{ left, width, height, ...(colour === null ? {} : { backgroundColor: colour }) }}
    >
      {tile === undefined ? null : <Picture tile={tile} fast={fast} />}
      {tile === undefined || fast ? null : <Marks tile={tile} />}
      <span className="tile__check" data-action="check" aria-hidden>
        {selected ? <Check size={13} strokeWidth={3} /> : null}
      </span>
    </div>
  );
});
