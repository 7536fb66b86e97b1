import { isAppError } from '../../../shared/errors.ts';
import type { PhotoID } from '../../../shared/ids.ts';
import type { Core } from '../../data/core.ts';
import { showToast } from '../../data/toasts.ts';

/**
 * Has the shell drag the originals of photos out of the window, and says which stay behind and why. Getting the files
 * ready can outlast the gesture: letting go or Escape ends it, so that no drag begins under a button that is up.
 * @param input where the pointer and the keys are heard: the window
 * @throws AppError for what went wrong, except that the drag was ended
 */
export async function dragOriginals(
  core: { readonly client: { readonly app: Pick<Core['client']['app'], 'dragOut'> }; readonly toasts: Core['toasts'] },
  ids: PhotoID[],
  input: EventTarget,
): Promise<void> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  const endOnEscape = (event: Event): void => {
    if ('key' in event && event.key === 'Escape') end();
  };
  // A part of the page that handles these itself must not keep the drag alive.
  const captured = { capture: true };
  input.addEventListener('pointerup', end, captured);
  input.addEventListener('keydown', endOnEscape, captured);
  try {
    const { reasons } = await core.client.app.dragOut({ ids, original: true }, { signal: ended.signal });
    if (reasons.length > 0) showToast(core.toasts, { tone: 'plain', text: reasons.join(' '), action: null });
  } catch (error) {
    if (!ended.signal.aborted && !(isAppError(error) && error.code === 'cancelled')) throw error;
  } finally {
    input.removeEventListener('pointerup', end, captured);
    input.removeEventListener('keydown', endOnEscape, captured);
  }
}
