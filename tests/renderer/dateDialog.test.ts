import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it, vi } from 'vitest';
import type { Core } from '../../renderer/data/core.ts';
import { createTranslate } from '../../renderer/data/messages.ts';
import { createToasts } from '../../renderer/data/toasts.ts';
import { CoreContext } from '../../renderer/data/useCore.ts';
import { DateDialog } from '../../renderer/features/organise/DateDialog.tsx';
import type { PhotoID } from '../../shared/ids.ts';

// There is no window here to press in: the sheet hands its confirmation to the test instead of to a button.
const sheet = vi.hoisted(() => ({ confirm: (): Promise<void> => Promise.reject(new Error('no sheet was drawn')) }));
vi.mock('../../renderer/features/organise/PhotosForm.tsx', () => ({
  useFirstPhoto: () => ({ takenAt: '2025-06-01T10:00:00', takenOffset: 120 }),
  PhotosForm: ({ onConfirm }: { onConfirm: () => Promise<void> }) => {
    sheet.confirm = onConfirm;
    return null;
  },
}));

it('of more photos than one step takes, the first are adjusted, and it is said that the others were left', async () => {
  const asked: number[] = [];
  const toasts = createToasts();
  const core = {
    t: createTranslate(['en']),
    toasts,
    client: {
      photos: {
        setDate: ({ ids }: { ids: readonly PhotoID[] }) => {
          asked.push(ids.length);
          return Promise.resolve({ changed: 0, refused: 0 });
        },
      },
    },
  } as unknown as Core;
  const photoIDs = Array.from({ length: 100_001 }, (_, index) => String(index)) as PhotoID[];
  const dialog = createElement(DateDialog, { photoIDs, onClose: () => undefined });
  renderToStaticMarkup(createElement(CoreContext, { value: core }, dialog));
  await sheet.confirm();
  expect(asked).toEqual([100_000]);
  expect(toasts.getState().toasts.map(({ text }) => text)).toEqual([
    'Only 100,000 of 100,001 photos can be changed at once; the others were left as they are',
  ]);
});
