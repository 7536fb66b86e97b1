import type { PhotoID } from '../../shared/ids.ts';
import type { PhotoDetail, PhotoTile } from '../../shared/model/photo.ts';
import type { VideoFrames } from './videoFrames.ts';

export type Posters = {
  /**
   * A list shows this video and may lack a picture of it: its own, or that of the frame a person chose. Asked once per
   * window and version; what cannot be played stays without.
   */
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
  /** The chosen frame whose picture is neither here nor on its way; null where there is none. */
  readonly wantedFrame: (id: PhotoID) => Promise<WantedFrame | null>;
  readonly saveFrame: (id: PhotoID, picture: Blob, frame: WantedFrame) => Promise<void>;
};

/** A frame by the name of its picture, and where in the video it lies, seconds. */
export type WantedFrame = { readonly picture: string; readonly seconds: number };

/** Where in a video its poster is taken, seconds: past a black first frame, early enough for a short one. */
export function posterTime(seconds: number | null): number {
  return seconds === null ? 0 : Math.min(1, seconds / 10);
}

/** Whether a window could make the picture that this video lacks. */
export function lacksPoster(tile: PhotoTile): boolean {
  return tile.mediaType === 'video' && tile.state === 'ready' && tile.thumbhash === null && !tile.missing;
}

/** Whether a window should ask for what this video lacks. */
export function mayLackPicture(tile: PhotoTile): boolean {
  return lacksPoster(tile) || (tile.mediaType === 'video' && tile.edited && tile.state === 'ready' && !tile.missing);
}

/**
 * Makes posters of videos with the window's own decoder, one after the other: no decoder for H.264 or HEVC is shipped. A
 * video whose file lies only on the server is left alone; looking at a list must not fetch it.
 */
export function createPosters(deps: PostersDeps): Posters {
  const asked = new Set<string>();
  const waiting: PhotoTile[] = [];
  let busy = false;
  let working = Promise.resolve();
  let disposed = false;

  async function make(tile: PhotoTile): Promise<void> {
    const frame = tile.edited ? await deps.wantedFrame(tile.id) : null;
    const first = lacksPoster(tile);
    if (!first && frame === null) return;
    const { resources } = await deps.detail(tile.id);
    if (!resources.some((one) => one.kind === 'original' && one.localState === 'here')) return;
    const frames = await deps.open(tile);
    try {
      if (first) await deps.save(tile.id, await frames.grab(posterTime(frames.seconds)));
      if (frame !== null) await deps.saveFrame(tile.id, await frames.grab(frame.seconds), frame);
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
      // An edit may name another frame.
      const name = tile.edited ? `${tile.id} ${tile.version}` : tile.id;
      if (asked.has(name)) return;
      asked.add(name);
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
