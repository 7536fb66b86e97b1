import type { Locator, Page } from '@playwright/test';
import { writeTrips } from '../helpers/scenes.ts';
import { album, expect, grid, keyboardFree, selected, sidebar, takeIn, test, tileNames, tiles } from './app.ts';

/* Albums: each thing a person does with them, once by mouse and once by keyboard alone. */

test.describe.configure({ mode: 'serial' });

const toast = (page: Page): Locator => page.locator('.toast').last();
const item = (page: Page, name: string): Locator => page.getByRole('menuitem', { name: new RegExp(`^${name}`, 'u') });

/** Runs a command of the palette without the mouse. */
async function command(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox', { name: 'Command' })).toBeFocused();
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

/** Opens the menu of an album's row by the keyboard's menu key. */
async function menuByKey(page: Page, name: string): Promise<void> {
  const menu = page.getByRole('menu', { name });
  // A menu that has just closed gives the focus back a moment later.
  await expect(async () => {
    await album(page, name).focus();
    await page.keyboard.press('ContextMenu');
    await expect(menu).toBeVisible({ timeout: 500 });
  }).toPass();
}

/** Goes down an open menu until an item has the focus, and presses it. */
async function chooseByKey(page: Page, name: string): Promise<void> {
  await expect(async () => {
    if (!(await item(page, name).evaluate((element) => element === document.activeElement)))
      await page.keyboard.press('ArrowDown');
    await expect(item(page, name)).toBeFocused({ timeout: 200 });
  }).toPass();
  await page.keyboard.press('Enter');
}

test('the library for these tests is taken in', async ({ page, app }) => {
  await writeTrips(app.photos, 12);
  await takeIn(page, app, 12);
});

test('by mouse: an album is made, filled, covered, emptied of one, renamed, duplicated and deleted', async ({
  page,
  app,
}) => {
  await app.open(page);
  await page.getByRole('button', { name: 'New album, smart album or folder' }).click();
  await item(page, 'New Album$').click();
  await page.getByRole('dialog', { name: 'New Album' }).getByRole('textbox', { name: 'Name' }).fill('Mouse');
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  await expect(page.getByText('No photos in this album yet')).toBeVisible();
  await page.getByRole('button', { name: 'Go to Library' }).click();
  await tiles(page).nth(0).click();
  await tiles(page)
    .nth(3)
    .click({ modifiers: ['Shift'] });
  await tiles(page).nth(1).click({ button: 'right' });
  await item(page, 'Add to Album').click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Mouse/u })
    .click();
  await expect(toast(page)).toContainText('Added 4 photos to “Mouse”');

  await album(page, 'Mouse').click();
  await expect(tiles(page)).toHaveCount(4);
  await tiles(page).nth(2).click({ button: 'right' });
  await item(page, 'Set as Cover').click();
  await expect(toast(page)).toContainText('Cover of “Mouse” changed');
  await tiles(page).nth(3).click({ button: 'right' });
  await item(page, 'Remove from Album').click();
  await expect(tiles(page)).toHaveCount(3);

  await album(page, 'Mouse').click({ button: 'right' });
  await item(page, 'Rename').click();
  await page.getByRole('textbox', { name: 'Name' }).fill('By hand');
  await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
  await expect(album(page, 'By hand')).toBeVisible();
  await album(page, 'By hand').click({ button: 'right' });
  await item(page, 'Duplicate Album').click();
  await expect(page.getByRole('heading', { level: 1, name: /By hand/u })).toBeVisible();
  await expect(page.getByRole('treegrid', { name: 'Albums' }).getByRole('row')).toHaveCount(2);
  await expect(tiles(page)).toHaveCount(3);
  await page.getByRole('treegrid', { name: 'Albums' }).getByRole('row').nth(1).click({ button: 'right' });
  await item(page, 'Delete Album').click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('treegrid', { name: 'Albums' }).getByRole('row')).toHaveCount(1);
  await sidebar(page, 'Library').click();
  await expect(page.locator('.toolbar__count')).toHaveText('12 photos');
});

