import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliCommands } from '../../electron/cli/registry.ts';
import { runCommandLine } from '../../electron/cli/runCommand.ts';
import { jsonLines } from '../helpers/program.ts';

/** A person who organises from a terminal; every command opens the library anew, so each finds what the last one left. */
describe('organising from a terminal', () => {
  let home: string;
  let library: string;
  const run = async (...args: string[]) => {
    const written = { out: '', err: '' };
    const code = await runCommandLine([...args, '--library', library, '--json'], {
      commands: cliCommands,
      env: { HOME: home, XDG_CONFIG_HOME: join(home, '.config') },
      version: '0.0.0',
      signal: new AbortController().signal,
      now: Date.now,
      streams: { out: (text) => (written.out += text), err: (text) => (written.err += text), errIsTerminal: false },
    });
    return { code, err: written.err, records: jsonLines(written.out) };
  };

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'shoebox-cli-organise-'));
    library = join(home, 'library');
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
    expect(await run('rate', '--where', 'wave', '--stars', '7')).toMatchObject({
      code: 2,
      err: expect.stringContaining('from 0 to 5'),
    });
    expect(await run('album', 'add', 'Nowhere', '--where', 'wave')).toMatchObject({
      code: 2,
      err: expect.stringContaining('There is no album “Nowhere”'),
    });
  });
});
