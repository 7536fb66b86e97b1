import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mostDragged } from '../../electron/core/edits/dragOut.ts';
import { emptyStack, stackToJson } from '../../shared/edits/stack.ts';
import { applyAssignments } from '../../shared/edits/stackOps.ts';
import type { PhotoID } from '../../shared/ids.ts';
import { clear, createPhotoMaker } from '../helpers/photos.ts';
import { openTestLibrary, type TestLibrary } from '../helpers/testLibrary.ts';

const maker = createPhotoMaker();
afterAll(() => maker.dispose());
let base: string;
let source: string;
let library: TestLibrary;
beforeEach(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'shoebox-drag-')));
  source = join(base, 'photos');
  library = await openTestLibrary();
});
afterEach(async () => {
  await library.dispose();
  clear(base);
});

/** Takes the folder in, by copies or where it lies, and answers the photos by name. */
async function taken(where: 'copied' | 'in place' = 'copied'): Promise<ReadonlyMap<string, PhotoID>> {
  const { ingest } = library.app;
  await ingest.finished(await ingest.import([source], { mode: where === 'copied' ? 'copy' : 'reference' }));
  const rows = library.app.store.connection.raw.prepare('SELECT file_name AS name, id FROM photo').all();
  return new Map((rows as { name: string; id: PhotoID }[]).map(({ name, id }) => [name, id]));
}
const dragged = () => library.host.drags.at(-1)?.files ?? [];

describe('photos dragged out of the window', () => {
  test('become files of their own: plain ones byte for byte, edited ones with their edits, and all of them as they came with Alt', async () => {
    await maker.write(join(source, 'plain.jpg'), { seed: 1 });
    await maker.write(join(source, 'cropped.jpg'), { seed: 2, width: 640, height: 480 });
    await maker.write(join(source, 'other.avif'), { seed: 3, format: 'avif' });
    const photos = await taken('in place');
    const ids = ['plain.jpg', 'cropped.jpg', 'other.avif'].flatMap((name) => photos.get(name) ?? []);
    const stack = stackToJson(applyAssignments(emptyStack, 'crop=0/0/0.5/0.5'));
    await library.client.edits.save({ id: photos.get('cropped.jpg') ?? '', stack });

    expect(await library.client.app.dragOut({ ids, original: false })).toEqual({ files: 3, reasons: [] });
    const files = new Map(dragged().map((path) => [basename(path, extname(path)), path]));
    const fileOf = (name: string) => files.get(name) ?? '';
    expect(readFileSync(fileOf('plain'))).toEqual(readFileSync(join(source, 'plain.jpg')));
    expect(await sharp(fileOf('cropped')).metadata()).toMatchObject({ width: 320, height: 240 });
    expect(extname(fileOf('other'))).toBe('.jpg');
    expect(library.host.drags.at(-1)?.icon?.length).toBeGreaterThan(500);
    // The drop target may move what it is given: it never gets the person's own files.
    expect(dragged().filter((path) => path.startsWith(source))).toEqual([]);

    await library.client.app.dragOut({ ids, original: true });
    for (const path of dragged()) expect(readFileSync(path)).toEqual(readFileSync(join(source, basename(path))));
    expect(dragged()).toHaveLength(3);
  });

  test('one that cannot be made a file is left out and named; the drag goes on with the rest', async () => {
    await maker.folder(source, 2);
    const [first, second] = [...(await taken()).values()];
    library.app.store.transaction('ingest', ({ raw }) => raw.prepare(`DELETE FROM file WHERE photo_id = ?`).run(first));
    const answer = await library.client.app.dragOut({ ids: [first, second].flatMap((id) => id ?? []), original: true });
    expect(answer).toEqual({ files: 1, reasons: ['The file of this photo is not on this computer now.'] });
    expect(dragged()).toHaveLength(1);
    const only = library.client.app.dragOut({ ids: [first ?? ''], original: true });
    await expect(only).rejects.toMatchObject({ message: 'The file of this photo is not on this computer now.' });
    expect(library.host.drags).toHaveLength(1);
  });

  test('too many at once are to be exported instead', async () => {
    await maker.folder(source, 1);
    const [id = '' as PhotoID] = [...(await taken()).values()];
    const many = library.client.app.dragOut({
      ids: Array.from({ length: mostDragged + 1 }, () => id),
      original: false,
    });
    await expect(many).rejects.toMatchObject({ message: expect.stringContaining('Export them instead') });
  });

  test('the files of a drag stay for whoever copies them, and go with a later drag', async () => {
    await maker.folder(source, 1);
    const ids = [...(await taken()).values()];
    await library.client.app.dragOut({ ids, original: true });
    const [before = ''] = dragged();
    await library.client.app.dragOut({ ids, original: true });
    expect(existsSync(before)).toBe(true);
    utimesSync(dirname(before), 1, 1);
    await library.client.app.dragOut({ ids, original: true });
    expect(existsSync(before)).toBe(false);
  });
});

describe('choosing another library', () => {
  test('takes an empty folder or a library as it is, and makes a folder in any other', async () => {
    const choose = async (path: string) => (await library.client.app.openLibrary({ path })).directory;
    const empty = join(base, 'new');
    expect(await choose(empty)).toBe(empty);
    await maker.folder(source, 1);
    expect(await choose(source)).toBe(join(source, 'Shoebox'));
    const another = join(base, 'library');
    mkdirSync(another);
    copyFileSync(join(library.directory, 'library.sqlite'), join(another, 'library.sqlite'));
    expect(await choose(another)).toBe(another);
    expect(library.host.libraries).toEqual([empty, join(source, 'Shoebox'), another]);
  });

  test('refuses the one that is open, a folder in it, and a file, in words', async () => {
    const choose = (path: string) => library.client.app.openLibrary({ path });
    await expect(choose(library.directory)).rejects.toMatchObject({ message: 'This library is open already.' });
    const inside = join(library.directory, 'originals');
    await expect(choose(inside)).rejects.toMatchObject({ message: expect.stringContaining('inside another one') });
    await maker.write(join(base, 'a.jpg'), { seed: 1 });
    await expect(choose(join(base, 'a.jpg'))).rejects.toMatchObject({ code: 'fileUnreadable' });
    await expect(choose('relative')).rejects.toMatchObject({ code: 'invalidInput' });
    expect(library.host.libraries).toEqual([]);
  });
});
