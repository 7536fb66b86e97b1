import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron } from '@playwright/test';
import type { ElectronApplication, Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findElectron, windowObstacle } from '../../build/electronBinary.ts';

const root = join(import.meta.dirname, '..', '..');
const electron = findElectron(root);
const possible =
  electron !== undefined && windowObstacle(process.platform, process.env, process.getuid?.()) === undefined;

/** The built app (`npm run build`) in a real Electron window. */
describe.runIf(possible)('in Electron (needs its binary, a desktop, and not to be root)', () => {
  let home: string;
  let app: ElectronApplication;
  let page: Page;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'shoebox-electron-'));
    app = await _electron.launch({
      ...(electron === undefined ? {} : { executablePath: electron }),
      args: [root, `--user-data-dir=${join(home, 'data')}`, `--library=${join(home, 'library')}`],
    });
    page = await app.firstWindow();
    await page.waitForLoadState('domcontentloaded');
  });
  afterAll(async () => {
    await app.close();
    rmSync(home, { recursive: true, force: true });
  });

  it('the page comes from app: and reaches the core', async () => {
    expect(page.url()).toBe('app://shoebox/');
    await page.getByRole('navigation').first().waitFor();
  });

  it('the page has no Node and no Electron', async () => {
    const found = await page.evaluate(() =>
      ['require', 'process', 'module', 'ipcRenderer', 'electron'].filter((name) => name in window),
    );
    expect(found).toEqual([]);
  });

  it('the page can neither leave, nor open a window, nor reach the network', async () => {
    const outcome = await page.evaluate(async () => {
      const opened = window.open('https://example.com/');
      const fetched = await fetch('https://example.com/').then(
        () => 'reached',
        () => 'refused',
      );
      return { opened: opened === null, fetched };
    });
    expect(outcome).toEqual({ opened: true, fetched: 'refused' });
    await page.evaluate(() => {
      window.location.href = 'https://example.com/';
    });
    expect(page.url()).toBe('app://shoebox/');
  });
});
