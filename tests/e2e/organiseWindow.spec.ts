import type { Locator, Page } from '@playwright/test';
import { writeTrips } from '../helpers/scenes.ts';
import { expect, grid, keyboardFree, selected, sidebar, takeIn, test, tileNames, tiles } from './app.ts';

/* What lies over the photos or at their foot: menus, messages, the bar of a selection, and the trash in each of them. */

test.describe.configure({ mode: 'serial' });

const toast = (page: Page): Locator => page.locator('.toast');

test('the library for these tests is taken in', async ({ page, app }) => {
  await writeTrips(app.photos, 12);
  await takeIn(page, app, 12);
});

test('a single photo of the trash is put back by the bar, and in the viewer put back or deleted for good', async ({
  page,
  app,
}) => {
  await app.open(page);
  await tiles(page).nth(0).click();
  await tiles(page)
    .nth(2)
    .click({ modifiers: ['Shift'] });
  await page.keyboard.press('Delete');
  await expect(page.locator('.toolbar__count')).toHaveText('9 photos');
  await sidebar(page, 'Trash').click();
  await expect(tiles(page)).toHaveCount(3);
  await tiles(page).nth(1).click();
  const bar = page.getByRole('toolbar', { name: 'Selected photos' });
  await expect(bar).toContainText('1 selected');
  await expect(bar.getByRole('button', { name: 'Move to Trash' })).toHaveCount(0);
  await bar.getByRole('button', { name: 'Restore' }).click();
  await expect(tiles(page)).toHaveCount(2);

  await tiles(page).nth(0).dblclick();
  const viewer = page.getByRole('region', { name: /^Viewer: /u });
  await expect(viewer).toContainText('1 of 2');
  await expect(viewer.getByRole('button', { name: 'Move to Trash' })).toHaveCount(0);
  await viewer.getByRole('button', { name: 'Delete for Good…' }).click();
  const question = page.getByRole('alertdialog', { name: 'Delete 1 photo for good?' });
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(question).toHaveCount(0);
  await expect(viewer).toContainText('1 of 2');
  await viewer.getByRole('button', { name: 'Delete for Good…' }).click();
  await question.getByRole('button', { name: 'Delete' }).click();
  await expect(viewer).toContainText('1 of 1');
  await viewer.getByRole('button', { name: 'Restore' }).click();
  await expect(viewer).toHaveCount(0);
  await expect(page.getByText('The trash is empty')).toBeVisible();
  await sidebar(page, 'Library').click();
  await expect(page.locator('.toolbar__count')).toHaveText('11 photos');
});

test('a message covers neither the bar of a selection nor the frames of the viewer, and gives the keys back', async ({
  page,
  app,
}) => {
  const foot = async (of: Locator): Promise<number> => {
    const box = await of.boundingBox();
    if (box === null) throw new Error('it is not on screen');
    return box.y + box.height;
  };
  const top = async (of: Locator): Promise<number> => (await of.boundingBox())?.y ?? 0;
  await app.open(page);
  await tiles(page).nth(0).click();
  await tiles(page)
    .nth(1)
    .click({ modifiers: ['Shift'] });
  await page.keyboard.press('Control+c');
  await expect(toast(page)).toHaveText(/^Copied 2 photos/u);
  expect(await foot(toast(page))).toBeLessThan(await top(page.getByRole('toolbar', { name: 'Selected photos' })));
  await toast(page).getByRole('button', { name: 'Dismiss' }).click();
  await expect(grid(page)).toBeFocused();

  await tiles(page).nth(0).dblclick();
  const viewer = page.getByRole('region', { name: /^Viewer: /u });
  await expect(viewer).toBeFocused();
  await page.keyboard.press('Control+c');
  await expect(toast(page)).toHaveText(/^Copied 1 photo/u);
  expect(await foot(toast(page))).toBeLessThan(await top(page.locator('.filmstrip')));
  await toast(page).getByRole('button', { name: 'Dismiss' }).click();
  await expect(toast(page)).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(viewer).toHaveCount(0);
});

test('the context menu is shown whole wherever it is opened, by mouse and by key', async ({ page, app }) => {
  await app.open(page);
  const menu = page.getByRole('menu', { name: 'Photo menu' });
  const shownWhole = async (): Promise<void> => {
    await expect(menu.getByRole('menuitem', { name: /^Move to Trash/u })).toBeInViewport({ ratio: 1 });
    await expect(menu.getByRole('menuitem', { name: /^Open/u }).first()).toBeInViewport({ ratio: 1 });
    expect(await menu.evaluate((element) => element.scrollHeight - element.clientHeight)).toBeLessThanOrEqual(0);
    const box = await menu.boundingBox();
    expect(box === null ? Number.POSITIVE_INFINITY : box.x + box.width).toBeLessThanOrEqual(1_280);
    await page.keyboard.press('Escape');
    await expect(menu).toHaveCount(0);
  };
  const last = (await tiles(page).count()) - 1;
  for (const index of [0, 2, last]) {
    await tiles(page).nth(index).click({ button: 'right' });
    await shownWhole();
  }
  // Towards the right and the lower edge of the window.
  for (const index of [2, last]) {
    const box = await tiles(page).nth(index).boundingBox();
    if (box === null) throw new Error('the photo is not on screen');
    const position = { x: box.width - 3, y: box.height - 3 };
    await tiles(page).nth(index).click({ button: 'right', position });
    await shownWhole();
  }

  await tiles(page).nth(1).click();
  await page.keyboard.press('Shift+F10');
  await expect(menu.getByRole('menuitem', { name: /^Open/u }).first()).toBeFocused();
  await shownWhole();
  await expect(grid(page)).toBeFocused();
});

