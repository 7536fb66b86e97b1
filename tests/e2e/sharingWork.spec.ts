import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect as playwrightExpect, test } from '@playwright/test';
import type { Browser, Page } from '@playwright/test';
import { drawPhotos } from '../../build/demoPhotos.ts';
import { startDemoWorld, type DemoPerson, type DemoWorld } from '../../build/demoWorld.ts';
import { startUnreliableProxy, type UnreliableProxy } from '../helpers/unreliableProxy.ts';
import { freshStartURL } from '../helpers/startAddress.ts';
import { fillFolder, sidebar, startEmpty, tile, tiles } from './app.ts';
import { seriousFindings } from './findings.ts';

/*
 * Two people at work in one share: how far a long step is while the network is slow, an edit by one that the other sees,
 * reverts and can put a name to, and what a window offers somebody who is not signed in.
 */

const expect = playwrightExpect.configure({ timeout: 60_000 });

let folder = '';
let proxy: UnreliableProxy;
let world: DemoWorld;
let ana: DemoPerson;
let ben: DemoPerson;

test.describe.configure({ mode: 'serial' });
test.setTimeout(420_000);

test.beforeAll(async () => {
  test.setTimeout(420_000);
  folder = mkdtempSync(join(tmpdir(), 'shoebox-sharing-work-'));
  proxy = await startUnreliableProxy(() => 0.5);
  world = await startDemoWorld(folder, { port: proxy.upstreamPort, publicURL: proxy.origin });
  [ana, ben] = await Promise.all([world.person('Ana'), world.person('Ben')]);
  const files = await drawPhotos(join(ana.home, 'pictures'), 'crete', 1, 3);
  const { code, err } = await ana.shoebox(['import', ...files, '--json']);
  expect(code, err).toBe(0);
  await Promise.all([ana.open(), ben.open()]);
});
test.afterAll(async () => {
  await world.stop();
  await proxy.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function openWindow(browser: Browser, person: DemoPerson): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(await freshStartURL(person.library));
  await page.locator('.window').waitFor();
  return page;
}

const place = (page: Page, name: string) =>
  page.getByRole('navigation').getByRole('button', { name: new RegExp(`^${name}`, 'u') });
const editedMark = (page: Page, name: string) => tile(page, name).locator('svg.lucide-sliders-horizontal');

test('the share sheet says how far it is while the server is slow', async ({ browser }) => {
  const a = await openWindow(browser, ana);
  await expect(tiles(a)).toHaveCount(3);
  await tiles(a).first().click();
  await a.keyboard.press('Control+a');
  await tiles(a).first().click({ button: 'right' });
  await a.getByRole('menuitem', { name: /^New Share…/u }).click();
  const sheet = a.getByRole('dialog');
  await sheet.getByLabel('Title').fill('Crete');
  await sheet.getByRole('textbox', { name: 'People' }).fill('ben@example.org');
  await sheet.getByRole('textbox', { name: 'People' }).press('Enter');
  await expect(sheet.getByText('Ben has an account here.')).toBeVisible();
  await sheet.getByRole('button', { name: /What ben@example.org may do/u }).click();
  await a.getByRole('menuitem', { name: /^Editor/u }).click();
  await expect(sheet.getByRole('progressbar')).toHaveCount(0);

  proxy.setWeather({ latency: 4_000 });
  await sheet.getByRole('button', { name: 'Share', exact: true }).click();
  const bar = sheet.getByRole('progressbar', { name: 'How far sharing is' });
  await expect(bar).toHaveAttribute('aria-valuemax', '3');
  await expect(bar).toHaveAttribute('aria-valuetext', 'Waiting for the server…');
  expect(await seriousFindings(a)).toEqual([]);
  proxy.setWeather({ latency: 0 });
  await expect(a.getByText('3 photos are in “Crete”')).toBeVisible();
  await expect(sheet).toHaveCount(0);
});

test('an edit by one shows to the other with its author, and the other can take it back', async ({ browser }) => {
  const [a, b] = await Promise.all([openWindow(browser, ana), openWindow(browser, ben)]);
  await startEmpty(b);
  await place(b, 'Invitations').click();
  await b.getByRole('button', { name: 'Accept…' }).click();
  await b.getByRole('button', { name: 'Accept', exact: true }).click();
  await expect(tiles(b)).toHaveCount(3);
  await expect(tile(b, 'crete-1').locator('img[data-shown]')).toBeVisible();

  await tile(b, 'crete-1').click();
  await b.keyboard.press('e');
  await expect(b.locator('.editor__frame[data-ready=true]')).toBeVisible();
  await b.getByRole('button', { name: 'Mono' }).click();
  await b.getByRole('button', { name: 'Done' }).click();
  await expect(b.locator('.editor')).toHaveCount(0);
  await expect(editedMark(b, 'crete-1')).toHaveCount(1);

  await expect(editedMark(a, 'crete-1')).toHaveCount(1);
  await tile(a, 'crete-1').click();
  await a.keyboard.press('e');
  await expect(a.locator('.editor__frame[data-ready=true]')).toBeVisible();
  await expect(a.getByRole('button', { name: /^Ben, / })).toHaveAttribute('aria-current', 'true');
  await a.getByRole('button', { name: 'Original', exact: true }).click();
  await a.getByRole('button', { name: 'Done' }).click();
  await expect(a.locator('.editor')).toHaveCount(0);

  await expect(editedMark(b, 'crete-1')).toHaveCount(0);
  await place(a, 'Activity').click();
  await expect(a.getByText(/Ben edited a photo in Crete/u)).toBeVisible();
});

test('what is imported while a share is open goes to the share as well', async ({ browser }) => {
  const [a, b] = await Promise.all([openWindow(browser, ana), openWindow(browser, ben)]);
  await place(b, 'Crete').click();
  await expect(tiles(b)).toHaveCount(3);
  await drawPhotos(join(ben.home, 'garden'), 'garden', 40, 1);
  await b.keyboard.press('Control+Shift+I');
  await fillFolder(b, join(ben.home, 'garden'), 'copy');
  await expect(b.getByText('Once they have been read, the photos go to “Crete” as well.')).toBeVisible();
  await expect(tile(b, 'garden-1')).toBeVisible();
  await place(a, 'Crete').click();
  await expect(tile(a, 'garden-1').locator('img[data-shown]')).toBeVisible();
});

test('signed out, every page of sharing says so and leads to signing in', async ({ browser }) => {
  expect((await ben.shoebox(['account', 'sign-out'])).code).toBe(0);
  const b = await openWindow(browser, ben);
  for (const name of ['Shared', 'Invitations', 'Activity']) {
    await place(b, name).click();
    await b.getByRole('main').getByRole('button', { name: 'Sign In…' }).click();
    await expect(b.getByRole('tab', { name: 'Account & Devices' })).toHaveAttribute('aria-selected', 'true');
  }
  await sidebar(b, 'Library').click();
});
