import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserWindow } from 'electron';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openWindow } from '../../electron/desktop/window.ts';
import { quietWindow } from '../helpers/quietWindow.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shoebox-window-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A window whose page wants to keep it open, as one with unsaved edits does. */
async function openWith(mayDiscard: boolean) {
  const webContents = new EventEmitter();
  const asked: unknown[] = [];
  let kept = 0;
  const window = Object.assign(new EventEmitter(), { webContents, loadURL: () => Promise.resolve() });
  await openWindow({
    create: () => window as unknown as BrowserWindow,
    ...quietWindow(folder),
    mayDiscard: (of) => {
      asked.push(of);
      return mayDiscard;
    },
    kept: () => (kept += 1),
  });
  let allowed = false;
  webContents.emit('will-prevent-unload', { preventDefault: () => (allowed = true) });
  expect(asked).toEqual([window]);
  return { allowed, kept };
}

test('a window whose page holds unsaved edits asks, and closes only when they may be lost', async () => {
  expect(await openWith(true)).toEqual({ allowed: true, kept: 0 });
  expect(await openWith(false)).toEqual({ allowed: false, kept: 1 });
});

test('a window whose place cannot be written down, the disk being full, closes all the same', async () => {
  const window = Object.assign(new EventEmitter(), {
    webContents: new EventEmitter(),
    loadURL: () => Promise.resolve(),
    getNormalBounds: () => ({ x: 0, y: 0, width: 1280, height: 840 }),
    isMaximized: () => false,
    isFullScreen: () => false,
  });
  const logged: unknown[] = [];
  await openWindow(
    {
      create: () => window as unknown as BrowserWindow,
      ...quietWindow(join(folder, 'nowhere')),
    },
    (error) => logged.push(error),
  );
  expect(() => window.emit('close')).not.toThrow();
  expect(logged).toEqual([expect.objectContaining({ code: 'ENOENT' })]);
});

/** A window that is opened as it was left, with what Electron was told of it. */
async function openLeft(platform: NodeJS.Platform, deps: { openAgain?: () => boolean; now?: () => number } = {}) {
  const told: unknown[] = [];
  const note =
    (what: string) =>
    (...values: unknown[]): void =>
      void told.push([what, ...values]);
  const webContents = Object.assign(new EventEmitter(), { reload: note('reload') });
  const window = Object.assign(new EventEmitter(), {
    webContents,
    loadURL: () => Promise.resolve(),
    setFullScreen: note('setFullScreen'),
    destroy: note('destroy'),
    getNormalBounds: () => ({ x: 0, y: 0, width: 1280, height: 840 }),
    isMaximized: () => false,
    isFullScreen: () => true,
  });
  await openWindow({
    create: () => window as unknown as BrowserWindow,
    ...quietWindow(folder),
    displays: () => [{ x: 0, y: 0, width: 1920, height: 1080 }],
    platform,
    popUp: (items) => note('popUp')(items.map(({ role }) => role)),
    ...deps,
  });
  return { window, webContents, told };
}

test('only macOS opens a window full screen again: elsewhere nothing could leave it', async () => {
  for (const [platform, expected] of [
    ['win32', []],
    ['linux', []],
    ['darwin', [['setFullScreen', true]]],
  ] as const) {
    (await openLeft(platform)).window.emit('close');
    expect((await openLeft(platform)).told).toEqual(expected);
  }
});

test('a page that dies is opened again, and asked about when it does so soon after', async () => {
  let now = 1_000;
  let again = true;
  const { webContents, told } = await openLeft('linux', { openAgain: () => again, now: () => now });
  const die = (reason: string) => webContents.emit('render-process-gone', {}, { reason });
  die('clean-exit');
  expect(told).toEqual([]);
  die('crashed');
  now += 120_000;
  die('oom');
  now += 1_000;
  die('crashed');
  expect(told).toEqual([['reload'], ['reload'], ['reload']]);
  again = false;
  now += 1_000;
  die('crashed');
  expect(told.at(-1)).toEqual(['destroy']);
});

test('the other button offers what can be done with text, and nothing elsewhere', async () => {
  const { webContents, told } = await openLeft('linux');
  const editFlags = { canCut: true, canCopy: true, canPaste: true, canSelectAll: true };
  for (const [isEditable, selectionText] of [
    [true, ''],
    [false, 'a link'],
    [false, ''],
  ])
    webContents.emit('context-menu', {}, { isEditable, selectionText, editFlags });
  expect(told).toEqual([
    ['popUp', ['cut', 'copy', 'paste', undefined, 'selectAll']],
    ['popUp', ['copy']],
  ]);
});
