import { useEffect, useRef, useState } from 'react';
import { openVideoFrames } from '../../data/videoFrames.ts';
import type { VideoFrames } from '../../data/videoFrames.ts';
import { useCore } from '../../data/useCore.ts';
import { sourceFromBlob } from './preview/loadSource.ts';
import type { PreviewSource } from './preview/preview.ts';

/** A frame chosen as the poster, not saved yet. */
export type ChosenFrame = { readonly seconds: number; readonly image: Blob; readonly source: PreviewSource };

export type PosterDraft = {
  /** Length of the video in seconds; null until it can be played here. */
  readonly length: number | null;
  /** What the slider says; null while the saved poster is shown. */
  readonly seconds: number | null;
  readonly chosen: ChosenFrame | null;
  /** Shows the frame at a time; the last one asked for wins. */
  readonly choose: (seconds: number) => void;
  /** Back to the saved poster. */
  readonly reset: () => void;
};

/**
 * Choosing another frame of a video as its poster. @param url address of the video, or null for a photo
 * @param knownSeconds its length as far as the library knows it
 */
export function usePosterDraft(url: string | null, knownSeconds: number | null): PosterDraft {
  const core = useCore();
  const [video, setVideo] = useState<VideoFrames | null>(null);
  const [seconds, setSeconds] = useState<number | null>(null);
  const [chosen, setChosen] = useState<ChosenFrame | null>(null);
  const asked = useRef(0);
  const working = useRef<Promise<void>>(Promise.resolve());

  useEffect(() => {
    if (url === null) return undefined;
    let opened: VideoFrames | null = null;
    let over = false;
    openVideoFrames(url).then((frames) => {
      if (over) frames.dispose();
      else {
        opened = frames;
        setVideo(frames);
      }
    }, core.report);
    return () => {
      over = true;
      opened?.dispose();
    };
  }, [core, url]);

  const bitmap = chosen?.source.bitmap;
  useEffect(() => () => bitmap?.close(), [bitmap]);

  return {
    length: video === null ? null : (video.seconds ?? knownSeconds),
    seconds,
    chosen,
    choose: (at) => {
      if (video === null) return;
      setSeconds(at);
      asked.current += 1;
      const mine = asked.current;
      // One frame at a time: a slider that is dragged asks for many, and only the last is still wanted.
      working.current = working.current.then(async () => {
        if (mine !== asked.current) return;
        try {
          const image = await video.grab(at);
          const source = await sourceFromBlob(image, 'srgb');
          if (mine === asked.current) setChosen({ seconds: at, image, source });
          else source.bitmap.close();
        } catch (error) {
          core.report(error);
        }
      });
    },
    reset: () => {
      asked.current += 1;
      setSeconds(null);
      setChosen(null);
    },
  };
}
