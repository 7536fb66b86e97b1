import type { Page } from '@playwright/test';
import sharp from 'sharp';
import { writeTrips } from '../helpers/scenes.ts';
import { addFolder, expect, startEmpty, test, tiles } from './app.ts';

/* A machine whose browser has no WebGL at all: the processor draws the preview. */

test.use({
  launchOptions: async ({ launchOptions }, use) => {
    const args = launchOptions.args ?? [];
    await use({ ...launchOptions, args: [...args, '--disable-3d-apis', '--disable-software-rasterizer'] });
  },
});

async function brightness(page: Page): Promise<number> {
  const { data } = await sharp(await page.locator('.editor__picture').screenshot())
    .resize(1, 1, { fit: 'fill' })
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return data[0] ?? 0;
}

test('without WebGL a photo is edited on the processor’s preview, compared, and saved', async ({ page, app }) => {
  await writeTrips(app.photos, 2);
  await app.open(page);
  await startEmpty(page);
  await addFolder(page, app.photos, 2);
  expect(await page.evaluate(() => document.createElement('canvas').getContext('webgl2'))).toBeNull();

  await tiles(page).first().click();
  await page.keyboard.press('e');
  const frame = page.locator('.editor__frame');
  await expect(frame).toHaveAttribute('data-drawn-by', 'cpu');
  await expect(page.getByText('Drawn without the graphics card')).toBeVisible();
  const plain = await brightness(page);
  await page.getByRole('slider', { name: 'Exposure', exact: true }).focus();
  await page.keyboard.press('PageUp');
  await expect.poll(() => brightness(page)).toBeGreaterThan(plain + 10);
  await page.keyboard.press('\\');
  await expect.poll(async () => Math.abs((await brightness(page)) - plain)).toBeLessThan(4);
  await page.keyboard.press('\\');
  await page.getByRole('slider', { name: 'Sharpness', exact: true }).focus();
  await page.keyboard.press('End');
  await page.getByRole('button', { name: 'Crop and straighten' }).click();
  await page.getByRole('slider', { name: 'Straighten' }).focus();
  await page.keyboard.press('PageUp');
  await expect(page.getByRole('group', { name: 'Straighten' }).locator('output')).not.toHaveText('0.0°');
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.locator('.editor')).toHaveCount(0);
  await expect(tiles(page).first()).toHaveAccessibleName(/edited/u);
});
