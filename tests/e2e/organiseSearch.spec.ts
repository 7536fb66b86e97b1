import type { Locator, Page } from '@playwright/test';
import { writeScene, writeTrips } from '../helpers/scenes.ts';
import { expect, grid, keyboardFree, sidebar, takeIn, test, tiles } from './app.ts';

/* Searching: words, chips, suggestions, dates in words and saved searches, by mouse and by keyboard alone. */

test.describe.configure({ mode: 'serial' });

const count = (page: Page): Locator => page.locator('.search-strip__count');
const field = (page: Page): Locator => page.getByRole('combobox', { name: 'Search photos' });
const item = (page: Page, name: string): Locator => page.getByRole('menuitem', { name: new RegExp(`^${name}`, 'u') });

/** A capture time in the month before this one. */
function lastMonth(): string {
  const now = new Date();
  const then = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 12));
  return `${then.toISOString().slice(0, 10).replaceAll('-', ':')} 12:00:00`;
}

test('the library for these tests is taken in', async ({ page, app }) => {
  // 26 photos of September 2025 on Crete, 4 of June 2025 in Tyrol, one of last month.
  await writeTrips(app.photos, 30);
  await writeScene(app.photos, 'Café-Zürich.jpg', 91, { takenAt: lastMonth() });
  await takeIn(page, app, 31);
});

test('dates are understood in words, and any letter case and accent finds', async ({ page, app }) => {
  await app.open(page);
  for (const [text, found] of [
    ['summer 2025', '4 photos found'],
    ['autumn 2025', '26 photos found'],
    ['june 2025', '4 photos found'],
    ['last month', '1 photo found'],
    ['CAFE zurich', '1 photo found'],
    ['nowhere at all', 'Nothing found'],
  ] as const) {
    await field(page).fill(text);
    await expect(count(page), text).toHaveText(found);
  }
});

test('by mouse: a suggestion is taken, and chips are removed one by one', async ({ page, app }) => {
  await app.open(page);
  await field(page).click();
  await page.keyboard.type('x-t5');
  await page.getByRole('option', { name: /X-T5/u }).first().click();
  await expect(count(page)).toHaveText('26 photos found');
  await field(page).click();
  await page.keyboard.press('End');
  await page.keyboard.type('june 2025 ');
  await expect(count(page)).toHaveText('Nothing found');
  await page.getByRole('button', { name: /^Remove .*X-T5.* from the search$/u }).click();
  await expect(count(page)).toHaveText('4 photos found');
  await page.getByRole('search').getByRole('button', { name: 'Clear Search' }).click();
  await expect(count(page)).toHaveCount(0);
  await expect(page.locator('.toolbar__count')).toHaveText('31 photos');
});

test('a suggestion completes the last word and leaves those before it; one of two like chips is removed', async ({
  page,
  app,
}) => {
  await app.open(page);
  await field(page).click();
  await page.keyboard.type('june 2025 eos');
  await page
    .getByRole('option', { name: /EOS R6/u })
    .first()
    .click();
  await expect(field(page)).toHaveValue(/^june 2025 camera:"[^"]*EOS R6[^"]*" $/u);
  await field(page).fill('-crete crete');
  await page.getByRole('button', { name: 'Remove crete from the search' }).click();
  await expect(field(page)).toHaveValue('-crete');
});

test('by keyboard: a suggestion is taken, a chip is removed, and the list is reached', async ({ page, app }) => {
  await app.open(page);
  await page.keyboard.press('Control+f');
  await expect(field(page)).toBeFocused();
  await page.keyboard.type('eos');
  await expect(page.getByRole('option', { name: /EOS R6/u }).first()).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(count(page)).toHaveText('4 photos found');
  await page.keyboard.press('Enter');
  await expect(grid(page)).toBeFocused();
  const chip = page.getByRole('button', { name: /^Remove .*EOS R6.* from the search$/u });
  await chip.focus();
  await page.keyboard.press('Enter');
  await expect(count(page)).toHaveCount(0);
  await page.keyboard.press('Control+f');
  await page.keyboard.type('june 2025');
  await expect(count(page)).toHaveText('4 photos found');
  await page.keyboard.press('Enter');
  await expect(grid(page)).toBeFocused();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: /^Viewer/u })).toContainText('1 of 4');
});