test('every screen is in the View menu, whose groups are separated, and in the palette', async ({ page, app }) => {
  await app.open(page);
  await page.getByRole('button', { name: 'Menu', exact: true }).click();
  await page.getByRole('menuitem', { name: 'View' }).click();
  const menu = page.getByRole('menu', { name: 'View' });
  await expect(menu.getByRole('separator')).toHaveCount(5);
  expect(await menu.evaluate((element) => element.scrollHeight - element.clientHeight)).toBeLessThanOrEqual(0);
  await menu.getByRole('menuitem', { name: 'Go to Activity' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Activity' })).toBeVisible();
  for (const [command, title] of [
    ['go to sync', 'Sync'],
    ['go to shared', 'Manage Shares'],
    ['go to invitations', 'Invitations'],
  ] as const) {
    await keyboardFree(page);
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('dialog')).toBeVisible();
    await page.keyboard.type(command);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
  }
});

test('a photo that leaves the list holds neither the keyboard nor the viewer, and an Undo means its own step', async ({
  page,
  app,
}) => {
  await app.open(page);
  await expect(tiles(page)).toHaveCount(11);
  const names = await tileNames(page);
  const at = (index: number): string => names[index] ?? '';
  await tiles(page).nth(2).click();
  await page.keyboard.press('Delete');
  await expect(tiles(page)).toHaveCount(names.length - 1);
  // The next photo took the place: the arrow goes on from there, not from the top.
  await page.keyboard.press('ArrowRight');
  await expect(selected(page)).toHaveAccessibleName(new RegExp(`^${at(3)}`, 'u'));
  await page.keyboard.press('f');
  await expect(sidebar(page, 'Favourites')).toContainText('1');
  await toast(page).filter({ hasText: 'to the trash' }).getByRole('button', { name: 'Undo' }).click();
  await expect(tiles(page)).toHaveCount(names.length);
  await expect(sidebar(page, 'Favourites')).toContainText('1');

  for (const index of [5, 6]) {
    await tiles(page).nth(index).click();
    await page.keyboard.press('f');
  }
  await sidebar(page, 'Favourites').click();
  await expect(tiles(page)).toHaveCount(3);
  await tiles(page).nth(1).dblclick();
  const viewer = page.getByRole('region', { name: /^Viewer: /u });
  await expect(viewer).toContainText('2 of 3');
  await page.keyboard.press('f');
  await expect(viewer).not.toContainText(' of ');
  await page.keyboard.press('ArrowRight');
  await expect(viewer).toContainText('2 of 2');
  await page.keyboard.press('ArrowLeft');
  await expect(viewer).toContainText('1 of 2');
});

test('a part that cannot be drawn says so in its place, and the rest of the window goes on', async ({ page, app }) => {
  // A window of its own: what is caught is written to the console, where any error fails the test of the other.
  const other = await page.context().newPage();
  await app.open(other);
  await other.getByRole('button', { name: 'Info', exact: true }).click();
  await tiles(other).nth(0).click();
  const info = other.getByRole('complementary', { name: 'Info' });
  const title = info.getByRole('textbox', { name: 'Title' });
  await expect(title).toBeVisible();
  await other.evaluate(() => {
    const { NumberFormat } = Intl;
    const construct = (): never => {
      throw new RangeError('Invalid time value');
    };
    Object.assign(Intl, { NumberFormat: new Proxy(NumberFormat, { construct }) });
    addEventListener('mended', () => void Object.assign(Intl, { NumberFormat }));
  });
  await tiles(other).nth(1).click();
  const face = info.getByRole('alert').filter({ hasText: 'Invalid time value' });
  await expect(face).toBeVisible();
  await expect(title).toHaveCount(0);
  await other.keyboard.press('ArrowRight');
  await expect(selected(other)).toHaveAttribute(
    'aria-label',
    (await tiles(other).nth(2).getAttribute('aria-label')) ?? '',
  );
  await face.getByRole('button', { name: 'Try Again' }).click();
  await expect(face).toBeVisible();
  await other.evaluate(() => dispatchEvent(new Event('mended')));
  await face.getByRole('button', { name: 'Try Again' }).click();
  await expect(title).toBeVisible();
  await other.close();
});
