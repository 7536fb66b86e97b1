import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import type { Browser, Page } from '@playwright/test';
import sharp from 'sharp';
import { browserLaunch } from '../../build/browser.ts';
import { startHeadless } from '../helpers/program.ts';
import { writeTrips } from '../helpers/scenes.ts';
import { arrange, libraryScreens } from './screens/library.ts';
import { openWindow, ownerScreens, participantScreens, setStage } from './screens/sharing.ts';
import { tiles, type Screen } from './screens/screen.ts';

/**
 * `node tests/e2e/screenshots.ts [--to DIR] [--only NAME,…]`: takes docs/screenshots anew, of the real app with drawn
 * photos. Light and dark at 1280×800; the screens that change with space also at 1920×1080.
 */
const { values } = parseArgs({ options: { to: { type: 'string' }, only: { type: 'string' } } });
const to = values.to ?? join(import.meta.dirname, '..', '..', 'docs', 'screenshots');
const only = values.only?.split(',');
const small = { width: 1280, height: 800 };
const large = { width: 1920, height: 1080 };

async function shoot(page: Page, name: string): Promise<void> {
  await page.mouse.move(640, 2);
  // Pictures of what is on screen first, then what fades in over them.
  await page.waitForFunction(() => {
    const shown = [...document.querySelectorAll<HTMLImageElement>('img')];
    return shown.every((image) => image.complete);
  });
  await page.waitForTimeout(350);
  const png = await page.screenshot();
  writeFileSync(join(to, `${name}.webp`), await sharp(png).webp({ quality: 84 }).toBuffer());
}

/** Takes each of these screens in both themes. */
async function shootAll(page: Page, screens: readonly Screen[]): Promise<void> {
  const wanted = screens.filter(({ name }) => only === undefined || only.includes(name));
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    for (const size of [small, large]) {
      const shown = size === large ? wanted.filter((screen) => screen.large === true) : wanted;
      if (shown.length === 0) continue;
      await page.setViewportSize(size);
      await page.reload();
      await page.locator('.window').waitFor();
      for (const screen of shown) {
        await screen.show(page);
        await shoot(page, `${screen.name}-${theme}${size === large ? '-large' : ''}`);
        await screen.leave?.(page);
      }
    }
  }
}

async function newPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: small, locale: 'en-GB' });
  return context.newPage();
}

/** The app of somebody who shares nothing yet, from the first start on. */
async function libraryPictures(browser: Browser): Promise<void> {
  // Drawn before the shell starts: its start address does not wait for long.
  const photos = await writeTrips(join(folder, 'Photos'));
  const shell = await startHeadless(folder, join(folder, 'Pictures'));
  try {
    const page = await newPage(browser);
    await page.goto(shell.startURL);
    await page.getByRole('dialog').waitFor();
    await shoot(page, 'first-run');
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Add Folder/u })
      .click();
    // The list writes its own folder into the field when it comes.
    await page.getByRole('list', { name: 'Folders' }).getByRole('listitem').first().waitFor();
    await page.getByRole('textbox', { name: 'Folder' }).fill(join(folder, 'Photos'));
    await page.getByRole('dialog').getByRole('button', { name: 'Add Folder' }).click();
    await page.getByText(`${photos.length} photos`).waitFor();
    await page.getByRole('group', { name: 'Import progress' }).waitFor({ state: 'detached', timeout: 120_000 });
    await page.reload();
    await tiles(page).first().waitFor();
    await arrange(page);
    await shootAll(page, libraryScreens);
  } finally {
    await shell.stop();
  }
}

/** The app of people who share. */
async function sharingPictures(browser: Browser): Promise<void> {
  const stage = await setStage(join(folder, 'shared'));
  try {
    const [ana, ben] = [await newPage(browser), await newPage(browser)];
    await openWindow(ana, stage.startURLs.ana);
    await shootAll(ana, ownerScreens(stage));
    await openWindow(ben, stage.startURLs.ben);
    await shootAll(ben, participantScreens(stage));
  } finally {
    await stage.stop();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'shoebox-screens-'));
mkdirSync(to, { recursive: true });
const browser = await chromium.launch(browserLaunch(process.env, process.getuid?.()));
try {
  const isWanted = (screens: readonly Screen[]): boolean =>
    only === undefined || screens.some(({ name }) => only.includes(name));
  if (isWanted(libraryScreens)) await libraryPictures(browser);
  if (isWanted([...ownerScreens({ unshared: '' }), ...participantScreens({ link: '', shared: '' })]))
    await sharingPictures(browser);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
