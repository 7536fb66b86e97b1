import { CircleExclamationPoint } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { PhotoTile } from '../../../shared/model/photo.ts';
import { describePhoto } from '../../data/describe.ts';
import { useCore, useT } from '../../data/useCore.ts';

type Props = {
  readonly tile: PhotoTile;
  /** In a slideshow it starts by itself, without sound, and says when it has ended. */
  readonly slideshow: boolean;
  readonly onEnded: () => void;
};

/** A video with the browser's own controls, streamed by ranges. What the browser cannot play is said in words. */
export function VideoStage({ tile, slideshow, onEnded }: Props) {
  const core = useCore();
  const t = useT();
  const [failed, setFailed] = useState(false);
  const player = useRef<HTMLVideoElement>(null);
  // One that was loaded before the slideshow began does not start by its attribute any more.
  useEffect(() => {
    if (slideshow) player.current?.play().catch(() => undefined);
  }, [slideshow]);
  const poster = core.bridge.mediaURL(tile.id, 'poster', tile.version);
  return (
    <div className="stage">
      {failed ? (
        <>
          <img className="stage__video" src={poster} alt={describePhoto(core, tile)} />
          <p className="stage__trouble" role="alert">
            <CircleExclamationPoint size={16} aria-hidden />
            {t('viewer.videoUnplayable', { name: tile.fileName })}
          </p>
        </>
      ) : (
        // oxlint-disable-next-line jsx-a11y/media-has-caption -- people's own videos carry no caption track
        <video
          ref={player}
          className="stage__video"
          src={core.bridge.mediaURL(tile.id, 'original', tile.version)}
          poster={poster}
          controls={!slideshow}
          autoPlay={slideshow}
          muted={slideshow}
          onEnded={onEnded}
          playsInline
          aria-label={describePhoto(core, tile)}
          onError={() => setFailed(true)}
        />
      )}
    </div>
  );
}
