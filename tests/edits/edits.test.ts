import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nextTurn } from '../../electron/core/library/steps.ts';
import { stackToJson } from '../../shared/edits/stack.ts';
import { exportOptions } from '../../shared/model/edit.ts';
import type { ExportEvent } from '../../shared/model/edit.ts';
import { stackFrom } from './chart.ts';
import { openEditLibrary } from './library.ts';
import type { EditLibrary } from './library.ts';
import { photos, photosHere } from './photos.ts';

let library: EditLibrary;
let clock = 1_700_000_000_000;
beforeEach(() => {
  library = openEditLibrary(() => clock++);
});
afterEach(() => library.dispose());

const edits = (text: string) => stackToJson(stackFrom(text));
const landscape = (n: number): string => photos(`orientation/landscape_${n}.jpg`);
/** Photos of their own folder, so that twenty of them can have one content. */
function addMany(count: number): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'shoebox-many-'));
  return Array.from({ length: count }, (_, i) => {
    const path = join(folder, `IMG_${i}.jpg`);
    copyFileSync(landscape(1), path);
    return library.add(path);
  });
}

describe.runIf(photosHere)('versions (with the real photos)', () => {
  test('an edit adds a version with its author and time, and the first one is the original', async () => {
    const id = library.add(landscape(1));
    const before = await library.edits.get(id);
    expect(before).toMatchObject({
      current: null,
      versions: [],
      editability: 'full',
      width: 600,
      height: 450,
      space: 'srgb',
    });
    const one = await library.edits.save(id, edits('exposure=0.5'), null);
    const two = await library.edits.save(id, edits('exposure=0.5,contrast=10'), 'vivid');
    expect(two.versions.map((version) => version.label)).toEqual(['vivid', null]);
    expect(two.versions[0]).toMatchObject({ author: null, id: two.current, stack: edits('exposure=0.5,contrast=10') });
    expect((two.versions[0]?.createdAt ?? 0) > (two.versions[1]?.createdAt ?? 0)).toBe(true);
    expect(one.current).toBe(two.versions[1]?.id);
  });

  test('saving what is current already adds nothing', async () => {
    const id = library.add(landscape(1));
    await library.edits.save(id, edits('exposure=0.5'), null);
    expect((await library.edits.save(id, edits('exposure=0.5'), null)).versions).toHaveLength(1);
  });

  test('reverting shows the original and keeps every version to go back to', async () => {
    const id = library.add(landscape(1));
    const first = await library.edits.save(id, edits('exposure=0.5'), null);
    await library.edits.save(id, edits('contrast=30'), null);
    expect(await library.edits.revert([id])).toEqual({ changed: 1, refused: 0, reasons: [] });
    const reverted = await library.edits.get(id);
    expect(reverted).toMatchObject({ current: null, stack: edits('') });
    expect(reverted.versions).toHaveLength(2);
    const back = await library.edits.choose(id, first.current ?? '');
    expect(back).toMatchObject({ current: first.current, stack: edits('exposure=0.5') });
    expect(back.versions).toHaveLength(2);
  });

  test('saving an empty stack is going back to the original', async () => {
    const id = library.add(landscape(1));
    await library.edits.save(id, edits('exposure=0.5'), null);
    expect(await library.edits.save(id, edits(''), null)).toMatchObject({ current: null });
  });

  test('steps of a newer version survive and are named', async () => {
    const id = library.add(landscape(1));
    const stack = {
      version: 2,
      steps: [
        { kind: 'exposure', value: 0.2 },
        { kind: 'relight', amount: { deep: [1] } },
      ],
    };
    const saved = await library.edits.save(id, stack, null);
    expect(saved.stack).toEqual(stack);
    expect(saved.versions[0]?.newerKinds).toEqual(['relight']);
  });

  test('a version of another photo, a wrong step and a photo that is gone are refused in words', async () => {
    const [one, two] = [library.add(landscape(1)), library.add(landscape(2))];
    const { current } = await library.edits.save(one, edits('exposure=0.5'), null);
    await expect(library.edits.choose(two, current ?? '')).rejects.toMatchObject({ code: 'notFound' });
    const wrong = { version: 1, steps: [{ kind: 'contrast', value: 1000 }] };
    await expect(library.edits.save(one, wrong, null)).rejects.toThrow('contrast: must be a number from -100 to 100.');
    await expect(library.edits.get('nobody')).rejects.toMatchObject({ code: 'notFound' });
  });

  test('a version somebody else made carries their name', async () => {
    const id = library.add(landscape(1));
    library.store.transaction('sync', ({ raw }) => {
      raw
        .prepare(
          `INSERT INTO participant (id, zone_id, user_name, display_name, type, rights, acceptance)
           VALUES ('p1', 'library', '_anna', 'Anna', 'USER', 6, 'ACCEPTED')`,
        )
        .run();
      raw
        .prepare(
          `INSERT INTO edit (id, zone_id, photo_id, stack, format_version, created_by, created_at, modified_at)
           VALUES ('e1', 'library', ?, ?, 1, '_anna', 5, 5)`,
        )
        .run(id, JSON.stringify(edits('warmth=20')));
      raw.prepare(`UPDATE photo SET current_edit_id = 'e1' WHERE id = ?`).run(id);
    });
    expect((await library.edits.get(id)).versions[0]).toMatchObject({ author: 'Anna', createdAt: 5 });
  });
});