test('by keyboard: an album is filled, put in order, covered, emptied of one, renamed, duplicated and deleted', async ({
  page,
  app,
}) => {
  await app.open(page);
  await grid(page).focus();
  await page.keyboard.press('Home');
  for (let presses = 0; presses < 3; presses += 1) await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Control+n');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.type('Keys');
  await page.keyboard.press('Enter');
  await expect(toast(page)).toContainText('Added 4 photos to “Keys”');
  await keyboardFree(page);
  await grid(page).focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Control+Shift+l');
  await expect(page.getByRole('textbox', { name: 'Find an album' })).toBeFocused();
  await page.keyboard.type('key');
  await page.keyboard.press('Enter');
  await expect(toast(page)).toContainText('Added 1 photo to “Keys”');
  await keyboardFree(page);

  await album(page, 'Keys').focus();
  await page.keyboard.press('Enter');
  await expect(tiles(page)).toHaveCount(5);
  const before = await tileNames(page);
  await grid(page).focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Control+Alt+ArrowLeft');
  const [a, b, c, d, e] = before;
  await expect.poll(() => tileNames(page)).toEqual([a, b, c, e, d]);
  await page.keyboard.press('Control+Alt+ArrowLeft');
  await expect.poll(() => tileNames(page)).toEqual([a, b, e, c, d]);
  await expect(selected(page)).toHaveAccessibleName(new RegExp(`^${e}`, 'u'));
  await page.keyboard.press('Control+Alt+ArrowRight');
  await expect.poll(() => tileNames(page)).toEqual([a, b, c, e, d]);
  await page.keyboard.press('Control+z');
  await expect.poll(() => tileNames(page)).toEqual([a, b, e, c, d]);

  await grid(page).focus();
  await page.keyboard.press('Home');
  await command(page, 'set as cover');
  await expect(toast(page)).toContainText('Cover of “Keys” changed');
  await page.keyboard.press('Control+Delete');
  await expect(tiles(page)).toHaveCount(4);
  await command(page, 'rename album');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('Keyboard');
  await page.keyboard.press('Enter');
  await expect(album(page, 'Keyboard')).toBeVisible();
  await keyboardFree(page);
  await command(page, 'duplicate album');
  await expect(page.getByRole('treegrid', { name: 'Albums' }).getByRole('row')).toHaveCount(3);
  await command(page, 'delete album');
  await expect(page.getByRole('alertdialog')).toBeVisible();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('treegrid', { name: 'Albums' }).getByRole('row')).toHaveCount(2);
  await keyboardFree(page);
  await page.keyboard.press('Control+z');
  await expect(page.getByRole('treegrid', { name: 'Albums' }).getByRole('row')).toHaveCount(3);
  await page.keyboard.press('Control+Shift+z');
  await expect(page.getByRole('treegrid', { name: 'Albums' }).getByRole('row')).toHaveCount(2);
});

test('folders hold albums and folders to any depth, by the menu and by keyboard', async ({ page, app }) => {
  await app.open(page);
  await page.keyboard.press('Control+Shift+N');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.type('Years');
  await page.keyboard.press('Enter');
  await expect(page.getByText('This folder is empty')).toBeVisible();
  await page.getByRole('button', { name: 'New album, smart album or folder' }).click();
  await item(page, 'New Album Folder').click();
  await page.getByRole('textbox', { name: 'Name' }).fill('2025');
  await page.getByRole('button', { name: 'Create' }).click();
  await expect(album(page, '2025')).toBeVisible();

  // By mouse: the folder into the folder. By keyboard: the album into that.
  await album(page, '2025').click({ button: 'right' });
  await item(page, 'Move to Folder').click();
  await item(page, 'Years').click();
  await expect(album(page, '2025')).toHaveAttribute('aria-level', '2');
  await menuByKey(page, 'Keyboard');
  await chooseByKey(page, 'Move to Folder');
  await chooseByKey(page, '2025');
  await expect(album(page, 'Keyboard')).toHaveAttribute('aria-level', '3');

  // A closed folder hides what is in it.
  await album(page, 'Years').focus();
  await page.keyboard.press('ArrowLeft');
  await expect(album(page, 'Keyboard')).toHaveCount(0);
  await page.keyboard.press('ArrowRight');
  await expect(album(page, 'Keyboard')).toBeVisible();
  await menuByKey(page, 'Keyboard');
  await chooseByKey(page, 'Move to Folder');
  await chooseByKey(page, 'No Folder');
  await expect(album(page, 'Keyboard')).toHaveAttribute('aria-level', '1');
  await menuByKey(page, 'Keyboard');
  await chooseByKey(page, 'Move Up');
  await expect
    .poll(() => page.getByRole('treegrid', { name: 'Albums' }).getByRole('row').allTextContents())
    .toHaveLength(4);
  await album(page, 'Years').click({ button: 'right' });
  await item(page, 'Delete Album').click();
  await expect(page.getByRole('alertdialog')).toContainText('The albums in it are deleted as well');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(album(page, '2025')).toHaveCount(0);
  await expect(album(page, 'Keyboard')).toBeVisible();
});

