import { isAppError } from '../../../shared/errors.ts';
import type { Store } from '../store/store.ts';
import type { LibraryMediaSource } from './mediaSource.ts';

/** Previews are made ahead for this many of the newest photos; the others when they are first looked at. */
const newest = 1_000;

export interface IdlePreviewsDependencies {
  readonly store: Store;
  readonly media: Pick<LibraryMediaSource, 'prepare'>;
  /** True while files are being taken in or a person's work runs. */
  readonly isBusy: () => boolean;
  readonly reportError: (error: unknown) => void;
  /** How long nothing must have happened in the library, in ms. */
  readonly quietMs?: number;
  /** The pause between two previews, in ms: half of one core at most. */
  readonly pauseMs?: number;
}

/**
 * Makes the 1600 px previews of the newest photos while nothing else goes on, one at a time, so that the viewer opens
 * them at once. Any change in the library sends it back to waiting.
 */
export function createIdlePreviews(deps: IdlePreviewsDependencies): { dispose(): void } {
  const { store, media, isBusy, reportError, quietMs = 20_000, pauseMs = 400 } = deps;
  const controller = new AbortController();
  let position = 0;
  let timer = wait(quietMs);
  const subscription = store.didChange.subscribe(({ local }) => {
    // What only this computer derives (a preview's own side effects among it) is no sign of life.
    if (local || controller.signal.aborted) return;
    position = 0;
    clearTimeout(timer);
    timer = wait(quietMs);
  });
  return {
    dispose: () => {
      controller.abort();
      clearTimeout(timer);
      subscription.dispose();
    },
  };

  function wait(ms: number): NodeJS.Timeout {
    return setTimeout(() => void step(), ms).unref();
  }

  async function step(): Promise<void> {
    if (controller.signal.aborted) return;
    if (isBusy()) {
      timer = wait(quietMs);
      return;
    }
    const next = store.connection
      .statement<[number], { id: string }>(
        `SELECT id FROM photo WHERE trashed_at IS NULL AND hidden = 0 AND state = 'ready' AND media_type = 'image'
         ORDER BY sort_at DESC, id DESC LIMIT 1 OFFSET ?`,
      )
      .get(position);
    if (next === undefined || position >= newest) return;
    position += 1;
    let made = false;
    try {
      made = await media.prepare(next.id, controller.signal);
    } catch (error) {
      // Out of reach, or its pixels cannot be read: whoever looks at it is told then.
      if (!isAppError(error)) reportError(error);
    }
    if (!controller.signal.aborted) timer = wait(made ? pauseMs : 0);
  }
}
