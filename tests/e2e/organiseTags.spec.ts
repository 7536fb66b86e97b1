import type { Locator, Page } from '@playwright/test';
import { writeTrips } from '../helpers/scenes.ts';
import { expect, grid, keyboardFree, sidebar, takeIn, test, tile, tiles } from './app.ts';

/* Tags, ratings, favourites and hiding: once by mouse and once by keyboard alone. */

test.describe.configure({ mode: 'serial' });

const toast = (page: Page): Locator => page.locator('.toast').last();
const inspector = (page: Page): Locator => page.getByRole('complementary', { name: 'Info' });
const row = (page: Page, name: string): Locator => page.getByRole('listitem').filter({ hasText: name });
const item = (page: Page, name: string): Locator => page.getByRole('menuitem', { name: new RegExp(`^${name}`, 'u') });

async function select(page: Page, from: number, until: number): Promise<void> {
  await tiles(page).nth(from).click();
  await tiles(page)
    .nth(until)
    .click({ modifiers: ['Shift'] });
}

test('the library for these tests is taken in', async ({ page, app }) => {
  await writeTrips(app.photos, 10);
  await takeIn(page, app, 10);
});

test('by mouse: a tag is made, coloured, given to many, completed for all, taken off, merged and deleted', async ({
  page,
  app,
}) => {
  await app.open(page);
  await sidebar(page, 'Tags').click();
  for (const name of ['Coast', 'Shore']) {
    await page.getByRole('button', { name: 'New Tag' }).first().click();
    await page.getByRole('textbox', { name: 'Name' }).fill(name);
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
    await expect(row(page, name)).toContainText('0 photos');
  }
  await row(page, 'Coast').getByRole('button', { name: 'Colour' }).click();
  await page.getByRole('button', { name: 'Teal' }).click();
  await expect(row(page, 'Coast').locator('.tag-dot')).toHaveCSS('background-color', 'rgb(42, 157, 157)');

  await sidebar(page, 'Library').click();
  await page.getByRole('button', { name: 'Info', exact: true }).click();
  await select(page, 0, 1);
  const field = inspector(page).getByRole('combobox', { name: 'Add a tag' });
  // What is shown of the two selected photos may arrive after the first click, and takes the open list with it.
  await expect(async () => {
    await field.click();
    await expect(page.getByRole('option', { name: 'Coast' })).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await page.getByRole('option', { name: 'Coast' }).click();
  await expect(inspector(page).locator('.chip')).toContainText(['Coast']);
  await select(page, 0, 3);
  await expect(inspector(page).locator('.chip[data-partial]')).toContainText('Coast');
  await inspector(page).getByRole('button', { name: 'Add Coast to all' }).click();
  await expect(inspector(page).locator('.chip[data-partial]')).toHaveCount(0);
  await field.fill('Sh');
  await page.getByRole('option', { name: 'Shore' }).click();
  await select(page, 0, 0);
  await inspector(page).getByRole('button', { name: 'Remove Shore' }).click();
  await expect(inspector(page).locator('.chip')).toHaveText([/Coast/u]);

  await sidebar(page, 'Tags').click();
  await expect(row(page, 'Coast')).toContainText('4 photos');
  await expect(row(page, 'Shore')).toContainText('3 photos');
  await row(page, 'Shore').getByRole('button', { name: 'Rename Tag' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Coast');
  await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
  await expect(toast(page)).toContainText('Merged into “Coast”');
  await expect(row(page, 'Shore')).toHaveCount(0);
  await expect(row(page, 'Coast')).toContainText('4 photos');
  await row(page, 'Coast').getByRole('button', { name: 'Delete tag' }).click();
  await expect(page.getByRole('alertdialog')).toContainText('taken off 4 photos');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('No tags yet')).toBeVisible();
  await toast(page).getByRole('button', { name: 'Undo' }).click();
  await expect(row(page, 'Coast')).toContainText('4 photos');
});

test('by keyboard: a tag is given, taken off, coloured, renamed and deleted', async ({ page, app }) => {
  await app.open(page);
  await grid(page).focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.press('t');
  const dialog = page.getByRole('dialog', { name: 'Tags of 2 Photos' });
  await expect(dialog.getByRole('combobox', { name: 'Add a tag' })).toBeFocused();
  await page.keyboard.type('Harbour,');
  await expect(dialog.locator('.chip')).toHaveText([/Harbour/u]);
  await page.keyboard.type('co');
  await expect(page.getByRole('option', { name: 'Coast' })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(dialog.locator('.chip')).toHaveCount(2);
  await page.keyboard.press('Backspace');
  await expect(dialog.locator('.chip')).toHaveCount(1);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);

  await page.keyboard.press('Control+5');
  await expect(row(page, 'Harbour')).toBeVisible();
  await row(page, 'Harbour').getByRole('button', { name: 'Harbour', exact: true }).focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('group', { name: 'Colour' })).toBeVisible();
  await page.getByRole('button', { name: 'Purple' }).focus();
  await page.keyboard.press('Enter');
  await expect(row(page, 'Harbour').locator('.tag-dot')).toHaveCSS('background-color', 'rgb(138, 92, 208)');
  await row(page, 'Harbour').getByRole('button', { name: 'Rename Tag' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('Port');
  await page.keyboard.press('Enter');
  await expect(row(page, 'Port')).toBeVisible();
  await keyboardFree(page);
  await row(page, 'Port').getByRole('button', { name: 'Delete tag' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alertdialog')).toBeVisible();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(row(page, 'Port')).toHaveCount(0);
  await keyboardFree(page);
  await page.keyboard.press('Control+z');
  await expect(row(page, 'Port')).toBeVisible();
});

test('a tag that stands typed is given by Done, and not by the Return that ends a composed word', async ({
  page,
  app,
}) => {
  await app.open(page);
  await tiles(page).nth(0).click();
  await page.keyboard.press('t');
  const dialog = page.getByRole('dialog', { name: 'Tags of 1 Photo' });
  const field = dialog.getByRole('combobox', { name: 'Add a tag' });
  await field.fill('みなと');
  await field.dispatchEvent('keydown', { key: 'Enter', isComposing: true });
  await expect(field).toHaveValue('みなと');
  await dialog.getByRole('button', { name: 'Done' }).click();
  await keyboardFree(page);
  await page.keyboard.press('t');
  await expect(dialog.locator('.chip').filter({ hasText: 'みなと' })).toHaveCount(1);
  await dialog.getByRole('button', { name: 'Remove みなと' }).click();
  await expect(dialog.locator('.chip').filter({ hasText: 'みなと' })).toHaveCount(0);
});

test('ratings, favourites and hiding work by mouse', async ({ page, app }) => {
  await app.open(page);
  await select(page, 0, 1);
  await inspector(page).getByRole('button', { name: '4 stars' }).click();
  await expect(tiles(page).nth(1)).toHaveAccessibleName(/4 stars/u);
  await tiles(page).nth(0).click();
  await inspector(page).getByRole('button', { name: '4 stars' }).click();
  await expect(tiles(page).nth(0)).not.toHaveAccessibleName(/stars/u);
  await tiles(page).nth(0).click({ button: 'right' });
  await item(page, 'Rate').click();
  await item(page, 'Rate 2 Stars').click();
  await expect(tiles(page).nth(0)).toHaveAccessibleName(/2 stars/u);
  await tiles(page).nth(0).click({ button: 'right' });
  await item(page, 'Favourite').click();
  await expect(tiles(page).nth(0)).toHaveAccessibleName(/favourite/u);
  await tiles(page).nth(0).click({ button: 'right' });
  await item(page, 'Remove from Favourites').click();
  await expect(tiles(page).nth(0)).not.toHaveAccessibleName(/favourite/u);

  const [name = ''] = ((await tiles(page).nth(0).getAttribute('aria-label')) ?? '').split(',');
  await tiles(page).nth(0).click({ button: 'right' });
  await item(page, 'Hide').click();
  await expect(page.locator('.toolbar__count')).toHaveText('9 photos');
  await page.getByRole('button', { name: 'Menu', exact: true }).click();
  await item(page, 'View').click();
  await item(page, 'Go to Hidden').click();
  await expect(tiles(page)).toHaveCount(1);
  await tile(page, name).click({ button: 'right' });
  await item(page, 'Unhide').click();
  await expect(page.getByText('Nothing is hidden')).toBeVisible();
});

test('ratings, favourites and hiding work by keyboard, on one and on many', async ({ page, app }) => {
  await app.open(page);
  await grid(page).focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.press('3');
  await page.keyboard.press('f');
  await expect(tiles(page).nth(8)).toHaveAccessibleName(/favourite, 3 stars/u);
  await expect(tiles(page).nth(9)).toHaveAccessibleName(/favourite, 3 stars/u);
  await page.keyboard.press('0');
  await page.keyboard.press('f');
  await expect(tiles(page).nth(9)).not.toHaveAccessibleName(/favourite|stars/u);
  await page.keyboard.press('Control+l');
  await expect(page.locator('.toolbar__count')).toHaveText('8 photos');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('hidden');
  await page.keyboard.press('Enter');
  await expect(tiles(page)).toHaveCount(2);
  await grid(page).focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Control+l');
  await expect(page.getByText('Nothing is hidden')).toBeVisible();
  await page.keyboard.press('Control+1');
  await expect(page.locator('.toolbar__count')).toHaveText('10 photos');
});