test('Return that ends a composed word leaves neither the search field nor the palette', async ({ page, app }) => {
  await app.open(page);
  await field(page).fill('eos');
  const offer = page.getByRole('option', { name: /EOS R6/u }).first();
  await expect(offer).toBeVisible();
  await field(page).dispatchEvent('keydown', { key: 'Enter', isComposing: true });
  await expect(offer).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  const command = page.getByRole('combobox', { name: 'Command' });
  await command.fill('hidden');
  await command.dispatchEvent('keydown', { key: 'Enter', isComposing: true });
  await expect(command).toHaveValue('hidden');
  await page.keyboard.press('Escape');
  await keyboardFree(page);
});

test('by mouse: a search is saved, opened, renamed and removed', async ({ page, app }) => {
  await app.open(page);
  await field(page).fill('june 2025');
  await expect(count(page)).toHaveText('4 photos found');
  await page.getByRole('button', { name: 'Save Search…' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Alps');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await sidebar(page, 'Library').click();
  await sidebar(page, 'Alps').click();
  await expect(count(page)).toHaveText('4 photos found');
  await sidebar(page, 'Alps').click({ button: 'right' });
  await item(page, 'Rename').click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Tyrol');
  await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
  await expect(sidebar(page, 'Tyrol')).toBeVisible();
  await expect(sidebar(page, 'Alps')).toHaveCount(0);
  await sidebar(page, 'Tyrol').click({ button: 'right' });
  await item(page, 'Remove').click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await expect(sidebar(page, 'Tyrol')).toHaveCount(0);
  await page.locator('.toast').last().getByRole('button', { name: 'Undo' }).click();
  await expect(sidebar(page, 'Tyrol')).toBeVisible();
});

test('by keyboard: a search is saved, opened, renamed and removed', async ({ page, app }) => {
  await app.open(page);
  await page.keyboard.press('Control+f');
  await page.keyboard.type('september 2025');
  await expect(count(page)).toHaveText('26 photos found');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('save search');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('Crete');
  await page.keyboard.press('Enter');
  await expect(sidebar(page, 'Crete')).toBeVisible();
  await keyboardFree(page);
  await page.keyboard.press('Control+2');
  await sidebar(page, 'Crete').focus();
  await page.keyboard.press('Enter');
  await expect(count(page)).toHaveText('26 photos found');

  await sidebar(page, 'Crete').focus();
  await page.keyboard.press('F2');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.press('Control+a');
  // The name of another search is refused in words, and the dialog stays.
  await page.keyboard.type('Tyrol');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert').filter({ hasText: 'There is another search called “Tyrol”' })).toBeVisible();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('Island');
  await page.keyboard.press('Enter');
  await expect(sidebar(page, 'Island')).toBeVisible();
  await keyboardFree(page);

  await sidebar(page, 'Island').focus();
  await page.keyboard.press('ContextMenu');
  await expect(page.getByRole('menu', { name: 'Island' })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(item(page, 'Remove')).toBeFocused();
  await page.keyboard.press('Escape');
  await keyboardFree(page);
  await sidebar(page, 'Island').focus();
  await page.keyboard.press('Delete');
  await expect(page.getByRole('alertdialog')).toContainText('Remove the saved search “Island”?');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(sidebar(page, 'Island')).toHaveCount(0);
  await keyboardFree(page);
  await page.keyboard.press('Control+z');
  await expect(sidebar(page, 'Island')).toBeVisible();
  await expect(tiles(page).first()).toBeVisible();
});
