import { posix, win32 } from 'node:path';
import { expect, it } from 'vitest';
import { isBelow, isInside } from '../../electron/core/library/pathInside.ts';

it.each([
  ['C:\\library', 'C:\\library\\originals\\a.jpg', true],
  ['C:\\library', 'c:\\Library\\a.jpg', true],
  ['C:\\library', 'C:\\library\\..a\\b.jpg', true],
  ['D:\\', 'D:\\photos', true],
  ['C:\\library', 'C:\\library2', false],
  ['C:\\library', 'C:\\photos', false],
  ['C:\\library', 'C:\\', false],
  ['C:\\library', 'D:\\photos', false],
  ['C:\\library', '\\\\nas\\share\\photos', false],
  ['\\\\nas\\share\\photos', '\\\\nas\\share\\photos\\a.jpg', true],
  ['\\\\nas\\share\\photos', '\\\\nas\\other\\photos\\a.jpg', false],
])('on Windows, in %s lies %s: %s', (folder, path, inside) => {
  expect(isInside(folder, path, win32)).toBe(inside);
  expect(isBelow(folder, path, win32)).toBe(inside);
});

it.each([
  ['/library', '/library/..a/b.jpg', true],
  ['/', '/photos', true],
  ['/library', '/library2', false],
  ['/library', '/', false],
  ['/library', '/photos', false],
])('elsewhere, in %s lies %s: %s', (folder, path, inside) => {
  expect(isInside(folder, path, posix)).toBe(inside);
  expect(isBelow(folder, path, posix)).toBe(inside);
});

it('a folder is inside itself and not below itself', () => {
  expect(isInside('C:\\library', 'C:\\Library', win32)).toBe(true);
  expect(isBelow('C:\\library', 'C:\\Library', win32)).toBe(false);
  expect(isInside('/library', '/library', posix)).toBe(true);
  expect(isBelow('/library', '/library', posix)).toBe(false);
});