describe.runIf(photosHere)('many photos (with the real photos)', () => {
  test('pasting gives twenty photos the look as one undoable step and leaves each its crop', async () => {
    const ids = addMany(20);
    const [first = ''] = ids;
    await library.edits.save(first, edits('crop=0/0/0.5/0.5'), null);
    const done = await library.edits.paste(ids, edits('exposure=1,crop=0.2/0.2/0.2/0.2'), { withGeometry: false });
    expect(done).toEqual({ changed: 20, refused: 0, reasons: [] });
    expect((await library.edits.get(first)).stack).toEqual(edits('crop=0/0/0.5/0.5,exposure=1'));
    expect((await library.edits.get(ids[19] ?? '')).stack).toEqual(edits('exposure=1'));
    const steps = library.store.connection
      .statement<[], { step: string; label: string; n: number }>(
        `SELECT step, label, count(*) AS n FROM history_transaction WHERE label LIKE 'Pasted%' GROUP BY step, label`,
      )
      .all();
    expect(steps).toMatchObject([{ label: 'Pasted edits onto 20 photos' }]);
  });

  test('syncing copies only the chosen steps', async () => {
    const ids = addMany(2);
    await library.edits.paste(ids, edits('exposure=1,contrast=20'), { withGeometry: false });
    await library.edits.sync(ids, edits('exposure=-1,contrast=50,warmth=9'), ['exposure', 'warmth']);
    for (const id of ids)
      expect((await library.edits.get(id)).stack).toEqual(edits('exposure=-1,contrast=20,warmth=9'));
  });

  test('turning four times is no edit, and the tile takes the new shape at once', async () => {
    const id = library.add(landscape(1));
    expect(library.ratio(id)).toBeCloseTo(1.333, 2);
    await library.edits.turn([id], 'clockwise');
    expect(library.ratio(id)).toBeCloseTo(0.75, 2);
    for (let i = 0; i < 3; i++) await library.edits.turn([id], 'clockwise');
    expect(await library.edits.get(id)).toMatchObject({ current: null, stack: edits('') });
    expect(library.ratio(id)).toBeCloseTo(1.333, 2);
  });

  test('photos I may not edit are left out with the reason', async () => {
    library.store.connection.raw
      .prepare(
        `INSERT INTO zone (id, store, name, owner, kind, rights, created_at) VALUES ('z', 'shared', 'z', '_anna', 'share', 0, 1)`,
      )
      .run();
    const [mine, theirs] = [library.add(landscape(1)), addShared()];
    const done = await library.edits.paste([mine, theirs], edits('exposure=1'), { withGeometry: false });
    expect(done).toMatchObject({ changed: 1, refused: 1 });
    expect(done.reasons[0]).toContain('can let you');
    expect(await library.edits.get(theirs)).toMatchObject({ editability: 'none', reason: done.reasons[0] });
    await expect(library.edits.save(theirs, edits('exposure=1'), null)).rejects.toMatchObject({
      code: 'permissionFailure',
    });
  });

  function addShared(): string {
    // The owner's own computer wrote it; here it arrives by sync, before the right to add was taken away.
    library.store.connection.raw.prepare(`UPDATE zone SET rights = 15 WHERE id = 'z'`).run();
    const id = library.add(landscape(2), { zone: 'z', createdBy: '_anna' });
    library.store.connection.raw.prepare(`UPDATE zone SET rights = 0 WHERE id = 'z'`).run();
    return id;
  }

  test('a video takes the steps that trim its poster and refuses the others with the reason', async () => {
    const id = library.add(photos('livephotos/iphone-xr-heic/IMG_3589.mov'), {
      mediaType: 'video',
      width: 1440,
      height: 1080,
    });
    await expect(library.edits.save(id, edits('exposure=1'), null)).rejects.toMatchObject({ code: 'notSupported' });
    await library.edits.save(id, edits('crop=0/0/0.5/1'), null);
    expect(library.ratio(id)).toBeCloseTo(0.667, 2);
  });
});

