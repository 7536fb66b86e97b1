import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exportOptions, type ExportEvent } from '../../shared/model/edit.ts';
import { createPhotoMaker } from '../helpers/photos.ts';
import { openEditLibrary, type EditLibrary } from './library.ts';

const maker = createPhotoMaker();
let library: EditLibrary;
let folder: string;
beforeEach(() => {
  library = openEditLibrary();
  folder = join(library.directory, 'out');
  // What lies beside the photos is refused: their folder is watched.
  for (const one of [folder, join(library.directory, 'from')]) mkdirSync(one);
});
afterEach(() => library.dispose());
afterAll(() => maker.dispose());

/** A photo whose record, perhaps another person's, gives it this name. */
function named(name: string): string {
  const path = join(library.directory, 'from', 'IMG_1.jpg');
  writeFileSync(path, 'the bytes of a photo');
  const id = library.add(path);
  library.store.transaction('sync', ({ raw }) =>
    raw.prepare('UPDATE photo SET file_name = ? WHERE id = ?').run(name, id),
  );
  return id;
}

async function exported(id: string, options: object): Promise<ExportEvent[]> {
  const events: ExportEvent[] = [];
  for await (const event of library.photoExport.run([id], folder, exportOptions.parse(options))) events.push(event);
  return events;
}

describe('the original of a photo is exported', () => {
  test.each([
    ['with an ending too long for one in bytes', `${'写'.repeat(66)}.${'写'.repeat(19)}`, '写'.repeat(66)],
    ['with an ending that Windows refuses', 'IMG_1.j:p<g|', 'IMG_1.j_p_g_'],
    ['named as a device of Windows', 'CON.jpg', '_CON.jpg'],
    ['named as a device with a blank before its ending', 'nul .jpg', '_nul.jpg'],
    ['named as a device and nothing else', 'Com1', '_Com1'],
    ['named as a path', '../up/a.jpg', '__up_a.jpg'],
    ['with an ending only', '.jpg', '_jpg'],
    ['with nothing in its name but dots', '...', 'photo'],
    ['with a blank at the end of its name', 'Ana .jpg', 'Ana.jpg'],
  ])('%s, under a name that every system takes', async (_, name, expected) => {
    const id = named(name);
    expect((await exported(id, { original: true })).at(-1)).toEqual({ type: 'finished', exported: 1, failed: 0 });
    expect(readdirSync(folder)).toEqual([expected]);
    expect(readFileSync(join(folder, expected), 'utf8')).toBe('the bytes of a photo');
  });

  test('under a number when its name is taken, with room for the ending', async () => {
    const id = named(`${'写'.repeat(80)}.${'写'.repeat(10)}`);
    for (let time = 0; time < 2; time += 1) {
      expect((await exported(id, { original: true })).at(-1)).toMatchObject({ exported: 1 });
    }
    const stem = '写'.repeat(66);
    const ending = `.${'写'.repeat(10)}`;
    expect(readdirSync(folder).sort()).toEqual([`${stem} (2)${ending}`, `${stem}${ending}`].sort());
  });
});

test('a photo of another name than systems take is rendered under one they do', async () => {
  const path = join(library.directory, 'from', 'a.jpg');
  await maker.write(path, { seed: 1 });
  const id = library.add(path);
  for (const [name, expected] of [
    ['aux.heic', '_aux.jpg'],
    ['Ana: Crete?.heic', 'Ana_ Crete_.jpg'],
  ] as const) {
    library.store.transaction('sync', ({ raw }) =>
      raw.prepare('UPDATE photo SET file_name = ? WHERE id = ?').run(name, id),
    );
    expect((await exported(id, {})).at(-1)).toMatchObject({ exported: 1 });
    expect(readdirSync(folder)).toContain(expected);
  }
});
