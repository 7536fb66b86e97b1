import type { Locator, Page } from '@playwright/test';
import { writeTrips } from '../helpers/scenes.ts';
import { album, expect, grid, keyboardFree, selected, sidebar, takeIn, test, tile, tileNames, tiles } from './app.ts';

test.describe.configure({ mode: 'serial' });

const toast = (page: Page): Locator => page.locator('.toast');
const inspector = (page: Page): Locator => page.getByRole('complementary', { name: 'Info' });

/** Drags by hand, and drops only once the page shows where: a busy machine sees the drag later than the mouse moves. */
async function drag(
  page: Page,
  from: Locator,
  to: Locator,
  at?: { readonly x: number; readonly y: number },
): Promise<void> {
  await from.hover();
  await page.mouse.down();
  const box = await to.boundingBox();
  if (box === null) throw new Error('the target of the drag is not on screen');
  const point = at ?? { x: box.width / 2, y: box.height / 2 };
  await page.mouse.move(box.x + point.x - 8, box.y + point.y, { steps: 4 });
  let nudge = 0;
  await expect(async () => {
    nudge = 1 - nudge;
    await page.mouse.move(box.x + point.x + nudge, box.y + point.y);
    await expect(page.locator('[data-over], [data-edge], .grid__drop')).toHaveCount(1, { timeout: 300 });
  }).toPass();
  await page.mouse.up();
}

test('the library for these tests is taken in', async ({ page, app }) => {
  await writeTrips(app.photos, 12);
  await takeIn(page, app, 12);
});

test('photos are selected by click, Ctrl, Shift, circle, rubber band and keys', async ({ page, app }) => {
  await app.open(page);
  await tiles(page).nth(1).click();
  await expect(selected(page)).toHaveCount(1);
  await tiles(page)
    .nth(3)
    .click({ modifiers: ['Shift'] });
  await expect(selected(page)).toHaveCount(3);
  await tiles(page)
    .nth(2)
    .click({ modifiers: ['Control'] });
  await expect(selected(page)).toHaveCount(2);
  await tiles(page).nth(5).hover();
  await tiles(page).nth(5).locator('[data-action="check"]').click();
  await expect(selected(page)).toHaveCount(3);
  await expect(page.getByRole('toolbar', { name: 'Selected photos' })).toContainText('3 selected');
  await page.keyboard.press('Control+a');
  await expect(page.getByRole('toolbar', { name: 'Selected photos' })).toContainText('12 selected');
  await page.keyboard.press('Escape');
  await expect(selected(page)).toHaveCount(0);

  const box = await grid(page).boundingBox();
  const first = await tiles(page).first().boundingBox();
  const second = await tiles(page).nth(1).boundingBox();
  if (box === null || first === null || second === null) throw new Error('the list is not on screen');
  await page.mouse.move(box.x + 6, first.y - 10);
  await page.mouse.down();
  await page.mouse.move(second.x + second.width / 2, second.y + 20, { steps: 6 });
  await page.mouse.up();
  await expect(selected(page)).toHaveCount(2);

  await grid(page).focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Shift+ArrowRight');
  await expect(selected(page)).toHaveCount(3);
});

test('favourites and ratings by key reach the sidebar, and undo takes them back', async ({ page, app }) => {
  await app.open(page);
  await tiles(page).first().click();
  const [name = ''] = await tileNames(page);
  await page.keyboard.press('f');
  await page.keyboard.press('5');
  await expect(tile(page, name)).toHaveAccessibleName(/favourite.*5 stars/u);
  await sidebar(page, 'Favourites').click();
  await expect(tiles(page)).toHaveCount(1);
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+z');
  await expect(page.getByText('No favourites yet')).toBeVisible();
  await page.keyboard.press('Control+Shift+z');
  await expect(tiles(page)).toHaveCount(1);
});

