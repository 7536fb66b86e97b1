import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { terminalOn, typed } from '../helpers/terminal.ts';

/** A person who organises from a terminal; every command opens the library anew, so each finds what the last one left. */
describe('organising from a terminal', () => {
  let home: string;
  let run: ReturnType<typeof terminalOn>;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'shoebox-cli-organise-'));
    run = terminalOn(home, join(home, 'library'));
    mkdirSync(join(home, 'photos'));
    for (const [index, name] of ['wave.jpg', 'stone.jpg'].entries()) {
      await sharp({ create: { width: 40 + index, height: 30, channels: 3, background: 'navy' } })
        .jpeg()
        .toFile(join(home, 'photos', name));
    }
    expect((await run('import', join(home, 'photos'))).code).toBe(0);
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('tags what a search finds, puts it into an album of a folder, and undoes both in turn', async () => {
    expect((await run('tag', '--where', 'wave', '--add', 'Crete', '--add', 'Sea')).records).toEqual([
      { changed: 1, refused: 0 },
    ]);
    await run('album', 'create', 'Trips', '--folder');
    expect((await run('album', 'create', 'Best', '--in', 'Trips', '--where', 'tag:crete')).records[0]).toMatchObject({
      title: 'Best',
      count: 1,
    });
    expect((await run('steps')).records.map((step) => step['label'])).toEqual([
      'Made the album “Best” of 1 photo',
      'Made the folder “Trips”',
      'Tagged 1 photo “Crete”, “Sea”',
    ]);
    for (let step = 0; step < 3; step += 1) expect((await run('undo')).code).toBe(0);
    expect((await run('list', 'tags')).records).toEqual([]);
    expect((await run('undo')).code).toBe(1);
    expect((await run('redo')).records[0]).toMatchObject({ skipped: 0, step: { state: 'done' } });
    expect((await run('list', 'tags')).records).toHaveLength(2);
  });

  it.each([
    ['import', ''],
    ['import', ' '],
    ['watch', 'add', ''],
    ['watch', 'remove', ''],
  ])('%s %s does nothing with a path that an unset variable gives', async (...args) => {
    const before = (await run('list', 'photos')).records.length;
    expect((await run(...args)).code).toBe(2);
    expect((await run('watch', 'list')).records).toEqual([]);
    expect((await run('list', 'photos')).records).toHaveLength(before);
  });

  it('rates, describes, dates, trashes and restores by search', async () => {
    await run('rate', '--where', 'stone', '--stars', '4');
    await run('describe', '--where', 'stone', '--title', 'Grey');
    await run('date', '--where', 'stone', '--set', '2001-02-03T04:05:06');
    expect((await run('list', 'photos', '--where', 'rating:4 2001')).records[0]).toMatchObject({
      title: 'Grey',
      takenAt: '2001-02-03T04:05:06',
    });
    await run('trash', '--where', 'stone');
    expect((await run('list', 'photos')).records).toHaveLength(1);
    expect((await run('untrash', '--where', 'stone')).records).toEqual([{ changed: 1, refused: 0 }]);
    expect((await run('list', 'photos')).records).toHaveLength(2);
  });

  it('says what is missing instead of guessing', async () => {
    expect(await run('tag', '--add', 'x')).toMatchObject({ code: 2, err: expect.stringContaining('--where QUERY') });
    expect(await run('trash', '--where', '')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--where is empty'),
    });
    expect(await run('rate', '--where', 'wave', '--stars', '7')).toMatchObject({
      code: 2,
      err: expect.stringContaining('from 0 to 5'),
    });
    expect(await run('album', 'add', 'Nowhere', '--where', 'wave')).toMatchObject({
      code: 2,
      err: expect.stringContaining('There is no album “Nowhere”'),
    });
  });

  it.each(['', ' ', '""', '" "', '-', '…', 'b', 'B -w', '"" b'])(
    '--where %j, which the search field takes for all photos, changes, exports and shares none',
    async (where) => {
      const before = (await run('list', 'photos')).records;
      expect((await run('list', 'photos', '--where', where)).records).toEqual(before);
      const to = join(home, 'nothing');
      for (const words of [
        ['trash'],
        ['untrash'],
        ['album', 'create', 'All'],
        ['export', '--to', to],
        ['share', 'create', 'All'],
      ]) {
        expect(await run(...words, '--where', where)).toMatchObject({
          code: 2,
          err: expect.stringContaining('--where'),
          records: [],
        });
      }
      expect((await run('list', 'photos')).records).toEqual(before);
      expect([existsSync(to), (await run('list', 'albums', '--where', 'All')).records]).toEqual([false, []]);
    },
  );

  it('what “list photos --where” lists is what a search acts on, hidden photos included', async () => {
    expect((await run('hide', '--where', 'wave')).records).toEqual([{ changed: 1, refused: 0 }]);
    expect((await run('list', 'photos', '--where', 'wave')).records).toHaveLength(1);
    expect((await run('rate', '--where', 'wave', '--stars', '2')).records).toEqual([{ changed: 1, refused: 0 }]);
    expect((await run('album', 'create', 'Waves', '--where', 'wave')).code).toBe(0);
    expect((await run('album', 'remove', 'Waves', '--where', 'wave')).records).toEqual([{ removed: 1 }]);
    const to = join(home, 'exported');
    expect((await run('export', '--where', 'wave', '--to', to, '--original')).records.at(-1)).toMatchObject({
      exported: 1,
    });
    expect(readdirSync(to)).toEqual(['wave.jpg']);
    expect((await run('trash', '--where', 'wave')).records).toEqual([{ changed: 1, refused: 0 }]);
    expect((await run('untrash', '--where', 'wave')).records).toEqual([{ changed: 1, refused: 0 }]);
    // Only what is hidden can be shown again: a photo that is not is none of its search.
    expect((await run('hide', '--off', '--where', 'jpg')).records).toEqual([{ changed: 1, refused: 0 }]);
    expect((await run('list', 'photos', '--where', 'wave')).records[0]).toMatchObject({ hidden: false, rating: 2 });
  });

  it('an id that is not known is named and ends with 1; the others are changed nevertheless', async () => {
    const [photo] = (await run('list', 'photos', '--where', 'wave')).records;
    const id = String(photo?.['id']);
    const unknown = { code: 1, err: expect.stringMatching(/"notFound".*“nosuchid”/u) };
    expect(await run('trash', 'nosuchid')).toEqual({ ...unknown, records: [] });
    expect(await run('favourite', 'nosuchid', id)).toEqual({ ...unknown, records: [{ changed: 1, refused: 0 }] });
    expect(await run('album', 'create', 'Nothing', 'nosuchid')).toEqual({ ...unknown, records: [] });
    expect((await run('list', 'albums', '--where', 'Nothing')).records).toEqual([]);
    expect(await run('album', 'add', 'Waves', id, 'nosuchid')).toEqual({
      ...unknown,
      records: [{ added: 1, already: 0 }],
    });
    expect(await run('album', 'remove', 'Waves', 'nosuchid', id)).toEqual({ ...unknown, records: [{ removed: 1 }] });
    expect(await run('trash', '')).toMatchObject({ code: 1, err: expect.stringContaining('notFound') });
  });

  it.each([
    [['rate', '--where', 'stone', '--stars', ''], '--stars'],
    [['rate', '--where', 'stone'], '--stars'],
    [['rate', '--where', 'nothing is called so', '--stars', ''], '--stars'],
    [['date', '--where', 'stone', '--shift', ''], '--shift'],
    [['date', '--where', 'stone', '--zone', ' '], '--zone'],
    [['date', '--where', 'stone', '--set', ''], '--set'],
    [['place', '--where', 'stone', '--at', ','], '--at'],
    [['place', '--where', 'stone', '--at', ''], '--at'],
    [['place', '--where', 'stone', '--at', '35.5,'], '--at'],
    [['place', '--where', 'stone', '--at', '35.5,24,'], '--at'],
    [['place', '--where', 'stone', '--at', '91,0'], '--at'],
    [['export', '--where', 'stone', '--to', '/nowhere', '--quality', ''], '--quality'],
    [['export', '--where', 'stone', '--to', '/nowhere', '--size', ''], '--size'],
    [['export', '--where', 'stone', '--to', ''], '--to'],
    [['steps', '--limit', ''], '--limit'],
    [['share', 'stop', 'Trip', '--grace', ''], '--grace'],
    [['share', 'link', 'Trip', '--new', '--uses', ''], '--uses'],
  ])('%j is refused by the name of its option: an empty text is no 0', async (words, option) => {
    const before = (await run('list', 'photos')).records;
    expect(await run(...words)).toMatchObject({ code: 2, err: expect.stringContaining(option), records: [] });
    expect((await run('list', 'photos')).records).toEqual(before);
  });

  it('the help of a command says what its search takes and what becomes of unknown ids', async () => {
    const helpOf = async (...words: string[]) => (await typed(home, ...words, '--help')).out;
    for (const words of [['trash'], ['export'], ['album', 'add'], ['album', 'create']]) {
      const help = await helpOf(...words);
      expect(help).toMatch(/hidden/u);
      expect(help).toMatch(/not known/u);
    }
    expect(await helpOf('hide')).toMatch(/--off.*hidden photos alone/u);
    expect(await helpOf('untrash')).toMatch(/in the trash/u);
  });
});
