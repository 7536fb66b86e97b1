import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createToasts } from '../../renderer/data/toasts.ts';
import { dragOriginals } from '../../renderer/features/library/dragOriginals.ts';
import { AppError } from '../../shared/errors.ts';
import type { PhotoID } from '../../shared/ids.ts';

type Answer = { files: number; reasons: string[] };
const ids = ['a', 'b'] as PhotoID[];
const escape = (key: string): Event => Object.assign(new Event('keydown'), { key });

/** A drag whose files the core is still getting ready; `answer` and `fail` are what it says at last. */
function beginDrag() {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  let signal: AbortSignal | undefined;
  const dragOut = (_input: unknown, options?: { signal?: AbortSignal | undefined }): Promise<Answer> => {
    signal = options?.signal;
    signal?.addEventListener('abort', () => reject(signal?.reason as Error));
    return promise;
  };
  const toasts = createToasts();
  const input = new EventTarget();
  const done = dragOriginals({ client: { app: { dragOut } }, toasts }, ids, input);
  const listeners = (): number => ['pointerup', 'keydown'].flatMap((type) => getEventListeners(input, type)).length;
  return { input, toasts, done, answer: resolve, fail: reject, aborted: () => signal?.aborted, listeners };
}

describe('originals dragged out of the window', () => {
  it.each([
    ['the button was let go', new Event('pointerup')],
    ['of Escape', escape('Escape')],
  ])('stay when the drag ends early because %s, and nobody is told', async (_why, event) => {
    const drag = beginDrag();
    expect([drag.aborted(), drag.listeners()]).toEqual([false, 2]);
    drag.input.dispatchEvent(event);
    expect(drag.aborted()).toBe(true);
    await drag.done;
    expect([drag.toasts.getState().toasts, drag.listeners()]).toEqual([[], 0]);
  });

  it('go on through any other key, and those that stay behind are named', async () => {
    const drag = beginDrag();
    drag.input.dispatchEvent(escape('Alt'));
    expect(drag.aborted()).toBe(false);
    drag.answer({ files: 1, reasons: ['The file of this photo is not on this computer now.'] });
    await drag.done;
    expect(drag.toasts.getState().toasts).toMatchObject([
      { text: 'The file of this photo is not on this computer now.' },
    ]);
    drag.input.dispatchEvent(new Event('pointerup'));
    expect([drag.aborted(), drag.listeners()]).toEqual([false, 0]);
  });

  it('that the shell gave up are no failure; anything else is one', async () => {
    const over = beginDrag();
    over.fail(new AppError('cancelled', 'The window is closed.'));
    await over.done;
    const broken = beginDrag();
    broken.fail(new AppError('fileUnreadable', 'These photos cannot be dragged out.'));
    await expect(broken.done).rejects.toMatchObject({ code: 'fileUnreadable' });
    expect(broken.listeners()).toBe(0);
  });
});
