import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { App, BrowserWindow } from 'electron';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEnding } from '../../electron/desktop/ending.ts';
import { openWindow } from '../../electron/desktop/window.ts';
import { quietWindow } from '../helpers/quietWindow.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shoebox-ending-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Options = {
  /** Whether the page holds unsaved edits. */
  readonly unsaved?: boolean;
  /** What the person answers each time they are asked whether to lose them. */
  readonly discard?: readonly boolean[];
  readonly env?: Readonly<Record<string, string>>;
  readonly remember?: () => void;
  readonly dispose?: () => void;
};

/**
 * A program with one window in an Electron that quits in Electron's own order: before-quit, then every window is asked,
 * then, when none is left, will-quit, then the end. What happens is written down.
 */
async function run({ unsaved = false, discard = [], env = {}, remember, dispose }: Options = {}) {
  const log: string[] = [];
  const answers = [...discard];
  const emitter = new EventEmitter();
  let windowOpen = true;
  const emit = (name: string): boolean => {
    let prevented = false;
    log.push(name);
    emitter.emit(name, { preventDefault: () => (prevented = true) });
    return prevented;
  };
  const webContents = new EventEmitter();
  const window = Object.assign(new EventEmitter(), {
    webContents,
    loadURL: () => Promise.resolve(),
    getNormalBounds: () => ({ x: 0, y: 0, width: 800, height: 600 }),
    isMaximized: () => false,
    isFullScreen: () => false,
  });
  const closes = (): boolean => {
    window.emit('close');
    let allowed = !unsaved;
    if (unsaved) webContents.emit('will-prevent-unload', { preventDefault: () => (allowed = true) });
    if (allowed) log.push('window closed');
    return allowed;
  };
  const quit = (): void => {
    if (emit('before-quit')) return;
    if (windowOpen && !closes()) return;
    windowOpen = false;
    if (!emit('will-quit')) log.push('ended');
  };
  const app = {
    on: emitter.on.bind(emitter),
    quit,
    relaunch: (options: { execPath?: string; args?: string[] }) =>
      void log.push(`relaunch ${options.execPath} ${options.args?.join(' ')}`),
  } as unknown as App;

  const ending = createEnding({
    app,
    dispose: async () => {
      log.push('disposing');
      await turn();
      dispose?.();
      log.push('disposed');
    },
    remember: (directory) => {
      remember?.();
      log.push(`remember ${directory}`);
    },
    argv: ['/mount/shoebox', '--library=/old', '--no-sandbox'],
    env,
    execPath: '/mount/shoebox',
    explain: (error) => void log.push(`explain ${String(error)}`),
    log: (error) => void log.push(`log ${String(error)}`),
  });
  await openWindow({
    create: () => window as unknown as BrowserWindow,
    ...quietWindow(folder),
    mayDiscard: () => answers.shift() ?? false,
    kept: ending.kept,
  });
  /** Everything the quit sets off has happened: disposal takes one turn, a restart begins in the next one. */
  const settled = async (): Promise<void> => {
    for (let turns = 0; turns < 5; turns++) await turn();
  };
  return { app, ending, log, settled };
}

describe('the end of the program', () => {
  it('closes the library after the window, and only then ends', async () => {
    const { app, ending, log, settled } = await run();
    app.quit();
    expect(ending.begun()).toBe(true);
    await settled();
    expect(log).toEqual([
      'before-quit',
      'window closed',
      'will-quit',
      'disposing',
      'disposed',
      'before-quit',
      'will-quit',
      'ended',
    ]);
  });

  it('leaves the library open behind a page that keeps its window', async () => {
    const { app, ending, log, settled } = await run({ unsaved: true, discard: [false, true] });
    app.quit();
    await settled();
    expect([log, ending.begun()]).toEqual([['before-quit'], false]);
    app.quit();
    await settled();
    expect(log.slice(1, 5)).toEqual(['before-quit', 'window closed', 'will-quit', 'disposing']);
    expect(log.at(-1)).toBe('ended');
  });

  it('waits for the library when it is asked to end a second time, and closes it once', async () => {
    const { app, log, settled } = await run();
    app.quit();
    app.quit();
    expect(log).not.toContain('ended');
    await settled();
    expect(log.filter((line) => line === 'disposing' || line === 'ended')).toEqual(['disposing', 'ended']);
    expect(log.indexOf('ended')).toBeGreaterThan(log.indexOf('disposed'));
  });

  it('comes although the library could not be closed', async () => {
    const { app, log, settled } = await run({
      dispose: () => {
        throw new Error('The disk is gone.');
      },
    });
    app.quit();
    await settled();
    expect(log.slice(-4)).toEqual(['log Error: The disk is gone.', 'before-quit', 'will-quit', 'ended']);
  });
});

describe('starting again with another library', () => {
  it('is arranged once no window is left', async () => {
    const { ending, log, settled } = await run();
    ending.restartWith('/new');
    expect(log).toEqual([]);
    await settled();
    expect(log.slice(0, 6)).toEqual([
      'before-quit',
      'window closed',
      'will-quit',
      'remember /new',
      'relaunch /mount/shoebox --no-sandbox',
      'disposing',
    ]);
    expect(log.filter((line) => line.startsWith('relaunch'))).toHaveLength(1);
    expect(log.at(-1)).toBe('ended');
  });

  it('is forgotten when a page keeps its window: neither then nor at a later quit does it happen', async () => {
    const { app, ending, log, settled } = await run({ unsaved: true, discard: [false, true] });
    ending.restartWith('/new');
    await settled();
    expect(log).toEqual(['before-quit']);
    app.quit();
    await settled();
    expect(log.at(-1)).toBe('ended');
    expect(log.filter((line) => /^(?:remember|relaunch)/u.test(line))).toEqual([]);
  });

  it('starts the AppImage itself, whose mount goes away with it', async () => {
    const { ending, log, settled } = await run({ env: { APPIMAGE: '/home/ana/Shoebox.AppImage' } });
    ending.restartWith('/new');
    await settled();
    expect(log).toContain('relaunch /home/ana/Shoebox.AppImage --no-sandbox');
  });

  it('says so when the choice cannot be written down, and ends all the same', async () => {
    const { ending, log, settled } = await run({
      remember: () => {
        throw new Error('The disk is full.');
      },
    });
    ending.restartWith('/new');
    await settled();
    expect(log).toContain('explain Error: The disk is full.');
    expect(log.filter((line) => line.startsWith('relaunch'))).toEqual([]);
    expect(log.at(-1)).toBe('ended');
  });
});