test('an album is made by key, filled by menu and by dragging, and put in order by dragging', async ({ page, app }) => {
  await app.open(page);
  await grid(page).focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Control+n');
  await page.getByRole('dialog', { name: 'New Album' }).getByRole('textbox', { name: 'Name' }).fill('Crete');
  await page.keyboard.press('Enter');
  await expect(album(page, 'Crete')).toBeVisible();
  await expect(album(page, 'Crete')).toContainText('1');

  await tiles(page).nth(2).click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^Add to Album/u }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Find an album' }).fill('cre');
  await page.keyboard.press('Enter');
  await expect(toast(page).last()).toContainText('Added 1 photo to “Crete”');

  await drag(page, tiles(page).nth(4), album(page, 'Crete'));
  await expect(album(page, 'Crete')).toContainText('3');

  await album(page, 'Crete').click();
  await expect(tiles(page)).toHaveCount(3);
  const before = await tileNames(page);
  await drag(page, tiles(page).nth(2), tiles(page).nth(0), { x: 10, y: 40 });
  await expect.poll(() => tileNames(page)).toEqual([before[2], before[0], before[1]]);
  await page.keyboard.press('Control+z');
  await expect.poll(() => tileNames(page)).toEqual(before);
});

test('an album is renamed, duplicated, covered, moved into a folder and deleted without its photos', async ({
  page,
  app,
}) => {
  await app.open(page);
  await album(page, 'Crete').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Rename…' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Crete 2025');
  await page.keyboard.press('Enter');
  await expect(album(page, 'Crete 2025')).toBeVisible();

  await page.keyboard.press('Control+Shift+N');
  await page.getByRole('dialog', { name: 'New Album Folder' }).getByRole('textbox', { name: 'Name' }).fill('Trips');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Trips' })).toBeVisible();
  await drag(page, album(page, 'Crete 2025'), album(page, 'Trips'));
  await expect(page.getByRole('main').getByRole('button', { name: /Crete 2025/u })).toBeVisible();

  await page
    .getByRole('main')
    .getByRole('button', { name: /Crete 2025/u })
    .click();
  await expect(tiles(page)).toHaveCount(3);
  await tiles(page).nth(1).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Set as Cover' }).click();
  await expect(toast(page).last()).toContainText('Cover of “Crete 2025” changed');
  await tiles(page).nth(0).click();
  await page.keyboard.press('Control+Delete');
  await expect(tiles(page)).toHaveCount(2);

  await page.keyboard.press('Control+k');
  await page.keyboard.type('delete album');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('alertdialog', { name: 'Delete “Crete 2025”?' });
  await expect(dialog).toContainText('stay in your library');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await expect(page.locator('.toolbar__count')).toHaveText('12 photos');
  await toast(page).last().getByRole('button', { name: 'Undo' }).click();
  await sidebar(page, 'All Albums').click();
  await expect(page.getByRole('main').getByRole('button', { name: /Trips/u })).toContainText('1 album');
});

