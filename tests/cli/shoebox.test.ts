import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines, shoebox } from '../helpers/program.ts';

/** The program as a person runs it: its own process, a real library, real files. */
describe('shoebox', () => {
  let home: string;
  let photos: string;
  let library: string;
  const run = (...args: string[]) => shoebox(home, ...args, '--library', library);

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'shoebox-cli-'));
    photos = join(home, 'photos');
    library = join(home, 'library');
    mkdirSync(photos);
    for (const [index, name] of ['red.jpg', 'green.jpg', 'blue.jpg'].entries()) {
      const colour = { r: index === 0 ? 255 : 0, g: index === 1 ? 255 : 0, b: index === 2 ? 255 : 0 };
      await sharp({ create: { width: 60 + index, height: 40, channels: 3, background: colour } })
        .withExif({
          IFD0: { Make: 'Kodak', Model: 'Brownie' },
          IFD2: { DateTimeOriginal: `2024:05:0${index + 1} 10:00:00`, OffsetTimeOriginal: '+02:00' },
        })
        .jpeg()
        .toFile(join(photos, name));
    }
    writeFileSync(join(photos, 'red again.jpg'), readFileSync(join(photos, 'red.jpg')));
    writeFileSync(join(photos, 'broken.jpg'), 'this is no picture');
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('imports a folder and says what became of every file', async () => {
    const { code, out, err } = await run('import', photos, '--json');
    expect(code).toBe(0);
    const [result, ...more] = jsonLines(out);
    expect(more).toEqual([]);
    expect(result).toMatchObject({ imported: 3, duplicates: 1, updated: 0, sidecars: 0 });
    const issues = [result?.['skipped'], result?.['failed']].flat();
    expect(issues).toEqual([{ path: expect.stringContaining('broken.jpg'), reason: expect.stringMatching(/\w/u) }]);
    expect(err).toContain('found');
  });

  it('imports the same folder again without doubling anything', async () => {
    const { out } = await run('import', photos, '--json');
    expect(jsonLines(out)[0]).toMatchObject({ imported: 0, duplicates: 4 });
    expect(jsonLines((await run('list', 'photos', '--json')).out)).toHaveLength(3);
  });

  it('lists photos with every promised fact, null where there is none', async () => {
    const { code, out } = await run('list', 'photos', '--json');
    expect(code).toBe(0);
    const red = jsonLines(out).find((photo) => photo['width'] === 60);
    expect(red).toMatchObject({
      fileName: expect.stringMatching(/^red/u),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/u),
      mediaType: 'image',
      kind: 'photo',
      width: 60,
      height: 40,
      takenAt: '2024-05-01T10:00:00',
      offset: '+02:00',
      latitude: null,
      longitude: null,
      make: 'Kodak',
      model: 'Brownie',
      rating: null,
      keywords: [],
      title: null,
      caption: null,
      durationSeconds: null,
      favourite: false,
      hidden: false,
      albums: [],
      tags: [],
      store: 'private',
      addedBy: null,
    });
    for (const name of ['id', 'paths', 'orientation', 'zone']) expect(red).toHaveProperty(name);
  });

  it('finds photos by what the search field understands', async () => {
    const { out } = await run('list', 'photos', '--where', 'blue', '--json');
    expect(jsonLines(out).map((photo) => photo['fileName'])).toEqual(['blue.jpg']);
  });

  it('watches a folder in place, lists it, and stops without touching it', async () => {
    const watched = join(home, 'watched');
    mkdirSync(watched);
    await sharp({ create: { width: 70, height: 40, channels: 3, background: 'white' } })
      .png()
      .toFile(join(watched, 'white.png'));
    // Written this very moment it may be half of a file: it is taken at the second look, which the command waits for.
    const added = await run('watch', 'add', watched, '--json');
    expect([added.code, jsonLines(added.out)]).toMatchObject([0, [{ path: watched, state: 'available', photos: 1 }]]);
    expect(jsonLines((await run('watch', 'list', '--json')).out)).toHaveLength(1);
    const paths = jsonLines((await run('list', 'photos', '--json')).out).flatMap((photo) => photo['paths']);
    expect(paths).toContain(join(watched, 'white.png'));
    expect((await run('watch', 'remove', watched, '--forget')).code).toBe(0);
    expect(jsonLines((await run('watch', 'list', '--json')).out)).toEqual([]);
    expect(existsSync(join(watched, 'white.png'))).toBe(true);
    expect((await run('watch', 'remove', watched)).code).toBe(1);
  });

  it('tells the history of the library, from any place in it', async () => {
    const entries = jsonLines((await run('history', '--json')).out);
    expect(entries.length).toBeGreaterThan(3);
    expect(entries[0]).toMatchObject({
      token: expect.any(Number),
      author: expect.any(String),
      entity: expect.any(String),
      change: expect.any(String),
    });
    const middle = Number(entries[2]?.['token']);
    const later = jsonLines((await run('history', '--after', String(middle), '--json')).out);
    expect(later.every((entry) => Number(entry['token']) > middle)).toBe(true);
    expect(later.length).toBeLessThan(entries.length);
  });

  it('examines, backs up and restores a library', async () => {
    expect(await run('doctor')).toMatchObject({ code: 0, out: 'The library is healthy.\n' });
    const backup = join(home, 'backup');
    expect(jsonLines((await run('backup', '--to', backup, '--json')).out)[0]).toMatchObject({ originals: 3 });
    const again = join(home, 'again');
    const restored = await shoebox(home, 'restore', '--from', backup, '--library', again, '--json');
    expect([restored.code, jsonLines(restored.out)[0]]).toMatchObject([0, { originals: 3, library: again }]);
    const list = (text: string) => jsonLines(text).map(({ id, sha256 }) => ({ id, sha256 }));
    expect(list((await shoebox(home, 'list', 'photos', '--json', '--library', again)).out)).toEqual(
      list((await run('list', 'photos', '--json')).out),
    );
    expect((await shoebox(home, 'doctor', '--library', again)).code).toBe(0);
    expect((await shoebox(home, 'restore', '--from', backup, '--library', again)).code).toBe(1);
  });

  it('says what is wrong with an import of something that is not there', async () => {
    const { code, err } = await run('import', join(home, 'nowhere'));
    expect(code).toBe(1);
    expect(err).toContain('nowhere');
  });
});
