import { expect, test } from 'vitest';
import { makePicture, type Decoders } from '../../electron/core/media/picture.ts';
import type { Format } from '../../electron/core/media/formats.ts';
import { drawPhoto } from '../helpers/photos.ts';

const decoders = {} as Decoders;
const reasonOf = async (bytes: Uint8Array, format: Format): Promise<string | null> => {
  try {
    return (await makePicture(decoders, { path: 'a', format, bytes }, 'thumb')).damaged;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

test('what is wrong with a picture is said in plain words, never in those of the decoder', async () => {
  const jpeg = await drawPhoto({ seed: 1 });
  const png = await drawPhoto({ seed: 1, format: 'png' });
  const webp = await drawPhoto({ seed: 1, format: 'webp' });
  const scrambled = Buffer.from(jpeg);
  scrambled.fill(0xff, 200, 400);
  const reasons = [
    await reasonOf(jpeg.subarray(0, jpeg.length / 2), 'jpeg'),
    await reasonOf(jpeg.subarray(0, 100), 'jpeg'),
    await reasonOf(png.subarray(0, png.length / 2), 'png'),
    await reasonOf(webp.subarray(0, 20), 'webp'),
    await reasonOf(scrambled, 'jpeg'),
    await reasonOf(Buffer.from('GIF89a nothing more'), 'gif'),
  ];
  expect(reasons[0]).toBe('JPEG: the file ends before its picture does.');
  for (const reason of reasons) {
    expect(reason).toMatch(
      /^(JPEG|PNG|WebP|GIF): (the file ends|the beginning of the file|the data of the picture) [^:]+\.$/,
    );
  }
});
