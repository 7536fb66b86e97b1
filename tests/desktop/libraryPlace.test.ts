import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { libraryFolderFor } from '../../electron/core/shell/libraryPlace.ts';

let base: string;
let current: string;
let photos: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'shoebox-place-')));
  current = join(base, 'current');
  photos = join(base, 'photos');
  mkdirSync(current);
  writeFileSync(join(current, 'library.sqlite'), '');
  mkdirSync(photos);
  writeFileSync(join(photos, 'a.jpg'), '');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

describe('a folder chosen for a library that holds other things', () => {
  const inner = () => join(photos, 'Shoebox');

  it.each([
    ['is missing', () => undefined],
    ['is empty', () => mkdirSync(inner())],
    [
      'is a library',
      () => {
        mkdirSync(inner());
        writeFileSync(join(inner(), 'library.sqlite'), '');
        writeFileSync(join(inner(), 'settings.json'), '');
      },
    ],
  ])('takes its folder Shoebox when that %s', async (_what, arrange) => {
    arrange();
    expect(await libraryFolderFor(photos, current)).toBe(inner());
    expect(existsSync(inner())).toBe(true);
  });

  it('is refused when its folder Shoebox holds other things too', async () => {
    mkdirSync(inner());
    writeFileSync(join(inner(), 'letter.txt'), '');
    await expect(libraryFolderFor(photos, current)).rejects.toMatchObject({
      code: 'invalidInput',
      message: `${inner()} holds other things already. Choose an empty folder.`,
    });
    expect(readdirSync(inner())).toEqual(['letter.txt']);
  });

  it('is refused when Shoebox in it is a file', async () => {
    writeFileSync(inner(), '');
    await expect(libraryFolderFor(photos, current)).rejects.toMatchObject({ message: `${inner()} is not a folder.` });
  });

  it('is refused when Shoebox in it is the open library by another name', async () => {
    symlinkSync(current, inner());
    await expect(libraryFolderFor(photos, current)).rejects.toMatchObject({
      message: 'This library is open already.',
    });
  });
});

describe('a refused choice makes no folder', () => {
  it.each([
    ['inside the open library', () => join(current, 'new')],
    ['deep inside the open library', () => join(current, 'new', 'deeper')],
    ['inside the open library, through a link', () => join(base, 'link', 'new')],
  ])('%s', async (_where, path) => {
    symlinkSync(current, join(base, 'link'));
    await expect(libraryFolderFor(path(), current)).rejects.toMatchObject({
      message: 'A library cannot lie inside another one. Choose a folder outside.',
    });
    expect(readdirSync(current)).toEqual(['library.sqlite']);
  });

  it('below a file', async () => {
    const path = join(photos, 'a.jpg', 'library');
    await expect(libraryFolderFor(path, current)).rejects.toMatchObject({ message: `${path} is not a folder.` });
  });
});

it('a folder that is missing is made with the folders above it', async () => {
  const path = join(base, 'new', 'library');
  expect(await libraryFolderFor(path, current)).toBe(path);
  expect(readdirSync(path)).toEqual([]);
});
