import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { age } from '../helpers/photos.ts';
import { writeManyScenes, writeScene } from '../helpers/scenes.ts';
import { expect, fillFolder, sidebar, startEmpty, test, tile, tiles } from './app.ts';

/* Taking photos in is never in the way: it can be paused, resumed and cancelled, and says what it did not take. */

test.describe.configure({ mode: 'serial' });

const chip = (page: Page): Locator => page.getByRole('group', { name: 'Import progress' });

const uploadChip = (page: Page): Locator => page.getByRole('group', { name: 'Upload progress' });

/** Drops a photo under several names, as a browser does that does not tell where the files lie. */
async function dropFiles(page: Page, photo: string, names: readonly string[]): Promise<void> {
  await page.evaluate(
    ({ bytes, named }) => {
      const transfer = new DataTransfer();
      for (const name of named) {
        const type = 'image/jpeg';
        transfer.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name, { type }));
      }
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
    },
    { bytes: readFileSync(photo).toString('base64'), named: names },
  );
}

async function add(page: Page, folder: string): Promise<void> {
  await page.keyboard.press('Control+Shift+O');
  await fillFolder(page, folder);
}

test('an import is paused and resumed by mouse, and ends with every photo and a report of what it could not take', async ({
  page,
  app,
}) => {
  await writeManyScenes(app.photos, 300);
  const broken = join(app.photos, 'broken.jpg');
  writeFileSync(broken, Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(2_000, 7)]));
  age(broken);
  await app.open(page);
  await startEmpty(page);
  await add(page, app.photos);
  await chip(page).getByRole('button', { name: 'Pause import' }).click();
  await expect(chip(page).getByRole('status')).toContainText('Paused');
  const paused = await chip(page).getByRole('progressbar').getAttribute('aria-valuenow');
  // Whatever was under way ends; then nothing moves until the person says so.
  await expect(chip(page).getByRole('button', { name: 'Resume import' })).toBeVisible();
  expect(Number(paused)).toBeLessThan(100);
  await chip(page).getByRole('button', { name: 'Resume import' }).click();
  await expect(chip(page)).toHaveCount(0, { timeout: 120_000 });
  await expect(page.locator('.toolbar__count')).toHaveText(/^30[01] photos$/u);
  // It ends with what it did not take, and the way to read why.
  await page
    .getByRole('alert')
    .filter({ hasText: /^\d+ taken, 1 not taken/u })
    .getByRole('button', { name: 'Show' })
    .click();
  await expect(page.getByRole('list', { name: 'Imports' }).locator('[aria-current]')).toContainText('1 failed');
  await expect(page.getByRole('list', { name: 'Files that were not taken' })).toContainText('broken.jpg');
});

test('a folder that is not there is named in the sheet, which stays until it is corrected', async ({ page, app }) => {
  await app.open(page);
  await page.keyboard.press('Control+Shift+I');
  await fillFolder(page, join(app.folder, 'nowhere'), 'copy');
  const sheet = page.getByRole('dialog', { name: 'Copy Photos into the Library' });
  await expect(
    sheet.getByRole('alert').filter({ hasText: `There is no file or folder at ${join(app.folder, 'nowhere')}` }),
  ).toBeVisible();
  await sheet.getByRole('button', { name: 'Cancel' }).click();
  await expect(sheet).toHaveCount(0);
});

test('an import is paused, resumed and cancelled by keyboard; what was taken stays and the report says so', async ({
  page,
  app,
}) => {
  const more = join(app.folder, 'more');
  mkdirSync(more);
  // Other times of capture: other bytes.
  await writeManyScenes(more, 500, 1_000);
  await app.open(page);
  await expect(tiles(page).first()).toBeVisible();
  // Copied in this time; the test above watches its folder.
  await page.keyboard.press('Control+Shift+I');
  await fillFolder(page, more, 'copy');
  const button = (name: string): Locator => chip(page).getByRole('button', { name });
  await button('Pause import').focus();
  await page.keyboard.press('Enter');
  await expect(chip(page).getByRole('status')).toContainText('Paused');
  await button('Resume import').focus();
  await page.keyboard.press('Enter');
  await expect(button('Pause import')).toBeVisible();
  await button('Cancel import').focus();
  await page.keyboard.press('Enter');
  await expect(chip(page)).toHaveCount(0);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('import report');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('list', { name: 'Imports' }).getByRole('listitem').first()).toContainText('Cancelled');
  await page.keyboard.press('Control+1');
  await expect(tiles(page).first()).toBeVisible();
});

