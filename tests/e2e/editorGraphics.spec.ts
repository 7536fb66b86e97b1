import type { Locator, Page } from '@playwright/test';
import sharp from 'sharp';
import { writeTrips } from '../helpers/scenes.ts';
import { addFolder, expect, startEmpty, test, tiles } from './app.ts';

/* The editor on a graphics card. There is none here: SwiftShader plays one, and the page is told that it is one. */

test.use({
  launchOptions: async ({ launchOptions }, use) => {
    const args = (launchOptions.args ?? []).filter((flag) => flag !== '--disable-gpu');
    await use({ ...launchOptions, args: [...args, '--use-angle=swiftshader', '--enable-unsafe-swiftshader'] });
  },
});

const frame = (page: Page): Locator => page.locator('.editor__frame');

/** The mean brightness of what is really on the stage. */
async function brightness(page: Page): Promise<number> {
  const { data } = await sharp(await page.locator('.editor__picture').screenshot())
    .resize(1, 1, { fit: 'fill' })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return [...data].reduce((sum, value) => sum + value, 0) / 3;
}

test('a lost graphics context leaves the picture on the screen and editable, and is taken back when it returns', async ({
  page,
  app,
}) => {
  await page.addInitScript(() => {
    const { prototype } = WebGL2RenderingContext;
    const real = prototype.getParameter;
    // UNMASKED_RENDERER_WEBGL of WEBGL_debug_renderer_info.
    prototype.getParameter = function named(name: number) {
      return name === 0x9246 ? 'A graphics card' : (real.call(this, name) as unknown);
    };
  });
  await writeTrips(app.photos, 2);
  await app.open(page);
  await startEmpty(page);
  await addFolder(page, app.photos, 2);
  await tiles(page).first().click();
  await page.keyboard.press('e');
  await expect(frame(page)).toHaveAttribute('data-ready', 'true');
  await expect(frame(page)).toHaveAttribute('data-drawn-by', 'gpu');
  const plain = await brightness(page);
  await page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('.editor__picture');
    const lose = canvas?.getContext('webgl2')?.getExtension('WEBGL_lose_context');
    if (lose == null) throw new Error('there is no graphics context to lose');
    Object.assign(window, { giveBack: () => lose.restoreContext() });
    lose.loseContext();
  });
  await expect(frame(page)).toHaveAttribute('data-drawn-by', 'cpu');
  await expect.poll(async () => Math.abs((await brightness(page)) - plain)).toBeLessThan(4);
  await page.getByRole('slider', { name: 'Exposure', exact: true }).focus();
  await page.keyboard.press('PageUp');
  await expect.poll(() => brightness(page)).toBeGreaterThan(plain + 10);
  const brighter = await brightness(page);

  await page.evaluate(() => (window as unknown as { giveBack: () => void }).giveBack());
  await expect(frame(page)).toHaveAttribute('data-drawn-by', 'gpu');
  await expect.poll(async () => Math.abs((await brightness(page)) - brighter)).toBeLessThan(4);
  await page.keyboard.press('PageDown');
  await expect.poll(async () => Math.abs((await brightness(page)) - plain)).toBeLessThan(4);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog', { name: /^Edit /u })).toHaveCount(0);
});
