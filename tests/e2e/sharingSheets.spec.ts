import { expect as playwrightExpect, test } from '@playwright/test';
import type { Browser, Locator, Page } from '@playwright/test';
import type { DemoPerson } from '../../build/demoWorld.ts';
import { freshStartURL } from '../helpers/startAddress.ts';
import { sidebar, tile, tiles } from './app.ts';
import { startSlowWorld, type SlowWorld } from './slowWorld.ts';

/*
 * The sheets of sharing between a person and a slow server: who is named in one is invited, one that is closed while its
 * step runs stays out of the way, and a link that arrives meanwhile waits.
 */

const expect = playwrightExpect.configure({ timeout: 60_000 });

/** Longer than it takes to close a sheet and open the next one; ms each way. */
const slow = 4_000;

let slowWorld: SlowWorld;
let proxy: SlowWorld['proxy'];
let world: SlowWorld['world'];
let ana: DemoPerson;
let ben: DemoPerson;

test.describe.configure({ mode: 'serial' });
test.setTimeout(300_000);

test.beforeAll(async () => {
  test.setTimeout(300_000);
  slowWorld = await startSlowWorld('sharing-sheets', 1);
  ({ proxy, world, ana, ben } = slowWorld);
});
test.beforeEach(() => proxy.setWeather({ cut: false, latency: 0 }));
test.afterAll(() => slowWorld.stop());

async function openWindow(browser: Browser, person: DemoPerson): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(await freshStartURL(person.library));
  await expect(tiles(page).first()).toBeVisible();
  return page;
}

const toast = (page: Page, text: string | RegExp): Locator => page.locator('.toast').filter({ hasText: text });
const people = (sheet: Locator): Locator => sheet.getByRole('textbox', { name: 'People' });

/** Opens New Share… for a photo and gives the share a title. */
async function newShare(page: Page, photo: string, title: string): Promise<Locator> {
  await tile(page, photo).click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^New Share…/u }).click();
  const sheet = page.getByRole('dialog', { name: 'New Share' });
  await sheet.getByLabel('Title').fill(title);
  return sheet;
}

/** Opens the participants of one of Ana's shares. */
async function participants(page: Page, title: string): Promise<Locator> {
  await page.getByRole('button', { name: 'Manage Shares' }).click();
  const mine = page.getByRole('region', { name: 'By Me' }).getByRole('listitem').filter({ hasText: title });
  await mine.getByRole('button', { name: 'Participants' }).click();
  return page.getByRole('dialog', { name: `Participants · ${title}` });
}

/** A click on a share link outside the window. */
const clickLink = (page: Page, link: string): Promise<void> =>
  page.evaluate(
    (detail) => {
      window.dispatchEvent(new CustomEvent('shoebox:event', { detail, cancelable: true }));
    },
    { type: 'openLink', link },
  );

async function linkOf(title: string): Promise<string> {
  const { out } = await ana.shoebox(['list', 'shares', '--json']);
  const shares = out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { readonly title: string; readonly link: string });
  const share = shares.find((one) => one.title === title);
  if (share === undefined) throw new Error(`There is no share “${title}”`);
  return share.link;
}

test('an address that stands in the field is invited without Return, and refused when it is none', async ({
  browser,
}) => {
  const a = await openWindow(browser, ana);
  const sheet = await newShare(a, 'crete-1', 'Crete');
  await people(sheet).fill('ben@');
  await sheet.getByRole('button', { name: 'Share', exact: true }).click();
  await expect(sheet.getByRole('alert')).toHaveText('“ben@” is not an e-mail address.');
  await people(sheet).fill('ben@example.org');
  // Return that ends a composed word adds nobody.
  await people(sheet).dispatchEvent('keydown', { key: 'Enter', isComposing: true });
  await expect(people(sheet)).toHaveValue('ben@example.org');
  await sheet.getByRole('button', { name: 'Share', exact: true }).click();
  await expect(toast(a, '1 photo is in “Crete”')).toBeVisible();
  await expect(sheet).toHaveCount(0);

  const panel = await participants(a, 'Crete');
  await expect(panel.getByRole('listitem').filter({ hasText: 'ben@example.org' })).toBeVisible();
  await panel.getByRole('button', { name: 'Invite…' }).click();
  const invite = a.getByRole('dialog', { name: 'Invite' });
  await expect(invite.getByRole('button', { name: 'Invite', exact: true })).toBeDisabled();
  await people(invite).fill('carla@example.org');
  await invite.getByRole('button', { name: 'Invite', exact: true }).click();
  await expect(panel.getByText('carla@example.org', { exact: true })).toBeVisible();

  const mayAsk = panel.getByRole('checkbox', { name: 'Others with the link may ask to join' });
  await expect(mayAsk).toBeChecked();
  await panel.getByText('Others with the link may ask to join').click();
  await expect(mayAsk).not.toBeChecked();
  expect((await ana.shoebox(['share', 'show', 'Crete', '--json'])).out).toContain('"denyAccessRequests":true');
  await panel.getByText('Others with the link may ask to join').click();
  await expect(mayAsk).toBeChecked();
});

