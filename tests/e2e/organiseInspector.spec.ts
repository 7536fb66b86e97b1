import type { Locator, Page } from '@playwright/test';
import { writeTrips } from '../helpers/scenes.ts';
import { expect, keyboardFree, takeIn, test, tile, tileNames, tiles } from './app.ts';

/* What is written in the inspector is neither lost nor written over, and it comes when it is asked for. */

test.describe.configure({ mode: 'serial' });

const inspector = (page: Page): Locator => page.getByRole('complementary', { name: 'Info' });
const field = (page: Page, name: string): Locator => inspector(page).getByRole('textbox', { name });
const viewer = (page: Page): Locator => page.getByRole('region', { name: /^Viewer: /u });
const historyPanel = (page: Page): Locator => page.getByRole('complementary', { name: 'History' });
const infoButton = (page: Page): Locator => page.getByRole('button', { name: 'Info', exact: true });

test('the library for these tests is taken in', async ({ page, app }) => {
  await writeTrips(app.photos, 4);
  await takeIn(page, app, 4);
  await infoButton(page).click();
});

test('a comment begun in the viewer is there again after a look at the next photo', async ({ page, app }) => {
  await app.open(page);
  await tiles(page).nth(0).dblclick();
  await field(page, 'Comment').click();
  await page.keyboard.type('Where was');
  await viewer(page).getByRole('button', { name: 'Next photo' }).click();
  await expect(viewer(page)).toContainText('2 of 4');
  await expect(field(page, 'Comment')).toHaveValue('');
  await viewer(page).getByRole('button', { name: 'Previous photo' }).click();
  await expect(field(page, 'Comment')).toHaveValue('Where was');
  await viewer(page).getByRole('button', { name: 'Close', exact: true }).click();
  await expect(field(page, 'Comment')).toHaveValue('Where was');
  await field(page, 'Comment').fill('');
});

test('a comment whose button is pressed twice is posted once', async ({ page, app }) => {
  await app.open(page);
  await tiles(page).nth(0).click();
  await field(page, 'Comment').fill('Once');
  await inspector(page)
    .getByRole('button', { name: 'Comment', exact: true })
    .evaluate((button: HTMLElement) => {
      button.click();
      button.click();
    });
  await expect(field(page, 'Comment')).toHaveValue('');
  const comments = inspector(page).getByRole('button', { name: 'Edit comment: Once' });
  await expect(comments.first()).toBeVisible();
  // Whatever was posted before this one is in the list with it.
  await field(page, 'Comment').fill('Last');
  await inspector(page).getByRole('button', { name: 'Comment', exact: true }).click();
  await expect(inspector(page).getByRole('button', { name: 'Edit comment: Last' })).toBeVisible();
  await expect(comments).toHaveCount(1);
});

test('a caption that somebody writes is not replaced by what comes from another window', async ({
  page,
  app,
  context,
}) => {
  await app.open(page);
  const [name = ''] = await tileNames(page);
  await tile(page, name).click();
  await field(page, 'Caption').click();
  await page.keyboard.type('Harb');

  const other = await context.newPage();
  await app.open(other);
  await tile(other, name).click();
  await field(other, 'Caption').fill('From the other window');
  await field(other, 'Title').fill('Named there');
  await other.keyboard.press('Enter');

  // The title of the same reading has come.
  await expect(field(page, 'Title')).toHaveValue('Named there');
  await expect(field(page, 'Caption')).toHaveValue('Harb');
  await field(page, 'Caption').press('End');
  await page.keyboard.type('our');
  await inspector(page).getByRole('heading', { name: 'Tags' }).click();
  await expect(field(other, 'Caption')).toHaveValue('Harbour');
  await other.close();
});

test('the Return that ends a conversion of an input method does not leave the title', async ({
  page,
  app,
  context,
}) => {
  await app.open(page);
  await tiles(page).nth(1).click();
  await field(page, 'Title').click();
  const session = await context.newCDPSession(page);
  await session.send('Input.imeSetComposition', { text: 'みなと', selectionStart: 3, selectionEnd: 3 });
  await expect(field(page, 'Title')).toHaveValue('みなと');
  await page.keyboard.press('Enter');
  await expect(field(page, 'Title')).toBeFocused();
  await session.send('Input.insertText', { text: '港' });
  await page.keyboard.press('Enter');
  await expect(field(page, 'Title')).not.toBeFocused();
  await expect(tile(page, '港')).toBeVisible();
});

test('while History is open, Info and Comments… bring the inspector in its place', async ({ page, app }) => {
  await app.open(page);
  await tiles(page).nth(2).click();
  await expect(field(page, 'Comment')).toBeVisible();
  await page.keyboard.press('Control+Shift+h');
  await expect(historyPanel(page)).toBeVisible();
  await expect(infoButton(page)).toHaveAttribute('aria-pressed', 'false');
  await page.keyboard.press('i');
  await expect(historyPanel(page)).toHaveCount(0);
  await expect(field(page, 'Comment')).toBeVisible();
  await expect(infoButton(page)).toHaveAttribute('aria-pressed', 'true');

  await page.keyboard.press('Control+Shift+h');
  await expect(historyPanel(page)).toBeVisible();
  await tiles(page).nth(3).click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^Comments…/u }).click();
  await expect(historyPanel(page)).toHaveCount(0);
  await expect(field(page, 'Comment')).toBeFocused();

  await tiles(page).nth(2).dblclick();
  await expect(viewer(page)).toBeFocused();
  await page.keyboard.press('Control+Shift+h');
  await expect(historyPanel(page)).toBeVisible();
  await viewer(page).getByRole('button', { name: 'Info', exact: true }).click();
  await expect(historyPanel(page)).toHaveCount(0);
  await expect(field(page, 'Comment')).toBeVisible();
});

test('Comments… takes the keyboard to the photo it was asked for, also where another was shown before', async ({
  page,
  app,
}) => {
  await app.open(page);
  await tiles(page).nth(0).click();
  await expect(inspector(page).getByRole('button', { name: 'Edit comment: Last' })).toBeVisible();
  await tiles(page).nth(2).click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^Comments…/u }).click();
  await expect(inspector(page).getByRole('button', { name: 'Edit comment: Last' })).toHaveCount(0);
  await expect(field(page, 'Comment')).toBeFocused();
  await page.keyboard.type('Here');
  await tiles(page).nth(0).click();
  await expect(field(page, 'Comment')).toHaveValue('');
  await tiles(page).nth(2).click();
  await expect(field(page, 'Comment')).toHaveValue('Here');
  await expect(field(page, 'Comment')).not.toBeFocused();

  // The same photo again, by key: its inspector is there already.
  await keyboardFree(page);
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox', { name: 'Command' })).toBeFocused();
  await page.keyboard.type('comments');
  await page.keyboard.press('Enter');
  await expect(field(page, 'Comment')).toBeFocused();
});
