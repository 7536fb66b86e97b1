import { join } from 'node:path';
import { expect as playwrightExpect, test } from '@playwright/test';
import type { Browser, Page } from '@playwright/test';
import { drawPhotos } from '../../build/demoPhotos.ts';
import type { DemoPerson } from '../../build/demoWorld.ts';
import { freshStartURL } from '../helpers/startAddress.ts';
import { fillFolder, selected, sidebar, startEmpty, tile, tiles } from './app.ts';
import { seriousFindings } from './findings.ts';
import { startSlowWorld, type SlowWorld } from './slowWorld.ts';

/*
 * Two people at work in one share: how far a long step is while the network is slow, an edit by one that the other sees,
 * reverts and can put a name to, and what a window offers somebody who is not signed in.
 */

const expect = playwrightExpect.configure({ timeout: 60_000 });

let slowWorld: SlowWorld;
let proxy: SlowWorld['proxy'];
let world: SlowWorld['world'];
let ana: DemoPerson;
let ben: DemoPerson;

test.describe.configure({ mode: 'serial' });
test.setTimeout(420_000);

test.beforeAll(async () => {
  test.setTimeout(420_000);
  slowWorld = await startSlowWorld('sharing-work', 0);
  ({ proxy, world, ana, ben } = slowWorld);
});
test.afterAll(() => slowWorld.stop());

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
  // A key pressed while a window shows its first photos may be lost.
  await expect(async () => {
    await a.keyboard.press('Control+a');
    await expect(selected(a)).toHaveCount(3, { timeout: 2_000 });
  }).toPass({ timeout: 60_000 });
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

test('the panel of participants is closed by a button, invites where one writes, and asks before a link ends', async ({
  browser,
}) => {
  const a = await openWindow(browser, ana);
  await a.getByRole('button', { name: 'Manage Shares' }).click();
  await a.getByRole('region', { name: 'By Me' }).getByRole('button', { name: 'Participants' }).click();
  const panel = a.getByRole('dialog', { name: /^Participants/u });
  await panel.getByRole('button', { name: 'Invite…' }).click();
  const invite = a.getByRole('dialog', { name: 'Invite' });
  await expect(invite.getByRole('textbox', { name: 'People' })).toBeFocused();
  await a.keyboard.type('somebody.with.a.rather.long.address@photography.example.org');
  await a.keyboard.press('Enter');
  await invite.getByRole('button', { name: 'Invite', exact: true }).click();

  // A long address keeps clear of what stands beside it.
  const long = panel.getByText('somebody.with.a.rather.long.address@photography.example.org', { exact: true });
  const preset = panel.getByRole('button', { name: /^What somebody.* may do/u });
  await expect(long).toBeVisible();
  const [text, menu] = await Promise.all([long.boundingBox(), preset.boundingBox()]);
  expect((text?.x ?? 0) + (text?.width ?? 0)).toBeLessThanOrEqual(menu?.x ?? 0);

  await panel.getByRole('button', { name: 'New Link…' }).click();
  const newLink = a.getByRole('dialog', { name: 'New Link' });
  const lasts = newLink.getByRole('textbox', { name: 'Expires after days' });
  // What cannot be read must not become a link that never ends.
  await lasts.fill('a week');
  await newLink.getByRole('button', { name: 'Create Link' }).click();
  await expect(newLink.getByRole('alert')).toContainText('as a whole number');
  await lasts.fill('7');
  await lasts.press('Enter');
  await expect(newLink).toContainText('This link is shown only now.');
  await newLink.getByRole('button', { name: 'Done' }).click();
  const links = panel.getByRole('region', { name: 'Links' });
  await expect(links.getByText('Link', { exact: true })).toBeVisible();
  await links.getByRole('button', { name: 'Revoke' }).click();
  const question = a.getByRole('alertdialog', { name: 'Revoke “Link”?' });
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await a.keyboard.press('Enter');
  await expect(question).toHaveCount(0);
  await expect(links.getByText('Active')).toBeVisible();
  await links.getByRole('button', { name: 'Revoke' }).click();
  await question.getByRole('button', { name: 'Revoke' }).click();
  await expect(links.getByText('Revoked')).toBeVisible();
  expect(await seriousFindings(a), 'Participants').toEqual([]);
  await panel.getByRole('button', { name: 'Done' }).click();
  await expect(panel).toHaveCount(0);
});

test('of a share that was stopped, people copy everything in one go, and its link is not offered any more', async ({
  browser,
}) => {
  const [a, b] = await Promise.all([openWindow(browser, ana), openWindow(browser, ben)]);
  await a.getByRole('button', { name: 'Manage Shares' }).click();
  const mine = a.getByRole('region', { name: 'By Me' });
  await expect(mine.getByRole('button', { name: 'Copy Link' })).toBeVisible();
  await mine.getByRole('button', { name: 'Participants' }).click();
  await a.getByRole('button', { name: 'Stop Sharing…' }).click();
  const question = a.getByRole('alertdialog', { name: 'Stop sharing “Crete”?' });
  await expect(question).toContainText(
    '1 person loses access and is told. Copies they took are theirs. ' +
      '1 invitation nobody has answered ends, and links to it stop working.',
  );
  await question.getByRole('button', { name: 'Stop Sharing', exact: true }).click();
  await expect(a.getByText(/^Sharing of “Crete” ends on /u)).toBeVisible();
  await expect(mine.getByRole('button', { name: 'Copy Link' })).toHaveCount(0);

  await b.getByRole('button', { name: 'Manage Shares' }).click();
  const theirs = b.getByRole('region', { name: 'With Me' });
  await expect(theirs.getByText(/^Ana stopped sharing; take copies until /u)).toBeVisible();
  await expect(theirs.getByRole('button', { name: 'Copy Link' })).toHaveCount(0);
  await theirs.getByRole('button', { name: 'Copy All to My Library' }).click();
  // The fourth is in his library already: he imported it.
  await expect(b.getByText('3 copies are in your library')).toBeVisible();
  expect(await seriousFindings(b), 'a share that ends').toEqual([]);
  await theirs.getByRole('button', { name: 'Copy All to My Library' }).click();
  await expect(b.getByText('Your library has all of it already')).toBeVisible();
});

test('signed out, every page of sharing says so and leads to signing in', async ({ browser }) => {
  expect((await ben.shoebox(['account', 'sign-out'])).code).toBe(0);
  const b = await openWindow(browser, ben);
  for (const name of ['Shared', 'Invitations', 'Activity']) {
    await place(b, name).click();
    await b.getByRole('main').getByRole('button', { name: 'Sign In…' }).click();
    await expect(b.getByRole('tab', { name: 'Account & Devices' })).toHaveAttribute('aria-selected', 'true');
  }
  // A link waits in its field until somebody has signed in.
  const link = `${world.origin}/share/AbCdEf0123456789`;
  await place(b, 'Shared').click();
  await b.getByRole('textbox', { name: 'Share link' }).fill(link);
  await b.keyboard.press('Enter');
  const sheet = b.getByRole('dialog', { name: 'Open Share Link' });
  await expect(sheet).toContainText('sign in there first (Settings, Account & Devices).');
  await sheet.getByRole('button', { name: 'Sign In…' }).click();
  await expect(sheet).toHaveCount(0);
  await expect(b.getByRole('tab', { name: 'Account & Devices' })).toHaveAttribute('aria-selected', 'true');
  await place(b, 'Shared').click();
  await expect(b.getByRole('textbox', { name: 'Share link' })).toHaveValue(link);
  await sidebar(b, 'Library').click();
});
