import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import exifr from 'exifr';
import { writeTrips } from '../helpers/scenes.ts';
import { expect, sidebar, takeIn, test, tiles } from './app.ts';
import { colourFindings, seriousFindings } from './findings.ts';

/*
 * What keeps an edit and the person safe in the editor: the focus stays inside, and nothing is lost by going elsewhere.
 */

test.describe.configure({ mode: 'serial' });

const editor = (page: Page): Locator => page.getByRole('dialog', { name: /^Edit /u });
const frame = (page: Page): Locator => page.locator('.editor__frame');
const slider = (page: Page, name: string): Locator => page.getByRole('slider', { name, exact: true });
const edited = (page: Page): Locator => page.locator('.tile svg.lucide-sliders-horizontal');
const question = (page: Page): Locator => page.getByRole('alertdialog', { name: 'Discard your changes?' });
const toast = (page: Page): Locator => page.locator('.toast').last();

async function openEditor(page: Page, index: number): Promise<void> {
  await tiles(page).nth(index).click();
  await page.keyboard.press('e');
  await expect(frame(page)).toHaveAttribute('data-ready', 'true');
}

test('the library for these tests is taken in', async ({ page, app }) => {
  await writeTrips(app.photos, 24);
  await takeIn(page, app, 24);
});

for (const [theme, findings] of [
  ['light', seriousFindings],
  ['dark', colourFindings],
] as const) {
  test(`the editor, its crop, its question and the export have no serious finding in the ${theme} theme`, async ({
    page,
    app,
  }) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await app.open(page);
    await openEditor(page, 0);
    expect.soft(await findings(page), 'adjusting').toEqual([]);
    await page.keyboard.press('s');
    await expect(page.locator('.split')).toBeVisible();
    expect.soft(await findings(page), 'comparing').toEqual([]);
    await page.keyboard.press('c');
    await expect(page.locator('.crop__rect')).toBeVisible();
    expect.soft(await findings(page), 'cropping').toEqual([]);
    await page.keyboard.press('c');
    await page.getByRole('button', { name: 'Mono' }).click();
    await page.keyboard.press('Escape');
    await expect(question(page)).toBeVisible();
    expect.soft(await findings(page), 'asking').toEqual([]);
    await question(page).getByRole('button', { name: 'Discard changes' }).click();
    await page.keyboard.press('Control+Shift+e');
    await expect(page.getByRole('dialog', { name: 'Export 1 photo' })).toBeVisible();
    expect.soft(await findings(page), 'exporting').toEqual([]);
    await page.getByRole('button', { name: 'Choose…' }).click();
    await expect(page.getByRole('list', { name: 'Folders' }).getByRole('listitem').first()).toBeVisible();
    expect.soft(await findings(page), 'choosing a folder for the export').toEqual([]);
  });
}

test('Tab goes around inside the editor in both directions, and the focus goes back to the list', async ({
  page,
  app,
}) => {
  await app.open(page);
  await openEditor(page, 1);
  const seen: number[] = [];
  for (let presses = 0; presses < 120; presses += 1) {
    await page.keyboard.press(presses < 80 ? 'Tab' : 'Shift+Tab');
    // -1: the focus is outside.
    seen.push(
      await page.evaluate(() =>
        document.activeElement === null
          ? -1
          : [...document.querySelectorAll('.editor *')].indexOf(document.activeElement),
      ),
    );
  }
  expect(seen.filter((at) => at < 0)).toEqual([]);
  // Every control once around, and then again from the first.
  expect(new Set(seen).size).toBeGreaterThan(30);
  expect(seen.lastIndexOf(seen[0] ?? -1, 79)).toBeGreaterThan(30);
  // Away from the buttons: there, Escape hides the tooltip first.
  await slider(page, 'Exposure').focus();
  await page.keyboard.press('Escape');
  await expect(editor(page)).toHaveCount(0);
  await expect(page.getByRole('grid')).toBeFocused();
});

test('another address closes the editor at once when nothing was changed', async ({ page, app }) => {
  await app.open(page);
  await openEditor(page, 1);
  await page.evaluate(() => (window.location.hash = '#/favourites'));
  await expect(editor(page)).toHaveCount(0);
  await expect(page.getByRole('heading', { level: 1, name: 'Favourites' })).toBeVisible();
});

