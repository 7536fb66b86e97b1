import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTrash } from '../../electron/core/library/trash.ts';
import { AppError } from '../../shared/errors.ts';
import { openOrganiser, type Organiser } from '../helpers/organiser.ts';
import { withPhotoFile } from '../helpers/photoFile.ts';

let library: Organiser;
beforeEach(() => {
  library = openOrganiser();
});
afterEach(() => library.dispose());

/** The trash of a shell whose system's trash takes nothing, as on a drive without one. */
const trashWithoutSystem = (errors: unknown[]) =>
  createTrash({
    store: library.store,
    steps: library.core.steps,
    now: () => library.clock,
    moveToSystemTrash: (path) =>
      Promise.reject(new AppError('notSupported', `The system’s trash did not take ${path}.`, { path })),
    reportError: (error) => errors.push(error),
  });

test('files the system’s trash does not take are counted, and one is named with the reason', async () => {
  const [one, other] = library.photos({}, {});
  const [first, second] = [
    withPhotoFile(library, 'watched', one ?? ''),
    withPhotoFile(library, 'watched', other ?? ''),
  ];
  const errors: unknown[] = [];
  const trash = trashWithoutSystem(errors);
  await trash.trash([one ?? '', other ?? '']);
  expect(await trash.deleteForever([one ?? '', other ?? ''], true)).toEqual({
    changed: 2,
    refused: 0,
    filesLeft: { count: 2, example: { path: first, reason: `The system’s trash did not take ${first}.` } },
  });
  expect([existsSync(first), existsSync(second), errors.length]).toEqual([true, true, 2]);
});

test('a file that was missing before is not left behind, one that stays by choice is not either', async () => {
  const [gone, kept] = library.photos({}, {});
  rmSync(withPhotoFile(library, 'watched', gone ?? ''));
  library.store.connection.raw.exec(`UPDATE file SET state = 'missing'`);
  withPhotoFile(library, 'watched', kept ?? '');
  const trash = trashWithoutSystem([]);
  await trash.trash([gone ?? '', kept ?? '']);
  expect(await trash.deleteForever([gone ?? ''], true)).toEqual({ changed: 1, refused: 0, filesLeft: null });
  expect(await trash.deleteForever([kept ?? ''], false)).toEqual({ changed: 1, refused: 0, filesLeft: null });
});

test('a copy in the library that cannot be removed is told when the trash is emptied', async () => {
  const [photo] = library.photos({});
  const copy = withPhotoFile(library, 'originals', photo ?? '');
  // A folder in the file's place cannot be removed as a file, whoever asks.
  rmSync(copy);
  mkdirSync(copy);
  const errors: unknown[] = [];
  const trash = trashWithoutSystem(errors);
  await trash.trash([photo ?? '']);
  expect(await trash.empty()).toMatchObject({
    changed: 1,
    filesLeft: { count: 1, example: { path: copy, reason: expect.stringMatching(/\w/u) } },
  });
  expect(errors).toHaveLength(1);
});
