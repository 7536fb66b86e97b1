import { makeSmallSource } from '../../../../shared/edits/clarity.ts';
import type { WorkingSpace } from '../../../../shared/edits/colourSpace.ts';
import { AppError } from '../../../../shared/errors.ts';
import type { PreviewSource } from './preview.ts';

/**
 * Fetches and decodes the unedited rendition into the photo's working space.
 * @throws AppError fileUnreadable with the core's own sentence where it gave one.
 */
export async function loadPreviewSource(url: string, space: WorkingSpace, signal: AbortSignal): Promise<PreviewSource> {
  const answer = await fetch(url, { signal });
  if (!answer.ok) {
    const said = (await answer.json().catch(() => ({}))) as { message?: string };
    throw new AppError('fileUnreadable', said.message ?? 'The picture cannot be shown.');
  }
  return sourceFromBlob(await answer.blob(), space);
}

/**
 * Decodes picture bytes once for both executors. The bytes carry codes of the working space and no profile, so nothing
 * may be converted on the way: what the codes mean is said only where they are shown.
 */
export async function sourceFromBlob(blob: Blob, space: WorkingSpace): Promise<PreviewSource> {
  const bitmap = await createImageBitmap(blob, { premultiplyAlpha: 'none', colorSpaceConversion: 'none' });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (context === null) throw new AppError('internal', 'The browser gave no canvas to draw on.');
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return {
    bitmap,
    pixels: { data, channels: 4, width, height },
    small: makeSmallSource(data, { width, height }, 4),
    space,
  };
}