test('another address asks about unsaved edits, and the browser’s back does as well', async ({ page, app }) => {
  await app.open(page);
  const before = await page.evaluate(() => window.location.hash);
  await openEditor(page, 1);
  await slider(page, 'Exposure').focus();
  await page.keyboard.press('PageUp');
  await page.evaluate(() => (window.location.hash = '#/favourites'));
  await expect(question(page)).toBeVisible();
  // By key: the question starts on Cancel.
  await page.keyboard.press('Enter');
  await expect(question(page)).toHaveCount(0);
  await expect(editor(page)).toBeVisible();
  expect(await page.evaluate(() => window.location.hash)).toBe(before);
  await expect(page.getByRole('group', { name: 'Exposure' }).locator('output')).toHaveText('+0.80');

  // Back: over the address just left, the window asks itself; further back the browser has to.
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    void dialog.dismiss();
  });
  await page.evaluate(() => window.location.reload());
  await expect.poll(() => asked).toEqual(['beforeunload']);
  await expect(editor(page)).toBeVisible();

  await page.evaluate(() => (window.location.hash = '#/favourites'));
  await question(page).getByRole('button', { name: 'Discard changes' }).click();
  await expect(editor(page)).toHaveCount(0);
  await expect(page.getByRole('heading', { level: 1, name: 'Favourites' })).toBeVisible();
  await sidebar(page, 'Library').click();
  await expect(edited(page)).toHaveCount(0);
  // Nothing is held any more: the window may go.
  await page.reload();
  await expect(tiles(page).first()).toBeVisible();
  expect(asked).toEqual(['beforeunload']);
});