test('a smart album counts while its rules are written and fills itself', async ({ page, app }) => {
  await app.open(page);
  await page.keyboard.press('Control+Alt+n');
  const dialog = page.getByRole('dialog', { name: 'New Smart Album', exact: true });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Best');
  await dialog.getByLabel('Value').selectOption('5');
  await expect(dialog.getByRole('status')).toHaveText(/Finds \d+ photo|Finds no photo/u);
  await dialog.getByRole('button', { name: 'Create' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Best' })).toBeVisible();
  await expect(page.getByText('No photo fits the rules')).toBeVisible();
  await sidebar(page, 'Library').click();
  await tiles(page).nth(1).click();
  await page.keyboard.press('5');
  await album(page, 'Best').click();
  await expect(tiles(page)).toHaveCount(1);
});

test('tags are given to many with a partial state, completed, renamed into each other, and found', async ({
  page,
  app,
}) => {
  await app.open(page);
  await tiles(page).nth(0).click();
  await page.keyboard.press('t');
  await page.getByRole('combobox', { name: 'Add a tag' }).fill('Beach');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog').getByText('Beach')).toBeVisible();
  await page.getByRole('button', { name: 'Done' }).click();

  await tiles(page)
    .nth(2)
    .click({ modifiers: ['Shift'] });
  await page.keyboard.press('t');
  await expect(page.getByRole('dialog').locator('.chip[data-partial]')).toContainText('Beach');
  await page.getByRole('combobox', { name: 'Add a tag' }).fill('Family');
  await page.keyboard.press('Enter');
  await page.getByRole('combobox', { name: 'Add a tag' }).fill('bea');
  await expect(page.getByRole('option', { name: 'Beach' })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog').locator('.chip[data-partial]')).toHaveCount(0);
  await page.getByRole('button', { name: 'Done' }).click();

  await sidebar(page, 'Tags').click();
  await expect(page.getByRole('listitem').filter({ hasText: 'Beach' })).toContainText('3 photos');
  await page.getByRole('listitem').filter({ hasText: 'Family' }).getByRole('button', { name: 'Rename Tag' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('beach');
  await page.keyboard.press('Enter');
  await expect(toast(page).last()).toContainText('Merged into “Beach”');
  await page.getByRole('button', { name: 'Beach', exact: true }).click();
  await expect(tiles(page)).toHaveCount(3);

  await page.keyboard.press('Control+f');
  await page.keyboard.type('bea');
  await expect(page.getByRole('option', { name: /Beach/u }).first()).toBeVisible();
});

test('a search shows what it understood, is kept, and is found again in the sidebar', async ({ page, app }) => {
  await app.open(page);
  await page.keyboard.press('Control+f');
  await page.keyboard.type('september 2025');
  await expect(page.locator('.search-strip__count')).toHaveText('12 photos found');
  await expect(page.getByRole('button', { name: /^Remove .* from the search$/u }).first()).toBeVisible();
  await page.getByRole('button', { name: 'Save Search…' }).click();
  await page
    .getByRole('dialog', { name: 'Save This Search' })
    .getByRole('textbox', { name: 'Name' })
    .fill('Late summer');
  await page.keyboard.press('Enter');
  await expect(sidebar(page, 'Late summer')).toBeVisible();
  await keyboardFree(page);
  await page.keyboard.press('Control+f');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('no such thing');
  await expect(page.getByText('Nothing found').first()).toBeVisible();
  await page.getByRole('main').getByRole('button', { name: 'Clear Search' }).click();
  await sidebar(page, 'Late summer').click();
  await expect(page.locator('.search-strip__count')).toHaveText('12 photos found');
});

test('title, caption and comments are written in the inspector', async ({ page, app }) => {
  await app.open(page);
  await tiles(page).nth(0).click();
  await page.keyboard.press('i');
  await inspector(page).getByRole('textbox', { name: 'Title' }).fill('Harbour at dusk');
  await page.keyboard.press('Enter');
  await expect(tile(page, 'Harbour at dusk')).toBeVisible();
  await inspector(page).getByRole('textbox', { name: 'Caption' }).fill('Last evening');
  await inspector(page).getByRole('textbox', { name: 'Comment' }).fill('What a light!');
  await inspector(page).getByRole('button', { name: 'Comment', exact: true }).click();
  await expect(inspector(page).getByRole('button', { name: 'Edit comment: What a light!' })).toBeVisible();
  await inspector(page).getByRole('button', { name: 'Delete comment' }).click();
  await expect(inspector(page).getByText('What a light!')).toHaveCount(0);
  await page.reload();
  await page.locator('.window').waitFor();
  await tile(page, 'Harbour at dusk').click();
  await expect(inspector(page).getByRole('textbox', { name: 'Caption' })).toHaveValue('Last evening');
});

test('the Edit menu of a shell means the text while one is being written, and the library otherwise', async ({
  page,
  app,
}) => {
  const choose = (command: string) =>
    page.evaluate(
      (chosen) =>
        window.dispatchEvent(new CustomEvent('shoebox:event', { detail: { type: 'command', command: chosen } })),
      command,
    );
  await app.open(page);
  // The inspector is open, as the test before left it.
  await tile(page, 'Harbour at dusk').click();
  const title = inspector(page).getByRole('textbox', { name: 'Title' });
  await expect(title).toHaveValue('Harbour at dusk');
  // What an undo of the library would take back.
  await title.fill('Harbour at night');
  await page.keyboard.press('Enter');
  await expect(tile(page, 'Harbour at night')).toBeVisible();
  await title.focus();
  await choose('edit.undo');
  // This shell has no such menu, and says so.
  await expect(page.locator('.toast').last()).toContainText('needs the desktop app');
  // Read again from the library: nothing of it was undone.
  await page.reload();
  await page.locator('.window').waitFor();
  await expect(tile(page, 'Harbour at night')).toBeVisible();
  await grid(page).focus();
  await choose('edit.selectAll');
  await expect(selected(page)).toHaveCount(await tiles(page).count());
});

test('dates of several photos are shifted and places are set, and both are undone', async ({ page, app }) => {
  await app.open(page);
  await tiles(page).nth(0).click();
  await expect(inspector(page)).toContainText('September');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('adjust date');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: /^Adjust Date and Time/u });
  await dialog.getByRole('radio', { name: 'Shift' }).click();
  await dialog.getByLabel('days').fill('-365');
  await dialog.getByRole('button', { name: 'Adjust' }).click();
  await expect(toast(page).last()).toContainText('Changed the date of 1 photo');
  await expect(inspector(page)).toContainText('2024');
  await toast(page).last().getByRole('button', { name: 'Undo' }).click();
  await expect(inspector(page)).toContainText('2025');

  await page.keyboard.press('Control+k');
  await page.keyboard.type('adjust place');
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'Latitude, longitude' }).fill('64.1466, -21.9426');
  await page.getByRole('button', { name: 'Set Place' }).click();
  await expect(toast(page).last()).toContainText('Changed the place of 1 photo');
});

test('photos go to the trash, come back with their albums and tags, and are deleted for good', async ({
  page,
  app,
}) => {
  await app.open(page);
  await tiles(page).nth(0).click();
  await tiles(page)
    .nth(1)
    .click({ modifiers: ['Shift'] });
  await page.keyboard.press('Delete');
  await expect(page.locator('.toolbar__count')).toHaveText('10 photos');
  await sidebar(page, 'Trash').click();
  await expect(tiles(page)).toHaveCount(2);
  await page.keyboard.press('Control+a');
  await tiles(page).first().click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Restore' }).click();
  await expect(page.getByText('The trash is empty')).toBeVisible();
  await sidebar(page, 'Tags').click();
  await expect(page.getByRole('listitem').filter({ hasText: 'Beach' })).toContainText('3 photos');

  await sidebar(page, 'Library').click();
  await tiles(page).nth(11).click();
  await page.keyboard.press('Delete');
  await sidebar(page, 'Trash').click();
  await page.getByRole('button', { name: 'Empty Trash…' }).click();
  const question = page.getByRole('alertdialog', { name: 'Delete the photo in the trash for good?' });
  await expect(question).toContainText('This cannot be undone');
  await question.getByRole('button', { name: 'Empty Trash', exact: true }).click();
  await expect(page.getByText('The trash is empty')).toBeVisible();
  await sidebar(page, 'Library').click();
  await expect(page.locator('.toolbar__count')).toHaveText('11 photos');
});

test('the history panel tells every step in words and takes them back one by one', async ({ page, app }) => {
  await app.open(page);
  await tiles(page).nth(0).click();
  await page.keyboard.press('2');
  await page.keyboard.press('Control+Shift+h');
  const panel = page.getByRole('complementary', { name: 'History' });
  await expect(panel.getByRole('listitem').first()).toContainText('Rated 1 photo');
  await panel.getByRole('button', { name: 'Undo' }).click();
  await expect(panel.locator('[data-undone]').first()).toContainText('Rated 1 photo');
  await panel.getByRole('button', { name: 'Redo' }).click();
  await expect(panel.locator('[data-undone]')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
});

test('the context menu has the product’s order and says why something cannot be used', async ({ page, app }) => {
  await app.open(page);
  await tiles(page).nth(2).click({ button: 'right' });
  const items = page.getByRole('menu', { name: 'Photo menu' }).getByRole('menuitem');
  const labels = await items
    .locator('.menu__text')
    .evaluateAll((all) => all.map((each) => each.firstChild?.textContent ?? ''));
  const order = [
    'Open',
    'Open With Default App',
    'Show in File Manager',
    'Add to Album…',
    'Rotate',
    'Copy Edits',
    'Paste Edits',
    'Revert to Original',
    'Favourite',
    'Rate',
    'Tags…',
    'Comments…',
    'New Share…',
    'Add to Share…',
    'Manage Share…',
    'Copy Share Link',
    'Hide',
    'Info',
    'Move to Trash',
  ];
  expect(labels.filter((label) => order.includes(label))).toEqual(order.filter((label) => labels.includes(label)));
  for (const needed of ['Open', 'Add to Album…', 'Favourite', 'Rate', 'Tags…', 'Hide', 'Info', 'Move to Trash'])
    expect(labels).toContain(needed);
  await expect(items.filter({ hasText: 'Show in File Manager' })).toContainText('Only in the desktop app');
});
