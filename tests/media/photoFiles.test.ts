import { expect, test } from 'vitest';
import { formats, type Format } from '../../electron/core/media/formats.ts';
import { looksLikePhoto } from '../../shared/model/photoFiles.ts';

test('a file of each format that is taken looks like a photo by its ending, and one of any other does not', () => {
  const looked = (Object.keys(formats) as Format[]).filter((format) => looksLikePhoto(`/a.b/IMG_1.${format}`));
  const taken = (Object.keys(formats) as Format[]).filter((format) => formats[format].family !== 'unsupported');
  expect(looked).toEqual(taken);
});

test.each(['IMG_1.JPG', 'C:\\photos\\DSC.NeF', 'one.two.heif'])('%s looks like a photo', (name) => {
  expect(looksLikePhoto(name)).toBe(true);
});

test.each(['jpg', '.jpg', 'IMG_1', 'IMG_1.', 'photo.jpg.exe', '/photos.jpg/run'])('%s does not', (name) => {
  expect(looksLikePhoto(name)).toBe(false);
});
