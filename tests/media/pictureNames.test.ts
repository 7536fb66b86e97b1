import { describe, expect, test } from 'vitest';
import { framePath, isPictureKey, picturePath } from '../../electron/core/media/thumbnailCache.ts';

describe('the path of a cached picture', () => {
  test('is made of a SHA-256 and of nothing else', () => {
    const key = 'ab'.repeat(32);
    expect(isPictureKey(key)).toBe(true);
    expect(picturePath('cache', key, 'thumb')).toContain(`${key}-512.webp`);
    expect(framePath('cache', key)).toContain('-1600.jpg');
    const others = ['', 'ab', '../../outside', `${key}/../../outside`, key.toUpperCase(), `${key}\n`, `${key}\0`];
    for (const other of others) {
      expect(isPictureKey(other)).toBe(false);
      expect(() => picturePath('cache', other, 'thumb')).toThrow(expect.objectContaining({ code: 'internal' }));
      expect(() => framePath('cache', other)).toThrow(expect.objectContaining({ code: 'internal' }));
    }
  });
});