test('a smart album is made, changed and turned into an ordinary one, by mouse', async ({ page, app }) => {
  await app.open(page);
  await page.getByRole('button', { name: 'New album, smart album or folder' }).click();
  await item(page, 'New Smart Album').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Rated');
  await dialog.getByLabel('Field').selectOption({ label: 'Camera' });
  await dialog.getByLabel('Comparison').selectOption({ label: 'contains' });
  await dialog.getByLabel('Value').fill('x-t5');
  await expect(dialog.getByRole('status')).toHaveText('Finds 12 photos');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await expect(tiles(page)).toHaveCount(12);
  await expect(album(page, 'Rated')).toContainText('12');

  await album(page, 'Rated').click({ button: 'right' });
  await item(page, 'Edit Smart Album').click();
  await dialog.getByRole('button', { name: 'Add a rule' }).click();
  await dialog.getByLabel('Field').nth(1).selectOption({ label: 'Favourite' });
  await expect(dialog.getByRole('status')).toHaveText('Finds no photo');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('No photo fits the rules')).toBeVisible();
  await sidebar(page, 'Library').click();
  await tiles(page).nth(2).click();
  await page.keyboard.press('f');
  // Counts are live.
  await expect(album(page, 'Rated')).toContainText('1');
  await album(page, 'Rated').click({ button: 'right' });
  await item(page, 'Convert to Album').click();
  await expect(toast(page)).toContainText('“Rated” is now an ordinary album');
  await tiles(page).nth(2).click();
  await page.keyboard.press('f');
  await album(page, 'Rated').click();
  await expect(tiles(page)).toHaveCount(1);
});

test('a smart album is made, changed and turned into an ordinary one, by keyboard', async ({ page, app }) => {
  await app.open(page);
  await expect(tiles(page).first()).toBeVisible();
  await page.keyboard.press('Control+Alt+n');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.type('Portraits');
  await page.keyboard.press('Tab');
  await page.keyboard.type('any');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Orient');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('Field')).toHaveValue('orientation');
  await dialog.getByLabel('Value').focus();
  await page.keyboard.type('Portrait');
  // Of the twelve, three stand upright; what is said before is of the choice before.
  const found = 3;
  await expect(dialog.getByRole('status')).toHaveText(`Finds ${found} photos`);
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Create' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Portraits' })).toBeVisible();
  await expect(tiles(page)).toHaveCount(found);
  await command(page, 'edit smart');
  await dialog.getByLabel('Value').focus();
  await page.keyboard.type('Land');
  await dialog.getByRole('button', { name: 'Save' }).focus();
  await page.keyboard.press('Enter');
  await expect(tiles(page)).toHaveCount(12 - found);
  await command(page, 'convert to album');
  await expect(toast(page)).toContainText('“Portraits” is now an ordinary album');
});

test('Return chooses an album only where one was looked for, and a new one gets the name that was typed', async ({
  page,
  app,
}) => {
  await app.open(page);
  await expect(tiles(page).first()).toBeVisible();
  await tiles(page).nth(0).click();
  await page.keyboard.press('Control+Shift+l');
  const dialog = page.getByRole('dialog', { name: 'Add 1 Photo to an Album' });
  const field = dialog.getByRole('textbox', { name: 'Find an album' });
  await expect(dialog.getByRole('button', { name: /^Keyboard/u })).toBeVisible();
  await expect(field).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog).toBeVisible();
  await field.fill('Key');
  // Return that ends a composed word chooses nothing.
  await field.dispatchEvent('keydown', { key: 'Enter', isComposing: true });
  await expect(dialog).toBeVisible();
  await field.fill('Keys of a house');
  await dialog.getByRole('button', { name: 'New Album' }).click();
  const naming = page.getByRole('dialog', { name: 'New Album' });
  await expect(naming.getByRole('textbox', { name: 'Name' })).toHaveValue('Keys of a house');
  await page.keyboard.press('Enter');
  await expect(toast(page)).toContainText('Added 1 photo to “Keys of a house”');
});

test('a number in a rule is cleared and typed anew: it counts while it is typed, and an empty box is no number', async ({
  page,
  app,
}) => {
  await app.open(page);
  await expect(tiles(page).first()).toBeVisible();
  await page.keyboard.press('Control+Alt+n');
  const dialog = page.getByRole('dialog');
  const create = dialog.getByRole('button', { name: 'Create' });
  const value = dialog.getByLabel('Value');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Lately');
  await dialog.getByLabel('Field').selectOption({ label: 'Date taken' });
  await expect(value).toHaveValue('30');
  await value.focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Backspace');
  await expect(value).toHaveValue('');
  await expect(create).toBeDisabled();
  await page.keyboard.type('90');
  await expect(value).toHaveValue('90');

  await dialog.getByRole('button', { name: 'Add a rule' }).click();
  const size = dialog.getByLabel('Value').nth(1);
  const until = dialog.getByLabel('Until');
  await dialog.getByLabel('Field').nth(1).selectOption({ label: 'File size' });
  await dialog.getByLabel('Comparison').nth(1).selectOption({ label: 'is between' });
  for (const [box, text] of [
    [size, '0.5'],
    [until, '25'],
  ] as const) {
    await box.focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Backspace');
    await page.keyboard.type(text);
    await expect(box).toHaveValue(text);
  }
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Lately' })).toBeVisible();
  await command(page, 'edit smart');
  await expect(value.nth(0)).toHaveValue('90');
  await expect(size).toHaveValue('0.5');
  await expect(until).toHaveValue('25');
  await page.keyboard.press('Escape');
  await keyboardFree(page);
});
