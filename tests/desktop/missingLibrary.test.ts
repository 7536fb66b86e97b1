import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageBoxOptions } from 'electron';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLibraryChoice } from '../../electron/desktop/libraryChoice.ts';
import { libraryToOpen, openWanted } from '../../electron/desktop/missingLibrary.ts';

let base: string;
let disk: string;
let library: string;
const usual = '/home/ana/Pictures/Shoebox';
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'shoebox-missing-'));
  disk = join(base, 'disk');
  library = join(disk, 'Shoebox');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const choiceFile = () => join(base, 'library.json');

/** A start of the program; `answer` is the number of the button pressed when it asks. */
async function start(wanted: string, answer = 1) {
  const asked: MessageBoxOptions[] = [];
  const opens = await libraryToOpen(wanted, openLibraryChoice(choiceFile()), usual, (options) => {
    asked.push(options);
    return Promise.resolve(answer);
  });
  return { opens, asked };
}

/** Chooses the library and opens it, as the first start after the choice does. */
function chooseAndOpen(): void {
  openLibraryChoice(choiceFile()).remember(library);
  mkdirSync(library, { recursive: true });
  writeFileSync(join(library, 'library.sqlite'), '');
  openLibraryChoice(choiceFile()).markOpened((error) => {
    throw error;
  });
}

describe('a remembered library', () => {
  it('opens without a question while it is there', async () => {
    chooseAndOpen();
    expect(await start(library)).toEqual({ opens: library, asked: [] });
  });

  it.each([
    ['whose disk is not mounted', () => rmSync(disk, { recursive: true })],
    ['whose disk left an empty place to mount it', () => rmSync(join(library, 'library.sqlite'))],
  ])('%s is asked about by its path, and not made anew', async (_what, takeAway) => {
    chooseAndOpen();
    takeAway();
    const before = existsSync(library);
    const { opens, asked } = await start(library);
    expect(opens).toBeUndefined();
    expect(asked).toMatchObject([
      { message: `Your library is not at ${library} now.`, buttons: ['Open the Usual Library', 'Quit'], cancelId: 1 },
    ]);
    expect(asked[0]?.detail).toContain(usual);
    expect(existsSync(library)).toBe(before);
  });

  it('that is missing gives way to the usual one for this start, and opens again when it is back', async () => {
    chooseAndOpen();
    rmSync(disk, { recursive: true });
    expect((await start(library, 0)).opens).toBe(usual);
    chooseAndOpen();
    expect(await start(library)).toEqual({ opens: library, asked: [] });
  });

  it('that was just chosen may be an empty folder, but must be there', async () => {
    openLibraryChoice(choiceFile()).remember(library);
    mkdirSync(library, { recursive: true });
    expect(await start(library)).toEqual({ opens: library, asked: [] });
    rmSync(disk, { recursive: true });
    expect((await start(library)).asked).toHaveLength(1);
  });

  it('opens although nobody can write down that it did', () => {
    openLibraryChoice(choiceFile()).remember(library);
    const choice = openLibraryChoice(choiceFile());
    mkdirSync(`${choiceFile()}.tmp`);
    const logged: unknown[] = [];
    choice.markOpened((error) => logged.push(error));
    expect(logged).toMatchObject([{ code: 'EISDIR' }]);
    expect(openLibraryChoice(choiceFile())).toMatchObject({ directory: library, opened: false });
  });

  it('that an earlier version wrote down counts as opened', async () => {
    writeFileSync(choiceFile(), JSON.stringify({ directory: library }));
    mkdirSync(library, { recursive: true });
    expect((await start(library)).asked).toHaveLength(1);
  });

  it('does not matter to a start that names another one', async () => {
    chooseAndOpen();
    rmSync(disk, { recursive: true });
    const named = join(base, 'named');
    expect(await start(named)).toEqual({ opens: named, asked: [] });
  });
});

it('a usual library that is not there yet is made without a question', async () => {
  expect(await start(join(base, 'Pictures'))).toEqual({ opens: join(base, 'Pictures'), asked: [] });
});

describe('a remembered library that does not open', () => {
  /** `opens` says which folders hold a library that can be opened. */
  async function startWith(wanted: string, answer: number, opens: (directory: string) => boolean) {
    const asked: MessageBoxOptions[] = [];
    const tried: string[] = [];
    const found = await openWanted(
      wanted,
      openLibraryChoice(choiceFile()),
      usual,
      (options) => {
        asked.push(options);
        return Promise.resolve(answer);
      },
      (directory) => {
        tried.push(directory);
        return opens(directory)
          ? Promise.resolve(`library in ${directory}`)
          : Promise.reject(new Error('This library is open in another program.'));
      },
    );
    return { found, asked, tried };
  }

  it('is asked about with the reason, and the usual one opens instead', async () => {
    chooseAndOpen();
    const { found, asked, tried } = await startWith(library, 0, (directory) => directory === usual);
    expect(asked).toMatchObject([{ message: 'This library is open in another program.', cancelId: 1 }]);
    expect(asked[0]?.detail).toContain(library);
    expect(tried).toEqual([library, usual]);
    expect(found).toEqual({ directory: usual, opened: `library in ${usual}` });
    expect(openLibraryChoice(choiceFile()).directory).toBe(library);
  });

  it('that was only just chosen is asked about as well', async () => {
    openLibraryChoice(choiceFile()).remember(library);
    mkdirSync(library, { recursive: true });
    const { found, asked } = await startWith(library, 1, () => false);
    expect([found, asked.length]).toEqual([undefined, 1]);
  });

  it('ends the start with the reason when the usual one does not open either, or another was named', async () => {
    chooseAndOpen();
    await expect(startWith(library, 0, () => false)).rejects.toThrow('open in another program');
    await expect(startWith(join(base, 'named'), 0, () => false)).rejects.toThrow('open in another program');
  });

  it('opens without a question when it can be opened', async () => {
    chooseAndOpen();
    expect(await startWith(library, 1, () => true)).toEqual({
      found: { directory: library, opened: `library in ${library}` },
      asked: [],
      tried: [library],
    });
  });
});