test('commands of the shell’s menu mean the draft while the editor is open, or rest', async ({ page, app }) => {
  await app.open(page);
  const menu = (command: string): Promise<boolean> =>
    page.evaluate(
      (name) => window.dispatchEvent(new CustomEvent('shoebox:event', { detail: { type: 'command', command: name } })),
      command,
    );
  await tiles(page).nth(2).click();
  await page.keyboard.press('f');
  await openEditor(page, 2);
  await page.getByRole('button', { name: 'Vivid' }).click();
  await menu('edit.undo');
  await expect(page.getByRole('button', { name: 'Vivid' })).toHaveAttribute('aria-pressed', 'false');
  await menu('edit.redo');
  await expect(page.getByRole('button', { name: 'Vivid' })).toHaveAttribute('aria-pressed', 'true');
  await menu('go.tags');
  await menu('photo.trash');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await question(page).getByRole('button', { name: 'Discard changes' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Library' })).toBeVisible();
  await expect(page.locator('.toolbar__count')).toHaveText('24 photos');
  await expect(tiles(page).nth(2)).toHaveAccessibleName(/favourite/u);
  await page.keyboard.press('Control+z');
  await expect(tiles(page).nth(2)).not.toHaveAccessibleName(/favourite/u);
});

test('a crop is drawn by mouse and by arrow keys, and the tile takes its shape', async ({ page, app }) => {
  await app.open(page);
  const whole = await tiles(page).nth(4).boundingBox();
  await openEditor(page, 4);
  await page.getByRole('button', { name: 'Crop and straighten' }).click();
  const rect = page.locator('.crop__rect');
  const part = async (side: 'left' | 'top' | 'width' | 'height'): Promise<number> =>
    Number.parseFloat(await rect.evaluate((element, name) => (element as HTMLElement).style[name], side));
  const handle = (name: string): Locator => page.getByRole('button', { name, exact: true });

  await expect(rect).toBeVisible();
  const box = await frame(page).boundingBox();
  const corner = await handle('Bottom right corner').boundingBox();
  if (box === null || corner === null || whole === null) throw new Error('the crop is not on screen');
  await page.mouse.move(corner.x + corner.width / 2, corner.y + corner.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height, { steps: 5 });
  await page.mouse.up();
  expect(await part('width')).toBeCloseTo(60, 0);
  expect(await part('height')).toBeGreaterThan(97);

  await handle('Left edge').focus();
  for (let presses = 0; presses < 4; presses += 1) await page.keyboard.press('Shift+ArrowRight');
  expect(await part('left')).toBeCloseTo(20, 1);
  expect(await part('width')).toBeCloseTo(40, 0);
  await handle('Move the crop').focus();
  await page.keyboard.press('ArrowRight');
  expect(await part('left')).toBeCloseTo(20.5, 1);
  // How many presses make one step depends on how fast they come; taken back they all are, and done again.
  const toLeft = (key: string, percent: number): Promise<void> =>
    expect(async () => {
      await page.keyboard.press(key);
      expect(await part('left')).toBeCloseTo(percent, 1);
    }).toPass();
  await toLeft('Control+z', 0);
  await toLeft('Control+Shift+z', 20);
  await page.keyboard.press('Enter');
  await expect(rect).toHaveCount(0);
  await page.keyboard.press('Enter');
  await expect(editor(page)).toHaveCount(0);
  await expect(edited(page)).toHaveCount(1);
  await expect
    .poll(async () => {
      const now = await tiles(page).nth(4).boundingBox();
      return now === null ? 0 : now.width / now.height / (whole.width / whole.height);
    })
    .toBeLessThan(0.5);
});

test('edits are copied and pasted onto twenty by the menu, taken back, and reverted', async ({ page, app }) => {
  await app.open(page);
  const choose = async (index: number, name: string): Promise<void> => {
    await tiles(page).nth(index).click({ button: 'right' });
    await page.getByRole('menuitem', { name: new RegExp(`^${name}`, 'u') }).click();
  };
  await openEditor(page, 5);
  await page.getByRole('button', { name: 'Noir' }).click();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(edited(page)).toHaveCount(2);
  await choose(5, 'Copy Edits');
  await expect(toast(page)).toContainText('Edits copied');
  await tiles(page).nth(0).click();
  await tiles(page)
    .nth(4)
    .click({ modifiers: ['Shift'] });
  await page.keyboard.press('Control+a');
  for (const left of [5, 6, 7, 8])
    await tiles(page)
      .nth(left)
      .click({ modifiers: ['Control'] });
  await expect(page.getByRole('toolbar', { name: 'Selected photos' })).toContainText('20 selected');
  await choose(0, 'Paste Edits');
  await expect(toast(page)).toContainText('Edits pasted onto 20 photos');
  await toast(page).getByRole('button', { name: 'Undo' }).click();
  await expect(toast(page)).toContainText('Undone');
  await expect(edited(page)).toHaveCount(2);
  await choose(4, 'Revert to Original');
  await expect(edited(page)).toHaveCount(1);
  await page.keyboard.press('Control+z');
  await expect(edited(page)).toHaveCount(2);
});

test('an exported photo keeps its place, or leaves it behind when asked to', async ({ page, app }) => {
  await app.open(page);
  const folder = join(app.folder, 'out');
  mkdirSync(folder);
  const sheet = page.getByRole('dialog', { name: 'Export 1 photo' });
  await tiles(page).nth(5).click();

  // By key: the command, then Tab and typing.
  await page.keyboard.press('Control+Shift+e');
  await expect(sheet.getByLabel('Folder')).toBeVisible();
  await sheet.getByLabel('Folder').focus();
  await page.keyboard.type(folder);
  await page.keyboard.press('Enter');
  await expect(toast(page)).toContainText('1 photo exported');
  // By mouse: the context menu has no export; the menu button does.
  await page.getByRole('button', { name: 'Menu', exact: true }).click();
  await page.getByRole('menuitem', { name: 'File' }).click();
  await page.getByRole('menuitem', { name: /^Export…/u }).click();
  await sheet.getByLabel('Folder').fill(folder);
  await sheet.getByRole('radio', { name: 'Without place' }).click();
  await sheet.getByRole('button', { name: 'Export' }).click();
  await expect.poll(() => readdirSync(folder).length).toBe(2);
  await expect(sheet).toHaveCount(0);

  const [kept = '', stripped = ''] = readdirSync(folder)
    .toSorted((left, right) => right.length - left.length)
    .toReversed();
  const place = await exifr.gps(join(folder, kept));
  expect(place?.latitude).toBeGreaterThan(34);
  expect(await exifr.gps(join(folder, stripped)).catch(() => undefined)).toBeUndefined();
  const facts = await exifr.parse(join(folder, stripped), ['Make', 'GPSLatitude', 'ISO']);
  expect(facts).toMatchObject({ Make: 'FUJIFILM' });
  expect(facts).not.toHaveProperty('GPSLatitude');
});

test('where the system has no dialog, the folder of an export is chosen from a list', async ({ page, app }) => {
  const folder = join(app.folder, 'chosen');
  mkdirSync(folder);
  await app.open(page);
  await tiles(page).nth(1).click();
  await page.keyboard.press('Control+Shift+e');
  const sheet = page.getByRole('dialog', { name: 'Export 1 photo' });
  const confirm = sheet.getByRole('button', { name: 'Export', exact: true });
  const field = sheet.getByRole('textbox', { name: 'Folder' });
  const choose = sheet.getByRole('button', { name: 'Choose…' });
  // Why it cannot be pressed stands beside it.
  await expect(confirm).toBeDisabled();
  await expect(sheet.getByRole('status').filter({ hasText: 'Choose a folder' })).toBeVisible();

  await choose.click();
  await expect(choose).toHaveAttribute('aria-expanded', 'true');
  const list = sheet.getByRole('list', { name: 'Folders' });
  await expect(field).toHaveValue(app.folder);
  await list.getByRole('button', { name: 'chosen' }).click();
  await expect(field).toHaveValue(folder);
  await choose.click();
  await expect(list).toHaveCount(0);
  await expect(field).toHaveValue(folder);

  await sheet.getByLabel('Long edge in pixels').fill('3');
  await expect(confirm).toBeDisabled();
  await expect(sheet.getByRole('status').filter({ hasText: '16 to 30,000' })).toBeVisible();
  await sheet.getByLabel('Long edge in pixels').fill('');
  await confirm.click();
  await expect(toast(page)).toContainText('1 photo exported');
  expect(readdirSync(folder)).toHaveLength(1);
});
