import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect as playwrightExpect } from '@playwright/test';
import type { Browser, Page } from '@playwright/test';
import sharp from 'sharp';
import { drawPhotos } from '../../build/demoPhotos.ts';
import { startDemoWorld, type DemoPerson, type DemoWorld, type OpenShell } from '../../build/demoWorld.ts';
import { startUnreliableProxy, type UnreliableProxy } from '../helpers/unreliableProxy.ts';
import { freshStartURL } from '../helpers/startAddress.ts';
import { fillFolder, sidebar, startEmpty, test, tile, tiles } from './app.ts';
import { seriousFindings } from './findings.ts';

/*
 * Two computers of one person and a server, each a process of its own: what is done in the window of one shows in the
 * window of the other, which nobody touches. The server is reached through a proxy, so that the network can be cut.
 */

/** On a free machine what is waited for here takes well under two seconds; a busy one takes its time. */
const expect = playwrightExpect.configure({ timeout: 60_000 });

let folder = '';
let proxy: UnreliableProxy;
let world: DemoWorld;
/** Ana's first computer. Her second one is the test's own app. */
let ana: DemoPerson;
let first: OpenShell;
let brought: readonly string[] = [];

test.describe.configure({ mode: 'serial' });
test.setTimeout(300_000);

test.beforeAll(async () => {
  test.setTimeout(300_000);
  folder = mkdtempSync(join(tmpdir(), 'shoebox-sync-e2e-'));
  proxy = await startUnreliableProxy(() => 0.5);
  world = await startDemoWorld(folder, { port: proxy.upstreamPort, publicURL: proxy.origin });
  ana = await world.person('Ana');
  brought = await drawPhotos(join(ana.home, 'pictures'), 'crete', 1, 2);
  for (const args of [
    ['import', ...brought, '--json'],
    ['sync', '--json'],
  ]) {
    const { code, err, out } = await ana.shoebox(args);
    expect(code, err + out).toBe(0);
  }
  first = await ana.open();
});
test.afterAll(async () => {
  await first.stop();
  await world.stop();
  await proxy.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens the window of the first computer, beside the one the test has. */
async function openFirst(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(await freshStartURL(ana.library));
  await expect(tiles(page).first()).toBeVisible();
  return page;
}

const caption = (page: Page) => page.getByRole('textbox', { name: 'Caption' });
const editedMark = (page: Page, name: string) => tile(page, name).locator('svg.lucide-sliders-horizontal');
const inspector = (page: Page) => page.getByRole('complementary', { name: 'Info' });

/** Shows the facts of a photo at the right, whatever is there now. */
async function inspect(page: Page, name: string): Promise<void> {
  await tile(page, name).click();
  if (!(await inspector(page).isVisible())) await page.keyboard.press('i');
  await expect(caption(page)).toBeVisible();
}

async function writeCaption(page: Page, text: string): Promise<void> {
  await caption(page).fill(text);
  await caption(page).blur();
}

/** How colourful the middle of a tile's picture is on the screen: the mean distance between red and blue; 0 is grey. */
async function colourfulness(page: Page, name: string): Promise<number> {
  const shot = sharp(await tile(page, name).locator('img[data-shown]').screenshot());
  const { width, height } = await shot.metadata();
  // The ring of a selected tile and the marks in its corners are coloured whatever the picture is.
  const { data, info } = await shot
    .extract({
      left: Math.round(width / 4),
      top: Math.round(height / 4),
      width: Math.round(width / 2),
      height: Math.round(height / 2),
    })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  let sum = 0;
  for (let at = 0; at < data.length; at += info.channels) sum += Math.abs((data[at] ?? 0) - (data[at + 2] ?? 0));
  return sum / (info.width * info.height);
}

async function openEditor(page: Page, name: string): Promise<void> {
  await tile(page, name).click();
  await page.keyboard.press('e');
  await expect(page.locator('.editor__frame[data-ready=true]')).toBeVisible();
}

const hashesUnder = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      createHash('sha256')
        .update(readFileSync(join(entry.parentPath, entry.name)))
        .digest('hex'),
    )
    .sort();

async function openAccountPage(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Settings' }).first().click();
  await page.getByRole('tab', { name: 'Account & Devices' }).click();
}

test('a server that is started here is where the form then makes an account, and stops only after a question', async ({
  page,
  app,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await app.open(page);
  await startEmpty(page);
  await openAccountPage(page);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(page.getByRole('textbox', { name: 'Your name' })).toBeFocused();
  const address = await page.getByRole('textbox', { name: 'Server' }).inputValue();
  expect(address).toMatch(/^http:\/\/.+:\d+$/u);
  await page.getByRole('button', { name: 'Copy Address' }).first().click();
  await expect(page.getByText(`${address} is copied.`)).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(address);
  expect(await seriousFindings(page)).toEqual([]);

  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  const question = page.getByRole('alertdialog', { name: 'Stop sharing from this computer?' });
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await question.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Copy Address' })).toHaveCount(0);
});

test('a new computer signs in and shows the library of the first', async ({ page, app }) => {
  await app.open(page);
  await openAccountPage(page);
  await page.getByLabel('Server').fill(world.origin);
  await page.getByLabel('E-mail').fill('ana');
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign In', exact: true }).click();
  await expect(page.getByRole('alert')).toHaveText('“ana” is not an e-mail address.');
  await page.getByLabel('E-mail').fill(ana.email);
  await page.getByRole('button', { name: 'Sign In', exact: true }).click();
  await expect(page.getByRole('alert')).toHaveText('The e-mail address or the password is wrong.');
  await page.getByLabel('Password').fill('Ana takes photos in summer');
  await page.getByRole('button', { name: 'Sign In', exact: true }).click();
  await expect(page.getByText('Signed in as')).toBeVisible();
  await expect(page.getByText('this computer', { exact: true })).toBeVisible();

  await expect(page.getByRole('button', { name: 'Up to date' })).toBeVisible({ timeout: 120_000 });
  await page.getByRole('button', { name: 'Up to date' }).click();
  await expect(page.getByRole('heading', { name: 'Up to date' })).toBeVisible();
  await expect(page.getByText('Received').first()).toBeVisible();
  await page.getByRole('button', { name: 'Library' }).first().click();
  await expect(tiles(page)).toHaveCount(2);
});

test('pausing and going on show in the toolbar', async ({ page, app }) => {
  await app.open(page);
  await page.getByRole('button', { name: 'Up to date' }).click({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Paused' })).toBeVisible();
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Up to date' })).toBeVisible();
});

test('photos imported in one window appear in the other, byte for byte', async ({ page, app, browser }) => {
  const a = await openFirst(browser);
  await app.open(page);
  const folderOfPictures = join(folder, 'harbour');
  const harbour = await drawPhotos(folderOfPictures, 'harbour', 20, 2);
  await a.keyboard.press('Control+Shift+I');
  await fillFolder(a, folderOfPictures, 'copy');
  await expect(tile(a, 'harbour-1')).toBeVisible();

  await expect(tiles(page)).toHaveCount(4);
  for (const name of ['harbour-1', 'harbour-2']) {
    await expect(tile(page, name).locator('img[data-shown]')).toBeVisible();
  }
  await expect
    .poll(() => hashesUnder(join(app.folder, 'library', 'originals')))
    .toEqual(hashesUnder(join(ana.library, 'originals')));
  expect(hashesUnder(join(app.folder, 'library', 'originals'))).toHaveLength(brought.length + harbour.length);
});

test('a caption and an edited picture show on the other computer, which can revert the picture', async ({
  page,
  app,
  browser,
}) => {
  const a = await openFirst(browser);
  await app.open(page);
  await inspect(page, 'harbour-1');
  await writeCaption(page, 'The boats at six');
  await inspect(a, 'harbour-1');
  await expect(caption(a)).toHaveValue('The boats at six');

  const before = await colourfulness(a, 'harbour-1');
  expect(before).toBeGreaterThan(15);
  await openEditor(page, 'harbour-1');
  await page.getByRole('button', { name: 'Mono' }).click();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.locator('.editor')).toHaveCount(0);
  await expect(editedMark(page, 'harbour-1')).toHaveCount(1);

  await expect(editedMark(a, 'harbour-1')).toHaveCount(1);
  await expect.poll(() => colourfulness(a, 'harbour-1')).toBeLessThan(2);
  await openEditor(a, 'harbour-1');
  await expect(a.getByRole('button', { name: 'Mono' })).toHaveAttribute('aria-pressed', 'true');
  await expect(a.getByRole('button', { name: /^You, / })).toHaveAttribute('aria-current', 'true');
  await a.getByRole('button', { name: 'Original', exact: true }).click();
  await a.getByRole('button', { name: 'Done' }).click();
  await expect(a.locator('.editor')).toHaveCount(0);
  await expect(editedMark(a, 'harbour-1')).toHaveCount(0);

  await expect(editedMark(page, 'harbour-1')).toHaveCount(0);
  await expect.poll(() => colourfulness(page, 'harbour-1')).toBeGreaterThan(before - 5);
});

test('a photo deleted on one computer is in the trash of the other, and restored there it is back on both', async ({
  page,
  app,
  browser,
}) => {
  const a = await openFirst(browser);
  await app.open(page);
  await tile(a, 'harbour-2').click();
  await a.keyboard.press('Delete');
  await expect(tile(a, 'harbour-2')).toHaveCount(0);

  await expect(tile(page, 'harbour-2')).toHaveCount(0);
  await sidebar(page, 'Trash').click();
  await expect(tiles(page)).toHaveCount(1);
  await tile(page, 'harbour-2').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Restore' }).click();
  await expect(page.getByText('The trash is empty')).toBeVisible();

  await expect(tile(a, 'harbour-2')).toBeVisible();
  await sidebar(page, 'Library').click();
  await expect(tiles(page)).toHaveCount(4);
  await expect(tile(page, 'harbour-2').locator('img[data-shown]')).toBeVisible();
});

test('one caption written on both while cut off ends as the later one on both, other fields side by side', async ({
  page,
  app,
  browser,
}) => {
  const a = await openFirst(browser);
  await app.open(page);
  for (const window of [a, page]) {
    await expect(window.getByRole('button', { name: 'Up to date' })).toBeVisible();
    await inspect(window, 'crete-1');
  }
  proxy.setWeather({ cut: true });
  await writeCaption(a, 'Written first');
  await inspector(a).getByRole('textbox', { name: 'Title' }).fill('Evening');
  await inspector(a).getByRole('textbox', { name: 'Title' }).blur();
  await expect(a.getByRole('button', { name: /^Offline since / })).toBeVisible();
  await writeCaption(page, 'Written later');
  await expect(page.getByRole('button', { name: /^Offline since / })).toBeVisible();
  // Each goes on with what it has: nothing is lost and nothing is asked while there is no network.
  await expect(caption(a)).toHaveValue('Written first');
  await expect(caption(page)).toHaveValue('Written later');

  proxy.setWeather({ cut: false });
  await expect(caption(a)).toHaveValue('Written later', { timeout: 120_000 });
  await expect(inspector(page).getByRole('textbox', { name: 'Title' })).toHaveValue('Evening', { timeout: 120_000 });
  await expect(caption(page)).toHaveValue('Written later');
  for (const window of [a, page]) await expect(window.getByRole('button', { name: 'Up to date' })).toBeVisible();
  expect(proxy.counts.cutOff).toBeGreaterThan(0);
});
