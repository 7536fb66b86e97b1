import type { PhotoID } from '../../shared/ids.ts';
import type { PhotoDetail, PhotoTile } from '../../shared/model/photo.ts';
import type { VideoFrames } from './videoFrames.ts';

export type Posters = {
  /** A list shows this video and has no picture of it. Asked once per window; what cannot be played stays without. */
  readonly want: (tile: PhotoTile) => void;
  /** Settles once nothing is under way or waiting. */
  readonly finished: () => Promise<void>;
  readonly dispose: () => void;
};

export type PostersDeps = {
  readonly detail: (id: PhotoID) => Promise<PhotoDetail>;
  /** Opens the original of a video. */
  readonly open: (tile: PhotoTile) => Promise<VideoFrames>;
  readonly save: (id: PhotoID, picture: Blob) => Promise<void>;
};

/** Where in a video its poster is taken, seconds: past a black first frame, early enough for a short one. */
export function posterTime(seconds: number | null): number {
  return seconds === null ? 0 : Math.min(1, seconds / 10);
}

/** Whether a window could make the picture that this video lacks. */
export function lacksPoster(tile: PhotoTile): boolean {
  return tile.mediaType === 'video' && tile.state === 'ready' && tile.thumbhash === null && !tile.missing;
}

/**
 * Makes posters of videos with the window's own decoder, one after the other: no decoder for H.264 or HEVC is shipped. A
 * video whose file lies only on the server is left alone; looking at a list must not fetch it.
 */
export function createPosters(deps: PostersDeps): Posters {
  const asked = new Set<PhotoID>();
  const waiting: PhotoTile[] = [];
  let busy = false;
  let working = Promise.resolve();
  let disposed = false;

  async function make(tile: PhotoTile): Promise<void> {
    const { resources } = await deps.detail(tile.id);
    if (!resources.some((one) => one.kind === 'original' && one.localState === 'here')) return;
    const frames = await deps.open(tile);
    try {
      await deps.save(tile.id, await frames.grab(posterTime(frames.seconds)));
    } finally {
      frames.dispose();
    }
  }

  async function work(): Promise<void> {
    busy = true;
    for (let next = waiting.shift(); next !== undefined && !disposed; next = waiting.shift()) {
      // A video this window cannot play keeps its placeholder; the viewer says so in words when it is opened.
      await make(next).catch(() => undefined);
    }
    busy = false;
  }

  return {
    want: (tile) => {
      if (asked.has(tile.id)) return;
      asked.add(tile.id);
      waiting.push(tile);
      if (!busy) working = work();
    },
    finished: () => working,
    dispose: () => {
      disposed = true;
      waiting.length = 0;
    },
  };
}