describe.runIf(photosHere)('pictures (with the real photos)', () => {
  test('an unedited photo has none; an edited one is rendered once and again only for other edits', async () => {
    const id = library.add(landscape(6), { width: 450, height: 600, orientation: 6 });
    expect(await library.pictures.open(id, 'thumb')).toBeNull();
    await library.edits.save(id, edits('blackAndWhite=on,crop=0/0/0.5/1'), null);
    const started = performance.now();
    const made = await library.pictures.open(id, 'thumb');
    const took = performance.now() - started;
    const meta = await sharp(made?.bytes ?? Buffer.alloc(0)).metadata();
    expect([meta.width, meta.height]).toEqual([300, 450]);
    const again = await Promise.all([library.pictures.open(id, 'thumb'), library.pictures.open(id, 'thumb')]);
    expect(again[0]?.bytes.equals(made?.bytes ?? Buffer.alloc(0))).toBe(true);
    const key = library.pictures.keyOf(id);
    await library.edits.save(id, edits('blackAndWhite=on'), null);
    expect(library.pictures.keyOf(id)).not.toBe(key);
    console.log(`edited thumbnail: ${took.toFixed(0)} ms`);
  });

  test('a photo whose file is away shows its edits on the picture in the cache, and on the original once that is here', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shoebox-away-'));
    const path = join(folder, 'IMG.jpg');
    copyFileSync(landscape(1), path);
    const id = library.add(path);
    await library.edits.save(id, edits('crop=0/0/0.5/1'), null);
    library.moveAway(id);
    await expect(library.pictures.open(id, 'thumb')).rejects.toMatchObject({ code: 'notFound' });
    await library.cacheThumbnail(path);
    const meta = await sharp((await library.pictures.open(id, 'thumb'))?.bytes ?? Buffer.alloc(0)).metadata();
    expect([meta.width, meta.height]).toEqual([256, 384]); // half of the 512 px thumbnail
    library.bringBack(id);
    const whole = await sharp((await library.pictures.open(id, 'thumb'))?.bytes ?? Buffer.alloc(0)).metadata();
    expect([whole.width, whole.height]).toEqual([300, 450]);
    rmSync(folder, { recursive: true, force: true });
  });

  test('the tile follows edits that arrive from elsewhere', async () => {
    const id = library.add(landscape(1));
    library.store.transaction('sync', ({ raw }) => {
      raw
        .prepare(
          `INSERT INTO edit (id, zone_id, photo_id, stack, format_version, created_by, created_at, modified_at)
           VALUES ('e1', 'library', ?, ?, 1, '_anna', 5, 5)`,
        )
        .run(id, JSON.stringify(edits('rotate=90')));
      raw.prepare(`UPDATE photo SET current_edit_id = 'e1' WHERE id = ?`).run(id);
    });
    await nextTurn();
    await nextTurn();
    expect(library.ratio(id)).toBeCloseTo(0.75, 2);
  });
});