test('a window whose shell was started anew says so, and goes on once the new address was opened', async ({
  page,
  app,
  context,
}) => {
  await app.open(page);
  await expect(tiles(page).first()).toBeVisible();
  const port = Number(new URL(page.url()).port);
  await app.stop();
  const strip = page.getByRole('alert');
  await expect(strip).toContainText('Shoebox is not answering');
  await app.restart(port);
  await expect(strip).toContainText('Open the address that it printed');
  await expect(tiles(page).first()).toBeVisible();

  const second = await context.newPage();
  await app.open(second);
  await expect(strip).toHaveCount(0);
  // What happens from now on is seen again.
  await tiles(second).first().click();
  await second.keyboard.press('f');
  await expect(tiles(page).first()).toHaveAccessibleName(/favourite/u);
});

test('a screen that could not be fetched says so, and is there at another try', async ({ page, app }) => {
  await page.route(/MapScreen-[^/]*\.js$/u, (route) => route.abort());
  await app.open(page);
  await expect(tiles(page).first()).toBeVisible();
  await sidebar(page, 'Map').click();
  const trouble = page.getByRole('main').getByRole('alert');
  await expect(trouble).toContainText('This could not be read');
  await page.unroute(/MapScreen-[^/]*\.js$/u);
  await trouble.getByRole('button', { name: 'Try Again' }).click();
  await expect(page.getByText('No photos with a place')).toBeVisible();
});

test('dropped files go up one by one, and one that fails is named while the others are taken', async ({
  page,
  app,
}) => {
  await writeScene(app.folder, 'dropped.jpg', 4_711, { takenAt: '2031:01:01 12:00:00' });
  await app.open(page);
  await expect(tiles(page).first()).toBeVisible();
  const { promise: goOn, resolve: letGo } = Promise.withResolvers<void>();
  await page.route('**/upload/*/refused.jpg', async (route) => {
    await goOn;
    await route.fulfill({ status: 400, json: { code: 'invalidInput', message: 'It cannot be kept.' } });
  });
  await dropFiles(page, join(app.folder, 'dropped.jpg'), ['refused.jpg', 'welcome.jpg']);
  await expect(uploadChip(page).getByRole('status')).toHaveText('Uploading 0 of 2');
  letGo();
  await expect(
    page.getByRole('alert').filter({ hasText: '1 file was not taken: refused.jpg. It cannot be kept.' }),
  ).toBeVisible();
  await expect(uploadChip(page)).toHaveCount(0);
  await expect(tile(page, 'welcome.jpg')).toBeVisible();
});

test('an upload is asked about before the page is left, and ends when it is cancelled', async ({ page, app }) => {
  await app.open(page);
  await expect(tile(page, 'welcome.jpg')).toBeVisible();
  const before = await page.locator('.toolbar__count').textContent();
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    void dialog.dismiss();
  });
  const { promise: goOn, resolve: letGo } = Promise.withResolvers<void>();
  await page.route('**/upload/**', async (route) => {
    await goOn;
    await route.abort();
  });
  await dropFiles(page, join(app.folder, 'dropped.jpg'), ['one.jpg', 'two.jpg', 'three.jpg']);
  await expect(uploadChip(page).getByRole('status')).toHaveText('Uploading 0 of 3');
  await tiles(page).first().click();
  await page.evaluate(() => window.location.reload());
  await expect.poll(() => asked).toEqual(['beforeunload']);
  await expect(uploadChip(page)).toBeVisible();
  await uploadChip(page).getByRole('button', { name: 'Cancel upload' }).click();
  await expect(uploadChip(page)).toHaveCount(0);
  letGo();
  await expect(page.getByRole('alert')).toHaveCount(0);
  // Nothing is on its way any more: the page may go.
  await page.reload();
  await expect(tiles(page).first()).toBeVisible();
  expect(asked).toEqual(['beforeunload']);
  await expect(page.locator('.toolbar__count')).toHaveText(before ?? '');
});
