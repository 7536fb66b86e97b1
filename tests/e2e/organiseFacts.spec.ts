import type { Locator, Page } from '@playwright/test';
import { writeScene, writeTrips } from '../helpers/scenes.ts';
import { expect, grid, keyboardFree, selected, sidebar, takeIn, test, tile, tiles } from './app.ts';

/* Words, time, place, comments, the trash and duplicates: once by mouse and once by keyboard alone. */

test.describe.configure({ mode: 'serial' });

const toast = (page: Page): Locator => page.locator('.toast').last();
const inspector = (page: Page): Locator => page.getByRole('complementary', { name: 'Info' });
const item = (page: Page, name: string): Locator => page.getByRole('menuitem', { name: new RegExp(`^${name}`, 'u') });

async function command(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox', { name: 'Command' })).toBeFocused();
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

/** Presses Tab until a place has the focus. */
async function tabTo(page: Page, place: Locator): Promise<void> {
  await expect(async () => {
    if (!(await place.evaluate((element) => element === document.activeElement))) await page.keyboard.press('Tab');
    await expect(place).toBeFocused({ timeout: 100 });
  }).toPass();
}

test('the library for these tests is taken in', async ({ page, app }) => {
  await writeTrips(app.photos, 8);
  // One scene written twice at the same moment, at different quality: look-alikes with different bytes.
  const facts = { takenAt: '2024:03:03 12:00:00', camera: { make: 'Canon', model: 'EOS R6' } };
  for (const pair of ['A', 'B']) {
    await writeScene(app.photos, `twin-${pair}1.jpg`, 70, {
      ...facts,
      takenAt: `2024:03:0${pair === 'A' ? 3 : 4} 12:00:00`,
    });
    await writeScene(app.photos, `twin-${pair}2.jpg`, 71, {
      ...facts,
      takenAt: `2024:03:0${pair === 'A' ? 3 : 4} 12:00:00`,
    });
  }
  await takeIn(page, app, 12);
});

test('title and caption are written and left by mouse, and taken back by Escape', async ({ page, app }) => {
  await app.open(page);
  await page.getByRole('button', { name: 'Info', exact: true }).click();
  await tiles(page).nth(0).click();
  const title = inspector(page).getByRole('textbox', { name: 'Title' });
  await title.click();
  await page.keyboard.type('Lighthouse');
  await inspector(page).getByRole('textbox', { name: 'Caption' }).click();
  await page.keyboard.type('At noon');
  await inspector(page).getByRole('heading', { name: 'Tags' }).click();
  await expect(tile(page, 'Lighthouse')).toBeVisible();
  await title.click();
  await page.keyboard.type(' again');
  await page.keyboard.press('Escape');
  await expect(title).toHaveValue('Lighthouse');
  await tiles(page).nth(1).click();
  await tile(page, 'Lighthouse').click();
  await expect(inspector(page).getByRole('textbox', { name: 'Caption' })).toHaveValue('At noon');
});

test('comments are written, changed and deleted, by mouse and by keyboard', async ({ page, app }) => {
  await app.open(page);
  await tiles(page).nth(1).click({ button: 'right' });
  await item(page, 'Comments').click();
  const field = inspector(page).getByRole('textbox', { name: 'Comment' });
  await expect(field).toBeFocused();
  await page.keyboard.type('First');
  await inspector(page).getByRole('button', { name: 'Comment', exact: true }).click();
  await inspector(page).getByRole('button', { name: 'Edit comment: First' }).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('First light');
  await inspector(page).getByRole('heading', { name: 'Comments' }).click();
  await expect(inspector(page).getByRole('button', { name: 'Edit comment: First light' })).toBeVisible();
  await expect(inspector(page)).toContainText('edited');
  await inspector(page).getByRole('button', { name: 'Delete comment' }).click();
  await expect(inspector(page).getByText('First light')).toHaveCount(0);

  await command(page, 'comments');
  await expect(field).toBeFocused();
  await page.keyboard.type('By key');
  await tabTo(page, inspector(page).getByRole('button', { name: 'Comment', exact: true }));
  await page.keyboard.press('Enter');
  await inspector(page).getByRole('button', { name: 'Edit comment: By key' }).focus();
  await page.keyboard.press('Enter');
  // The comment itself has become a field, above the one for a new comment.
  await expect(inspector(page).getByRole('textbox', { name: 'Comment' })).toHaveCount(2);
  await expect(inspector(page).getByRole('textbox', { name: 'Comment' }).first()).toBeFocused();
  await page.keyboard.press('End');
  await page.keyboard.type('s');
  await page.keyboard.press('Tab');
  await expect(inspector(page).getByRole('button', { name: 'Edit comment: By keys' })).toBeVisible();
  await inspector(page).getByRole('button', { name: 'Delete comment' }).focus();
  await page.keyboard.press('Enter');
  await expect(inspector(page).getByText('By keys')).toHaveCount(0);
});

test('the time of several photos is set by mouse: the first gets it, the others move with it', async ({
  page,
  app,
}) => {
  await app.open(page);
  await tiles(page).nth(0).click();
  await tiles(page)
    .nth(1)
    .click({ modifiers: ['Shift'] });
  await inspector(page).getByRole('button', { name: 'Adjust Date…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Adjust Date and Time of 2 Photos' });
  await expect(dialog).toContainText('the others move with it');
  await dialog.getByLabel('Taken').fill('2022-02-02T08:30:00');
  await dialog.getByRole('button', { name: 'Adjust' }).click();
  await expect(toast(page)).toContainText('Changed the date of 2 photos');
  // They are the oldest now, still selected: Ctrl+End looks there without selecting.
  await grid(page).focus();
  await page.keyboard.press('Control+End');
  await expect(selected(page)).toHaveCount(2);
  for (const cell of await selected(page).all()) await expect(cell).toHaveAccessibleName(/February 2, 2022/u);
  await page.keyboard.press('Control+z');
  await expect(toast(page)).toContainText('Undone');
  await page.keyboard.press('Control+Home');
  await expect(selected(page)).toHaveCount(2);
  for (const cell of await selected(page).all()) await expect(cell).toHaveAccessibleName(/2025/u);
});

test('the time is shifted and the time zone changed by keyboard', async ({ page, app }) => {
  await app.open(page);
  await grid(page).focus();
  await page.keyboard.press('Home');
  await expect(inspector(page)).toContainText('2025');
  await command(page, 'adjust date');
  const dialog = page.getByRole('dialog', { name: /^Adjust Date/u });
  const taken = dialog.getByLabel('Taken');
  await expect(taken).not.toHaveValue('');
  const before = Date.parse(`${await taken.inputValue()}Z`);
  await dialog.getByRole('radio', { name: 'Set' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Space');
  await tabTo(page, dialog.getByLabel('hours'));
  await page.keyboard.press('Control+a');
  await page.keyboard.type('-24');
  await expect(dialog.getByLabel('hours')).toHaveValue('-24');
  await page.keyboard.press('Enter');
  await expect(toast(page)).toContainText('Changed the date of 1 photo');
  await keyboardFree(page);
  await command(page, 'adjust date');
  const dayBefore = new Date(before - 86_400_000).toISOString().slice(0, 16);
  await expect(taken).toHaveValue(new RegExp(`^${dayBefore}`, 'u'));
  await page.keyboard.press('Escape');
  await keyboardFree(page);
  await page.keyboard.press('Control+z');
  await expect(toast(page)).toContainText('Undone');

  await command(page, 'adjust date');
  await dialog.getByRole('radio', { name: 'Time Zone Only' }).focus();
  await page.keyboard.press('Space');
  await dialog.getByLabel('Time zone').selectOption({ label: 'UTC+5:30' });
  await dialog.getByRole('button', { name: 'Adjust' }).focus();
  await page.keyboard.press('Enter');
  await expect(inspector(page)).toContainText('UTC+5:30');
});

test('a place is pressed on the map, typed, and removed', async ({ page, app }) => {
  await app.open(page);
  await tiles(page).nth(2).click();
  await inspector(page).getByRole('button', { name: 'Adjust Place…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Adjust Place of 1 Photo' });
  const text = dialog.getByRole('textbox', { name: 'Latitude, longitude' });
  await expect(text).not.toHaveValue('');
  const before = await text.inputValue();
  await dialog.locator('.map').click({ position: { x: 60, y: 60 } });
  await expect(text).not.toHaveValue(before);
  await dialog.getByRole('button', { name: 'Set Place' }).click();
  await expect(toast(page)).toContainText('Changed the place of 1 photo');

  await command(page, 'adjust place');
  await expect(text).toBeFocused();
  // What was set a moment ago comes into the field by itself, and would undo what is selected in it.
  await expect(text).not.toHaveValue(before);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('48.8584, 2.2945');
  await page.keyboard.press('Enter');
  await expect(inspector(page)).toContainText('Paris');
  await command(page, 'adjust place');
  await tabTo(page, dialog.getByRole('button', { name: 'Remove Place' }));
  await page.keyboard.press('Enter');
  await expect(inspector(page)).toContainText('No place');
});

test('photos are dragged onto Favourites and onto the trash', async ({ page, app }) => {
  await app.open(page);
  const drag = async (from: Locator, to: Locator): Promise<void> => {
    await from.hover();
    await page.mouse.down();
    const box = await to.boundingBox();
    if (box === null) throw new Error('the row is not on screen');
    let nudge = 0;
    await expect(async () => {
      nudge = 1 - nudge;
      await page.mouse.move(box.x + 40 + nudge, box.y + box.height / 2);
      await expect(page.locator('[data-over]')).toHaveCount(1, { timeout: 300 });
    }).toPass();
    await page.mouse.up();
  };
  await drag(tiles(page).nth(1), sidebar(page, 'Favourites'));
  await expect(tiles(page).nth(1)).toHaveAccessibleName(/favourite/u);
  await drag(tiles(page).nth(1), sidebar(page, 'Trash'));
  await expect(page.locator('.toolbar__count')).toHaveText('11 photos');
  await page.keyboard.press('Control+z');
  await expect(page.locator('.toolbar__count')).toHaveText('12 photos');
});

test('the trash by keyboard: thrown away, put back, deleted for good, emptied', async ({ page, app }) => {
  await app.open(page);
  await grid(page).focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Delete');
  await expect(page.locator('.toolbar__count')).toHaveText('10 photos');
  await command(page, 'go to trash');
  await expect(tiles(page)).toHaveCount(2);
  await grid(page).focus();
  await page.keyboard.press('Home');
  await command(page, 'restore');
  await expect(tiles(page)).toHaveCount(1);
  await grid(page).focus();
  await page.keyboard.press('Home');
  await command(page, 'delete for good');
  await expect(page.getByRole('alertdialog')).toContainText('This cannot be undone');
  await page.keyboard.press('Escape');
  await expect(tiles(page)).toHaveCount(1);
  await page.keyboard.press('Control+Shift+Delete');
  await expect(page.getByRole('alertdialog')).toContainText('Files in watched folders stay where they are');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByText('The trash is empty')).toBeVisible();
  await keyboardFree(page);
  await page.keyboard.press('Control+1');
  await expect(page.locator('.toolbar__count')).toHaveText('11 photos');
});

test('the trash by mouse: one of several is deleted for good', async ({ page, app }) => {
  await app.open(page);
  await tiles(page).nth(3).click();
  await tiles(page).nth(3).click({ button: 'right' });
  await item(page, 'Move to Trash').click();
  await sidebar(page, 'Trash').click();
  await expect(tiles(page)).toHaveCount(1);
  await tiles(page).first().click({ button: 'right' });
  await item(page, 'Delete for Good').click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('The trash is empty')).toBeVisible();
});

test('duplicates are looked through, kept and merged, one group by mouse and one by keyboard', async ({
  page,
  app,
}) => {
  await app.open(page);
  // All four on one screen, wherever their day lies.
  const showTwins = async (): Promise<void> => {
    await page.getByRole('combobox', { name: 'Search photos' }).fill('twin');
    await expect(page.locator('.search-strip__count')).toContainText('found');
  };
  await showTwins();
  // What the other one had comes along.
  await tile(page, 'twin-A1').click();
  await page.keyboard.press('5');
  await page.keyboard.press('f');
  await tile(page, 'twin-B2').click();
  await page.keyboard.press('t');
  await expect(page.getByRole('dialog').getByRole('combobox', { name: 'Add a tag' })).toBeFocused();
  await page.keyboard.type('Twin');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Done' }).click();

  await sidebar(page, 'Duplicates').click();
  const groups = page.getByRole('region', { name: 'Taken at the same moment' });
  await expect(groups).toHaveCount(2);
  const first = groups.filter({ hasText: 'twin-A1' });
  await first.getByRole('button', { name: 'Keep All' }).click();
  await expect(groups).toHaveCount(1);
  await toast(page).getByRole('button', { name: 'Undo' }).click();
  await expect(groups).toHaveCount(2);
  await first.getByRole('button', { name: 'Keep twin-A2.jpg' }).click();
  await first.getByRole('button', { name: /^Keep Chosen, Trash 1 Other/u }).click();
  await expect(toast(page)).toContainText('Merged 1 duplicate');
  await expect(groups).toHaveCount(1);

  await groups.getByRole('button', { name: 'Keep twin-B1.jpg' }).focus();
  await page.keyboard.press('Enter');
  await expect(groups.getByRole('button', { name: 'Keep twin-B1.jpg' })).toHaveAttribute('aria-pressed', 'true');
  await groups.getByRole('button', { name: /^Keep Chosen/u }).focus();
  await page.keyboard.press('Enter');
  await expect(groups).toHaveCount(0);

  await sidebar(page, 'Library').click();
  await showTwins();
  await expect(tile(page, 'twin-A1')).toHaveCount(0);
  await expect(tile(page, 'twin-A2')).toHaveAccessibleName(/favourite.*5 stars/u);
  await tile(page, 'twin-B1').click();
  await expect(inspector(page).locator('.chip')).toContainText(['Twin']);
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+z');
  await expect(tile(page, 'twin-A1')).toBeVisible();
  await expect(tile(page, 'twin-A2')).not.toHaveAccessibleName(/favourite/u);
});
