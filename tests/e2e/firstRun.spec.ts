import type { Locator, Page } from '@playwright/test';
import { writeManyScenes } from '../helpers/scenes.ts';
import { addFolder, expect, fillFolder, grid, selected, test, tiles } from './app.ts';

/** Holds what the window asks for behind the first page of the list, until it is let go. */
async function holdFurtherPages(page: Page): Promise<{ held: () => number; release: () => void }> {
  const waiting: (() => void)[] = [];
  let open = false;
  await page.routeWebSocket(/\/rpc/u, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((message) => {
      if (open || !(message.toString().includes('photos/timeline') && message.toString().includes('"after"')))
        server.send(message);
      else waiting.push(() => server.send(message));
    });
  });
  return {
    held: () => waiting.length,
    release: () => {
      open = true;
      for (const send of waiting.splice(0)) send();
    },
  };
}

const focusedTile = (page: Page): Locator => grid(page).locator('[data-focused="true"]');

test.describe.configure({ mode: 'serial' });

test('a new person adds a folder of 1,000 photos and opens one, by mouse', async ({ page, app }) => {
  await writeManyScenes(app.photos, 1_000);
  await app.open(page);
  const welcome = page.getByRole('dialog', { name: 'Welcome to Shoebox' });
  await expect(welcome).toContainText(app.folder);
  await welcome.getByRole('button', { name: /^Add Folder/u }).click();
  await fillFolder(page, app.photos);
  await expect(page.locator('.toolbar__count')).toHaveText('1,000 photos', { timeout: 60_000 });
  await expect(grid(page).locator('img[data-shown]').first()).toBeVisible({ timeout: 30_000 });

  await tiles(page).nth(3).dblclick();
  const viewer = page.getByRole('region', { name: /^Viewer: IMG_0004/u });
  await expect(viewer).toBeVisible();
  await expect(viewer).toContainText('4 of 1,000');
  await expect(viewer.locator('.stage__image[data-loaded]').first()).toBeVisible();
  await viewer.locator('.viewer__middle').hover();
  await viewer.getByRole('button', { name: 'Next photo' }).click();
  await expect(page.getByRole('region', { name: /^Viewer: IMG_0005/u })).toBeVisible();
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await expect(selected(page)).toHaveAccessibleName(/^IMG_0005/u);
});

test('the import chip goes away by itself and the report says that every file was taken', async ({ page, app }) => {
  await app.open(page);
  await expect(page.getByRole('group', { name: 'Import progress' })).toHaveCount(0, { timeout: 60_000 });
  await page.keyboard.press('Control+k');
  await page.keyboard.type('import report');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Every file was taken.')).toBeVisible();
});

test('the command palette with all its commands stays inside the window', async ({ page, app }) => {
  await app.open(page);
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox', { name: 'Command' })).toBeFocused();
  await expect(page.getByRole('option', { name: /^New Album/u }).first()).toBeVisible();
  const box = await page.getByRole('listbox').boundingBox();
  expect(box === null ? null : box.y + box.height).toBeLessThan(page.viewportSize()?.height ?? 0);
});

test('a photo is opened, zoomed, rated and left by keyboard only', async ({ page, app }) => {
  await app.open(page);
  await expect(tiles(page).first()).toBeVisible();
  // The keyboard reaches the list by Tab alone.
  for (let presses = 0; presses < 40; presses += 1) {
    if ((await page.evaluate(() => document.activeElement?.getAttribute('role'))) === 'grid') break;
    await page.keyboard.press('Tab');
  }
  await expect(grid(page)).toBeFocused();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await expect(selected(page)).toHaveCount(1);
  const name = (await selected(page).getAttribute('aria-label')) ?? '';
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: new RegExp(`^Viewer: ${name.split(',')[0]}`, 'u') })).toBeVisible();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('4');
  await expect(page.getByRole('button', { name: '4 stars' }).first()).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('z');
  await expect(page.locator('.stage__zoom')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('region', { name: /^Viewer/u })).toHaveCount(0);
  await expect(grid(page)).toBeFocused();
  await expect(selected(page)).toHaveAccessibleName(/4 stars/u);
});

test('End goes to the oldest photo, Home back to the newest, and both are drawn', async ({ page, app }) => {
  await app.open(page);
  await expect(tiles(page).first()).toBeVisible();
  await grid(page).focus();
  await page.keyboard.press('End');
  await expect(selected(page)).toHaveAccessibleName(/^IMG_1000/u);
  await expect(selected(page).locator('img[data-shown]')).toBeVisible();
  await page.keyboard.press('Home');
  await expect(selected(page)).toHaveAccessibleName(/^IMG_0001/u);
});

for (const { keys, chosen, focused } of [
  { keys: 'End', chosen: 1, focused: /^IMG_1000/u },
  { keys: 'Shift+End', chosen: 1_000, focused: /^IMG_1000/u },
  { keys: 'End ArrowLeft', chosen: 1, focused: /^IMG_0599/u },
]) {
  test(`${keys} while the list is still being read ends where a person means`, async ({ page, app }) => {
    const reading = await holdFurtherPages(page);
    await app.open(page);
    await expect(tiles(page).first()).toBeVisible();
    await grid(page).focus();
    await page.keyboard.press('Home');
    for (const key of keys.split(' ')) await page.keyboard.press(key);
    await expect.poll(reading.held).toBeGreaterThan(0);
    await expect(focusedTile(page)).toHaveAccessibleName(keys.includes('Arrow') ? focused : /^IMG_0600/u);
    reading.release();
    await expect(page.locator('.toolbar__count')).toHaveText('1,000 photos');
    await expect(focusedTile(page)).toHaveAccessibleName(focused);
    await expect(focusedTile(page)).toBeInViewport();
    if (chosen > 1) await expect(page.getByText(`${chosen.toLocaleString('en')} selected`)).toBeVisible();
    else await expect(selected(page)).toHaveCount(1);
  });
}

test('a shell that stops is announced, and the window recovers when it is back', async ({ page, app }) => {
  await app.open(page);
  await expect(tiles(page).first()).toBeVisible();
  await app.stop();
  await expect(page.getByRole('alert').filter({ hasText: 'Shoebox is not answering' })).toBeVisible();
  await expect(tiles(page).first()).toBeVisible();
  await app.restart();
  // Another port: the person opens the new address, and finds everything as it was.
  await app.open(page);
  await expect(page.locator('.toolbar__count')).toHaveText('1,000 photos');
});

test('an exact copy in a second folder becomes no second photo, but one that knows both places', async ({
  page,
  app,
}) => {
  await app.open(page);
  await expect(tiles(page).first()).toBeVisible();
  const [path] = await writeManyScenes(`${app.folder}/more`, 1);
  expect(path).toBeDefined();
  // The same scene at the same time has the same bytes: one photo that knows two places, no second tile.
  await addFolder(page, `${app.folder}/more`, 1_000);
  await expect(async () => {
    await tiles(page).nth(1).click();
    await tiles(page).first().click();
    if ((await page.getByRole('complementary', { name: 'Info' }).count()) === 0) await page.keyboard.press('i');
    await expect(page.getByRole('complementary', { name: 'Info' })).toContainText(`${app.folder}/more`, {
      timeout: 1_000,
    });
    // For a moment the copy is a row of its own, until its bytes are read.
    await expect(page.getByRole('complementary', { name: 'Info' })).toContainText(app.photos, { timeout: 1_000 });
  }).toPass();
});
