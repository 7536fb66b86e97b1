import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as base } from '@playwright/test';
import type { Locator, Page } from '@playwright/test';
import { startHeadless } from '../helpers/program.ts';
import type { Headless } from '../helpers/program.ts';
import { freshStartURL } from '../helpers/startAddress.ts';

/** A real browser shell on a library of its own, and a folder for photos. */
export type RunningApp = {
  readonly folder: string;
  readonly photos: string;
  /** Opens the app in a page and waits for its window. */
  readonly open: (page: Page) => Promise<void>;
  /** Ends the shell and starts it again on the same library, at any port or at a certain one. */
  readonly restart: (port?: number) => Promise<void>;
  /** Ends the shell, so that the window finds nobody answering. */
  readonly stop: () => Promise<void>;
};

type Fixtures = { readonly watchConsole: void; readonly app: RunningApp };
type WorkerFixtures = { readonly apps: { readonly of: (file: string) => Promise<RunningApp> } };

/**
 * What the browser itself writes when something is not there: a picture not made yet (its tile shows a placeholder, which
 * the tests look at), and a shell that a test has stopped.
 */
const expected = /^(Failed to load resource|WebSocket connection to)/u;

/** Starts a shell on a new library in a folder of its own. */
async function startApp(): Promise<{ readonly app: RunningApp; readonly dispose: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'shoebox-e2e-'));
  const library = join(folder, 'library');
  let shell: Headless | null = await startHeadless(folder, library);
  const startURL = async (): Promise<string> => {
    shell ??= await startHeadless(folder, library);
    return freshStartURL(library);
  };
  const stop = async (): Promise<void> => {
    await shell?.stop();
    shell = null;
  };
  return {
    app: {
      folder,
      photos: join(folder, 'photos'),
      open: async (page) => {
        await page.goto(await startURL());
        await page.locator('.window').waitFor();
      },
      stop,
      restart: async (port) => {
        await stop();
        shell = await startHeadless(folder, library, port);
      },
    },
    dispose: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Tests of one file share one app, in order: the library is what the test before left. The next file gets an app of its
 * own, whichever worker runs it. Whatever the page writes to its console as an error fails the test, a refused style or
 * script included.
 */
export const test = base.extend<Fixtures, WorkerFixtures>({
  apps: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names of the fixtures from this pattern
    async ({}, use) => {
      let current: { readonly file: string; readonly running: Awaited<ReturnType<typeof startApp>> } | undefined;
      await use({
        of: async (file) => {
          if (current?.file !== file) {
            await current?.running.dispose();
            current = { file, running: await startApp() };
          }
          return current.running.app;
        },
      });
      await current?.running.dispose();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  app: [
    async ({ apps }, use, { file }) => {
      await use(await apps.of(file));
    },
    { timeout: 120_000 },
  ],
  watchConsole: [
    async ({ page }, use) => {
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error' && !expected.test(message.text())) errors.push(message.text());
      });
      await use();
      expect(errors, 'errors in the page’s console').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/**
 * No dialog or menu holds the keyboard any more. What a dialog changes shows behind it a moment before it closes, and a key
 * pressed in that moment is the dialog's.
 */
export async function keyboardFree(page: Page): Promise<void> {
  await expect(page.locator('[role="dialog"], [role="alertdialog"], [role="menu"]')).toHaveCount(0);
}

/** The list of photos that is shown. */
export const grid = (page: Page): Locator => page.getByRole('grid');
export const tiles = (page: Page): Locator => grid(page).getByRole('gridcell');
export const tile = (page: Page, name: string): Locator =>
  grid(page).getByRole('gridcell', { name: new RegExp(`^${name}`, 'u') });
export const selected = (page: Page): Locator => grid(page).locator('[role="gridcell"][aria-selected="true"]');
export const sidebar = (page: Page, name: string): Locator =>
  page
    .getByRole('navigation', { name: 'Places' })
    .getByRole('button', { name: new RegExp(`^${name}( [\\d,]+)?$`, 'u') });
export const album = (page: Page, name: string): Locator =>
  page.getByRole('treegrid', { name: 'Albums' }).getByRole('row', { name: new RegExp(`^${name}`, 'u') });

/**
 * File names or titles of the tiles in order, once there are any and the window knows them: until then a tile is called
 * “Photo”.
 */
export async function tileNames(page: Page): Promise<readonly string[]> {
  await expect(tiles(page).first()).toBeVisible();
  await expect(grid(page).getByRole('gridcell', { name: 'Photo', exact: true })).toHaveCount(0);
  return tiles(page).evaluateAll((cells) =>
    cells.map((cell) => (cell.getAttribute('aria-label') ?? '').split(',')[0] ?? ''),
  );
}

/** Goes through the first run to an empty library. */
export async function startEmpty(page: Page): Promise<void> {
  await page
    .getByRole('dialog', { name: 'Welcome to Shoebox' })
    .getByRole('button', { name: 'Start with an empty library' })
    .click();
}

/** Names a folder in the open list of folders and adds it, once the list has come: it writes into the field as well. */
export async function fillFolder(page: Page, path: string, how: 'watch' | 'copy' = 'watch'): Promise<void> {
  const name = how === 'watch' ? 'Add a Folder' : 'Copy Photos into the Library';
  const dialog = page.getByRole('dialog', { name });
  const field = dialog.getByRole('textbox', { name: 'Folder' });
  await expect(field).not.toHaveValue('');
  await field.fill(path);
  await dialog.getByRole('button', { name: how === 'watch' ? 'Add Folder' : 'Copy Photos' }).click();
}

/** Adds a folder through the window and waits until so many photos are listed and their pictures are shown. */
export async function addFolder(page: Page, path: string, count: number): Promise<void> {
  await page.keyboard.press('Control+Shift+O');
  await fillFolder(page, path);
  await expect(page.locator('.toolbar__count')).toHaveText(`${count.toLocaleString('en-US')} photos`, {
    timeout: 60_000,
  });
  await expect(grid(page).locator('img[data-shown]').first()).toBeVisible({ timeout: 30_000 });
}

/** Opens the app with a new library and takes a folder in, to its end. */
export async function takeIn(page: Page, app: RunningApp, count: number): Promise<void> {
  await app.open(page);
  await startEmpty(page);
  await addFolder(page, app.photos, count);
  await expect(page.getByRole('group', { name: 'Import progress' })).toHaveCount(0, { timeout: 60_000 });
}
