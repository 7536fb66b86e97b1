import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserWindow } from 'electron';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openWindow } from '../../electron/desktop/window.ts';

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
    displays: () => [],
    statePath: join(folder, 'window.json'),
    preload: 'preload.cjs',
    pageURL: 'app://shoebox/',
    devTools: false,
    dark: false,
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
      displays: () => [],
      statePath: join(folder, 'nowhere', 'window.json'),
      preload: 'preload.cjs',
      pageURL: 'app://shoebox/',
      devTools: false,
      dark: false,
      mayDiscard: () => true,
      kept: () => undefined,
    },
    (error) => logged.push(error),
  );
  expect(() => window.emit('close')).not.toThrow();
  expect(logged).toEqual([expect.objectContaining({ code: 'ENOENT' })]);
});