test('a link made on another computer comes into the panel of a slow server, and is revoked there', async ({
  browser,
}) => {
  const laptop = await world.computer('Ana', 'laptop');
  for (const args of [['sync'], ['share', 'link', 'Crete', '--new', '--label', 'Family']]) {
    const { code, err } = await laptop.shoebox(args);
    expect(code, err).toBe(0);
  }
  const a = await openWindow(browser, ana);
  proxy.setWeather({ latency: 1_000 });
  const panel = await participants(a, 'Crete');
  await expect(panel.getByRole('listitem').filter({ hasText: 'ben@example.org' })).toBeVisible();
  const link = panel.getByRole('listitem').filter({ hasText: 'Family' });
  await expect(link).toContainText('Active');
  // Its address was shown once, over there: here it cannot be copied.
  await expect(link.getByRole('button')).toHaveText(['Revoke']);
  proxy.setWeather({ latency: 0 });
  await link.getByRole('button').click();
  await a.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click();
  await expect(link).toContainText('Revoked');
  expect((await laptop.shoebox(['share', 'show', 'Crete'])).out).toMatch(/link Family\t\w+\trevoked/u);
});

test('a link whose sheet was closed while it was made can still be copied', async ({ browser }) => {
  const a = await openWindow(browser, ana);
  await a.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const panel = await participants(a, 'Crete');
  await panel.getByRole('button', { name: 'New Link…' }).click();
  const form = a.getByRole('dialog', { name: 'New Link' });
  await form.getByLabel('Name of the link').fill('Walking group');
  proxy.setWeather({ latency: slow });
  await form.getByRole('button', { name: 'Create Link' }).click();
  await form.getByRole('button', { name: 'Close' }).click();
  await expect(form).toHaveCount(0);
  proxy.setWeather({ latency: 0 });
  await toast(a, 'The link is made. Copy it now: it is not shown again.')
    .getByRole('button', { name: 'Copy Link' })
    .click();
  await expect(toast(a, 'The link is copied.')).toBeVisible();
  expect(await a.evaluate(() => navigator.clipboard.readText())).toMatch(/^https?:\/\//u);
  await expect(panel.getByRole('listitem').filter({ hasText: 'Walking group' })).toContainText('Active');
});

test('a share whose sheet was closed meanwhile is told of, and leaves the sheet that is open by then', async ({
  browser,
}) => {
  const a = await openWindow(browser, ana);
  const sheet = await newShare(a, 'crete-2', 'Second');
  proxy.setWeather({ latency: slow });
  await sheet.getByRole('button', { name: 'Share', exact: true }).click();
  await sheet.getByRole('button', { name: 'Close' }).click();
  await expect(sheet).toHaveCount(0);
  await newShare(a, 'crete-3', 'Third');
  proxy.setWeather({ latency: 0 });
  await expect(toast(a, '1 photo is in “Second”')).toBeVisible();
  await expect(sheet.getByLabel('Title')).toHaveValue('Third');
});

test('a share that fails after its sheet was closed is told of', async ({ browser }) => {
  const a = await openWindow(browser, ana);
  const sheet = await newShare(a, 'crete-3', 'Third');
  proxy.setWeather({ latency: slow });
  await sheet.getByRole('button', { name: 'Share', exact: true }).click();
  await expect(sheet.getByRole('button', { name: 'Close' })).toBeVisible();
  await a.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);
  proxy.setWeather({ cut: true, latency: 0 });
  await expect(a.locator('.toast--error')).toHaveCount(1);
});

test('a link that arrives over an open sheet is opened after it, and accepting goes on when that is closed', async ({
  browser,
}) => {
  const b = await openWindow(browser, ben);
  const link = await linkOf('Crete');
  const sheet = await newShare(b, 'garden-1', 'Garden');
  await clickLink(b, link);
  await expect(sheet.getByLabel('Title')).toHaveValue('Garden');
  await sheet.getByRole('button', { name: 'Cancel' }).click();
  const preview = b.getByRole('dialog', { name: 'Open Share Link' });
  await expect(preview.getByRole('heading', { name: 'Crete' })).toBeVisible();

  proxy.setWeather({ latency: slow });
  await preview.getByRole('button', { name: 'Accept' }).click();
  await preview.getByRole('button', { name: 'Close' }).click();
  await expect(preview).toHaveCount(0);
  await newShare(b, 'garden-1', 'Garden');
  proxy.setWeather({ latency: 0 });
  await expect(toast(b, 'You take part in “Crete”')).toBeVisible();
  await expect(sheet.getByLabel('Title')).toHaveValue('Garden');
  await sheet.getByRole('button', { name: 'Cancel' }).click();
  await expect(sidebar(b, 'Library')).toHaveAttribute('aria-current', 'page');
});

test('a question about a share that ends elsewhere goes away, and links are opened again', async ({ browser }) => {
  const [a, other] = await Promise.all([openWindow(browser, ana), openWindow(browser, ana)]);
  for (const page of [a, other])
    await (await participants(page, 'Second')).getByRole('button', { name: 'Stop Sharing…' }).click();
  const question = a.getByRole('alertdialog', { name: 'Stop sharing “Second”?' });
  await expect(question).toBeVisible();
  await other.getByRole('alertdialog').getByRole('button', { name: 'Stop Sharing', exact: true }).click();
  await expect(toast(other, '“Second” is not shared any more.')).toBeVisible();
  await expect(question).toHaveCount(0);
  await clickLink(a, await linkOf('Crete'));
  await expect(a.getByRole('dialog', { name: 'Open Share Link' })).toBeVisible();
});
