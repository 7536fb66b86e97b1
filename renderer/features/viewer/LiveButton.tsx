import { CircleDot } from 'lucide-react';
import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { PhotoTile } from '../../../shared/model/photo.ts';
import { useCore, useT } from '../../data/useCore.ts';

/** Plays the moving part of a Live or motion photo for as long as it is held, by mouse, finger, Space or Return. */
export function LiveButton({ tile }: { readonly tile: PhotoTile }) {
  const core = useCore();
  const t = useT();
  const [playing, setPlaying] = useState(false);
  return (
    <>
      {playing ? (
        <video
          className="stage__image stage__live"
          src={core.bridge.mediaURL(tile.id, 'live', tile.version)}
          autoPlay
          loop
          playsInline
          muted
          aria-hidden
        />
      ) : null}
      <Button
        className="stage__badge"
        aria-label={t('viewer.live')}
        onPressStart={() => setPlaying(true)}
        onPressEnd={() => setPlaying(false)}
      >
        <CircleDot size={14} aria-hidden /> LIVE
      </Button>
    </>
  );
}
