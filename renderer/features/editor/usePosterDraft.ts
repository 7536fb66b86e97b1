import { useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { stepOf, withStep } from '../../../shared/edits/stack.ts';
import type { EditStack } from '../../../shared/edits/stack.ts';
import type { PosterStep } from '../../../shared/edits/steps.ts';
import { base64Of, openVideoFrames } from '../../data/videoFrames.ts';
import type { VideoFrames } from '../../data/videoFrames.ts';
import { useCore } from '../../data/useCore.ts';
import type { EditorSession } from './editorSession.ts';
import { sourceFromBlob } from './preview/loadSource.ts';
import type { PreviewSource } from './preview/preview.ts';

export type PosterDraft = {
  /** Length of the video in seconds; null until it can be played here. */
  readonly length: number | null;
  /** Where the chosen frame lies, or the one asked for meanwhile; null without a choice, or when that is not known. */
  readonly seconds: number | null;
  readonly chosen: boolean;
  /** The draft has a frame of its own. */
  readonly inDraft: boolean;
  /** The chosen frame cannot be shown: its picture is on its way from another computer. */
  readonly away: boolean;
  /** The picture of the chosen frame; null without one. */
  readonly source: PreviewSource | null;
  /** Takes the frame at a time; the last one asked for wins. */
  readonly choose: (seconds: number) => void;
  readonly reset: () => void;
  /** Hands the picture of a frame that was chosen here to the core. @returns the stack as it can be saved */
  readonly settle: (stack: EditStack) => Promise<EditStack>;
};

/** The frame on the screen, by the step that chose it. */
type Shown = { readonly picture: string; readonly source: PreviewSource | null };

/**
 * Choosing a frame of a video as its poster: a step of the draft like any other. Until it is saved its picture is only
 * here, under the hash of what this window drew.
 * @param url address of the video, or null for a photo @param knownSeconds its length as far as the library knows it
 */
export function usePosterDraft(session: EditorSession, url: string | null, knownSeconds: number | null): PosterDraft {
  const core = useCore();
  const { photoID } = session.store.getState().edits;
  const step = useStore(session.store, (state) => stepOf(state.stack, 'poster'));
  const [video, setVideo] = useState<VideoFrames | null>(null);
  const [shown, setShown] = useState<Shown | null>(null);
  /** Asked for and not drawn yet: the slider stays where it is held. */
  const [asking, setAsking] = useState<number | null>(null);
  const drawn = useRef(new Map<string, Blob>());
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
      // What is still being drawn is wanted by nobody.
      asked.current += 1;
      setAsking(null);
      opened?.dispose();
    };
  }, [core, url]);

  const picture = step?.picture ?? null;
  useEffect(() => {
    if (picture === null) return undefined;
    let over = false;
    const blobOf = async (): Promise<Blob | null> => {
      const own = drawn.current.get(picture);
      if (own !== undefined) return own;
      const { image } = await core.client.edits.frame({ id: photoID, picture });
      return image === null
        ? null
        : new Blob([Uint8Array.from(atob(image), (one) => one.charCodeAt(0))], { type: 'image/jpeg' });
    };
    const load = async (): Promise<void> => {
      const blob = await blobOf();
      const source = blob === null ? null : await sourceFromBlob(blob, 'srgb');
      if (over) source?.bitmap.close();
      else setShown({ picture, source });
    };
    load().catch(core.report);
    return () => {
      over = true;
    };
  }, [core, photoID, picture]);

  const bitmap = shown?.source?.bitmap;
  useEffect(() => () => bitmap?.close(), [bitmap]);

  /** Lets go of pictures that neither undo nor redo can bring back. */
  const forget = (): void => {
    const { past, stack, future } = session.store.getState();
    const needed = new Set([...past, stack, ...future].map((one) => stepOf(one, 'poster')?.picture));
    for (const known of drawn.current.keys()) if (!needed.has(known)) drawn.current.delete(known);
  };

  const settled = picture === null ? null : shown;
  return {
    length: video === null ? null : (video.seconds ?? knownSeconds),
    seconds: asking ?? step?.seconds ?? null,
    chosen: step !== undefined || asking !== null,
    inDraft: step !== undefined,
    away: settled !== null && settled.picture === picture && settled.source === null,
    source: settled?.source ?? null,
    choose: (seconds) => {
      if (video === null) return;
      asked.current += 1;
      const mine = asked.current;
      setAsking(seconds);
      // One frame at a time: a slider that is dragged asks for many, and only the last is still wanted.
      working.current = working.current.then(async () => {
        if (mine !== asked.current) return;
        try {
          const image = await video.grab(seconds);
          const next: PosterStep = { kind: 'poster', picture: await hashOf(image), seconds };
          if (mine !== asked.current) return;
          drawn.current.set(next.picture, image);
          session.setStep(next, 'poster');
          forget();
        } catch (error) {
          if (mine === asked.current) core.report(error);
        } finally {
          if (mine === asked.current) setAsking(null);
        }
      });
    },
    reset: () => {
      asked.current += 1;
      setAsking(null);
      session.resetStep('poster');
    },
    settle: async (stack) => {
      const poster = stepOf(stack, 'poster');
      const image = poster === undefined ? undefined : drawn.current.get(poster.picture);
      if (poster === undefined || image === undefined) return stack;
      const kept = await core.client.edits.saveFrame({ id: photoID, image: await base64Of(image) });
      return withStep(stack, { ...poster, picture: kept.picture });
    },
  };
}

/** SHA-256 in hex. */
async function hashOf(blob: Blob): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