describe.runIf(photosHere)('export (with the real photos)', () => {
  const run = async (ids: string[], folder: string, options: object = {}): Promise<ExportEvent[]> => {
    const events: ExportEvent[] = [];
    for await (const event of library.photoExport.run(ids, folder, exportOptions.parse(options))) events.push(event);
    return events;
  };

  test('writes each photo under its own name, numbers what is taken, and counts', async () => {
    const folder = join(library.directory, 'out');
    mkdirSync(folder);
    const ids = [library.add(landscape(1)), library.add(landscape(3), { orientation: 3 })];
    writeFileSync(join(folder, 'landscape_1.jpg'), 'mine');
    await library.edits.save(ids[0] ?? '', edits('crop=0/0/0.5/0.5'), null);
    const events = await run([...ids, 'nobody'], folder);
    expect(events.map((event) => event.type)).toEqual(['exported', 'exported', 'failed', 'finished']);
    expect(events.at(-1)).toEqual({ type: 'finished', exported: 2, failed: 1 });
    expect(events[2]).toMatchObject({ reason: 'This photo is not in your library any more.', done: 3, total: 3 });
    expect(readdirSync(folder).sort()).toEqual(['landscape_1 (2).jpg', 'landscape_1.jpg', 'landscape_3.jpg']);
    expect(readFileSync(join(folder, 'landscape_1.jpg'), 'utf8')).toBe('mine');
    expect((await sharp(join(folder, 'landscape_1 (2).jpg')).metadata()).width).toBe(300);
  });

  test('of the original gives its bytes', async () => {
    const folder = join(library.directory, 'out');
    mkdirSync(folder);
    const id = library.add(landscape(1));
    await library.edits.save(id, edits('exposure=1'), null);
    await run([id], folder, { original: true });
    expect(readFileSync(join(folder, 'landscape_1.jpg')).equals(readFileSync(landscape(1)))).toBe(true);
  });

  test('of a photo whose name is as long as a name may be leaves room for number and ending', async () => {
    const folder = join(library.directory, 'out');
    mkdirSync(folder);
    const path = join(library.directory, 'from', `${'写'.repeat(83)}.jpg`);
    mkdirSync(join(library.directory, 'from'));
    copyFileSync(landscape(1), path);
    const id = library.add(path);
    for (const options of [{}, {}, { original: true }]) {
      expect((await run([id], folder, options)).at(-1)).toEqual({ type: 'finished', exported: 1, failed: 0 });
    }
    expect(readdirSync(folder).every((name) => /^写{66}( \(\d\))?\.jpg$/u.test(name))).toBe(true);
    expect(readdirSync(folder)).toHaveLength(3);
  });

  test('into a watched folder, or one that is not there, is refused with the reason', async () => {
    const id = library.add(landscape(1));
    await expect(run([id], photos('orientation'))).rejects.toThrow('which Shoebox watches');
    symlinkSync(photos('orientation'), join(library.directory, 'a link there'));
    await expect(run([id], join(library.directory, 'a link there'))).rejects.toThrow('which Shoebox watches');
    await expect(run([id], join(library.directory, 'nowhere'))).rejects.toMatchObject({ code: 'folderUnavailable' });
  });

  test('into a new folder makes it, but not where Shoebox watches, nor below a file', async () => {
    const { photoExport } = library;
    const watched = join(library.directory, 'watched');
    mkdirSync(watched);
    const own = join(watched, 'own.jpg');
    copyFileSync(landscape(1), own);
    library.add(own);
    symlinkSync(watched, join(library.directory, 'a link there'));
    for (const folder of [watched, join(library.directory, 'a link there')])
      await expect(photoExport.makeFolder(join(folder, 'new', 'newer'))).rejects.toThrow('which Shoebox watches');
    expect(readdirSync(watched)).toEqual(['own.jpg']);
    writeFileSync(join(library.directory, 'a file'), '');
    await expect(photoExport.makeFolder(join(library.directory, 'a file', 'new'))).rejects.toMatchObject({
      code: 'folderUnavailable',
    });
    symlinkSync(join(library.directory, 'a circle'), join(library.directory, 'a circle'));
    await expect(photoExport.makeFolder(join(library.directory, 'a circle', 'new'))).rejects.toMatchObject({
      code: 'folderUnavailable',
    });
    await photoExport.makeFolder(join(library.directory, 'new', 'newer'));
    expect(readdirSync(join(library.directory, 'new', 'newer'))).toEqual([]);
  });
});

test.runIf(photosHere)(
  'the original is never written to, whatever is done with its photo (with the real photos)',
  async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'shoebox-original-')), 'IMG.jpg');
    copyFileSync(landscape(6), path);
    const before = readFileSync(path);
    const id = library.add(path, { orientation: 6, width: 450, height: 600 });
    await library.edits.save(id, edits('exposure=1,crop=0/0/0.5/0.5'), null);
    await library.edits.turn([id], 'clockwise');
    await library.pictures.open(id, 'thumb');
    await library.pictures.open(id, 'preview');
    await library.edits.revert([id]);
    expect(readFileSync(path).equals(before)).toBe(true);
    rmSync(path, { recursive: true, force: true });
  },
);
