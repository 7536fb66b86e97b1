import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { Browser, Locator, Page } from '@playwright/test';
import { drawPhotos } from '../../build/demoPhotos.ts';
import { startDemoWorld, type DemoPerson, type DemoWorld } from '../../build/demoWorld.ts';
import { seriousFindings } from './findings.ts';

/*
 * "Try out the sharing flow", as Apple's sample describes it, with two people on two libraries and a server between them:
 * add a photo, New Share, open the link as the other person, see the photo, Add to Share, see it appear, edit, Remove Me,
 * Stop Sharing. The first test to read in this repository.
 */

let folder = '';
let world: DemoWorld;
let ana: DemoPerson;
let ben: DemoPerson;

test.describe.configure({ mode: 'serial' });
test.setTimeout(600_000);

test.beforeAll(async () => {
  test.setTimeout(600_000);
  folder = mkdtempSync(join(tmpdir(), 'shoebox-sharing-'));
  world = await startDemoWorld(folder);
  [ana, ben] = await Promise.all([world.person('Ana'), world.person('Ben')]);
  const [anas, bens] = await Promise.all([
    drawPhotos(join(ana.home, 'pictures'), 'crete', 1, 3),
    drawPhotos(join(ben.home, 'pictures'), 'garden', 40, 1),
  ]);
  for (const [person, files] of [[ana, anas] as const, [ben, bens] as const]) {
    const { code, err } = await person.shoebox(['import', ...files, '--json']);
    expect(code, err).toBe(0);
  }
});

test.afterAll(async () => {
  await world.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens a person's window; an exception in the page fails the test. */
async function openWindow(browser: Browser, startURL: string): Promise<{ page: Page; failures: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const failures: string[] = [];
  page.on('pageerror', (error) => failures.push(error.message));
  await page.goto(startURL);
  await expect(page.locator('.tile').first()).toBeVisible({ timeout: 60_000 });
  return { page, failures };
}

const tile = (page: Page, name: string): Locator => page.locator('.tile').and(page.getByLabel(new RegExp(name, 'u')));
const menuItem = (page: Page, name: string): Locator =>
  page.getByRole('menuitem', { name: new RegExp(`^${name}`, 'u') });
const place = (page: Page, name: string): Locator =>
  page.getByRole('navigation').getByRole('button', { name: new RegExp(`^${name}`, 'u') });

test('the sharing flow of the sample, by mouse: two people, two windows, one server', async ({ browser }) => {
  const shells = await Promise.all([ana.open(), ben.open()]);
  const [anas, bens] = await Promise.all([
    openWindow(browser, shells[0].startURL),
    openWindow(browser, shells[1].startURL),
  ]);
  const [a, b] = [anas.page, bens.page];

  // Ana: the context menu of a photo, New Share…, Ben's address, Share.
  await tile(a, 'crete-1').click({ button: 'right' });
  await expect(menuItem(a, 'Add to Share…')).toHaveAttribute('aria-disabled', 'true');
  await menuItem(a, 'New Share…').click();
  const sheet = a.getByRole('dialog');
  await sheet.getByLabel('Title').fill('Crete');
  await sheet.getByRole('textbox', { name: 'People' }).fill('ben@example.org');
  await sheet.getByRole('textbox', { name: 'People' }).press('Enter');
  await expect(sheet.getByText('Ben has an account here.')).toBeVisible();
  await sheet.getByRole('button', { name: /What ben@example.org may do/u }).click();
  await menuItem(a, 'Editor').click();
  expect(await seriousFindings(a), 'share sheet').toEqual([]);
  await sheet.getByRole('button', { name: 'Share', exact: true }).click();
  await expect(a.getByText('1 photo is in “Crete”')).toBeVisible({ timeout: 60_000 });
  await expect(place(a, 'Crete')).toBeVisible();

  // The link, from Manage Shares.
  await a.getByRole('button', { name: 'Manage Shares' }).click();
  expect(await seriousFindings(a), 'Manage Shares').toEqual([]);
  const shares = JSON.parse((await ana.shoebox(['list', 'shares', '--json'])).out) as { link: string };

  // Ben: pastes the link, sees what it is, and nothing has happened until he accepts.
  await place(b, 'Shared').click();
  const pasted = b.getByRole('textbox', { name: 'Share link' });
  // What is no link can only be closed, and stays to be corrected.
  const broken = shares.link.slice(0, -12);
  await pasted.fill(broken);
  await pasted.press('Enter');
  const refused = b.getByRole('dialog', { name: 'Open Share Link' });
  await expect(refused.getByRole('alert')).toContainText('This link is damaged');
  await expect(refused.getByRole('button')).toHaveText(['Close']);
  await refused.getByRole('button', { name: 'Close' }).click();
  await expect(pasted).toHaveValue(broken);
  await pasted.fill(shares.link);
  await b.getByRole('button', { name: 'Open Link' }).click();
  const preview = b.getByRole('dialog', { name: 'Open Share Link' });
  await expect(preview.getByRole('heading', { name: 'Crete' })).toBeVisible({ timeout: 60_000 });
  await expect(preview.getByText('From Ana on')).toBeVisible();
  await expect(preview.getByText('as Editor')).toBeVisible();
  // The cover is drawn: the page's policy lets no data: address through.
  const cover = preview.locator('.share-preview__cover');
  await expect.poll(() => cover.evaluate((picture: HTMLImageElement) => picture.naturalWidth)).toBeGreaterThan(0);
  await expect(preview.getByRole('button', { name: 'Cancel' })).toBeFocused();
  expect(await seriousFindings(b), 'preview of a link').toEqual([]);
  await expect(pasted).toHaveValue('');
  await preview.getByRole('button', { name: 'Accept' }).click();
  await expect(tile(b, 'crete-1')).toBeVisible({ timeout: 60_000 });
  await expect(tile(b, 'crete-1').locator('.tile__image[data-shown]')).toBeVisible({ timeout: 60_000 });
  await expect(b.getByText('With Me')).toBeVisible();

  // Ana: Add to Share…; the photo appears on Ben's screen by itself.
  await place(a, 'Library').click();
  await tile(a, 'crete-2').click({ button: 'right' });
  await menuItem(a, 'Add to Share…').click();
  await a.getByRole('dialog').getByRole('button', { name: /Crete/u }).click();
  await expect(a.getByText('Added 1 photo to “Crete”')).toBeVisible({ timeout: 60_000 });
  await expect(a.getByRole('dialog')).toHaveCount(0);
  await expect(tile(b, 'crete-2')).toBeVisible({ timeout: 60_000 });
  await place(b, 'Activity').click();
  await expect(b.getByText('Ana added a photo to Crete')).toBeVisible({ timeout: 60_000 });
  expect(await seriousFindings(b), 'Activity').toEqual([]);

  // Ben edits; Ana sees what and who.
  await place(b, 'Crete').click();
  await tile(b, 'crete-1').click();
  await b.keyboard.press('5');
  await b.keyboard.press('i');
  await expect(b.getByText('Added by Ana').first()).toBeVisible({ timeout: 60_000 });
  await b.getByRole('textbox', { name: 'Caption' }).fill('What an evening');
  await b.getByRole('textbox', { name: 'Caption' }).blur();
  await place(a, 'Activity').click();
  await expect(a.getByText(/Ben edited a photo in Crete/u)).toBeVisible({ timeout: 60_000 });

  // Ben: Participants, Remove Me…, copies of everything stay with him.
  await place(b, 'Shared').click();
  await b.getByRole('region', { name: 'With Me' }).getByRole('button', { name: 'Participants' }).click();
  const panel = b.getByRole('dialog', { name: /Participants/u });
  await expect(panel.getByText('Ana', { exact: true })).toBeVisible();
  expect(await seriousFindings(b), 'Participants').toEqual([]);
  await panel.getByRole('button', { name: 'Remove Me…' }).click();
  const leaving = b.getByRole('alertdialog');
  await leaving.getByText('Keep copies of everything I may view').click();
  await leaving.getByRole('button', { name: 'Remove Me', exact: true }).click();
  await expect(b.getByText(/You left “Crete”. 2 copies are in your library./u)).toBeVisible({ timeout: 60_000 });
  await expect(place(b, 'Crete')).toHaveCount(0);
  await place(b, 'Library').click();
  await expect(b.locator('.tile')).toHaveCount(3);

  // Ana: Stop Sharing…; everything is still there.
  await place(a, 'Shared').click();
  await a.getByRole('region', { name: 'By Me' }).getByRole('button', { name: 'Participants' }).click();
  await expect(a.getByRole('dialog').getByText('Left')).toBeVisible({ timeout: 60_000 });
  await a.getByRole('dialog').getByRole('button', { name: 'Stop Sharing…' }).click();
  await a.getByRole('alertdialog').getByRole('button', { name: 'Stop Sharing', exact: true }).click();
  await expect(a.getByText(/“Crete” is not shared any more. 2 photos are in your library./u)).toBeVisible({
    timeout: 60_000,
  });
  await place(a, 'Library').click();
  await expect(a.locator('.tile')).toHaveCount(3);
  await expect(place(a, 'Crete')).toHaveCount(0);

  expect(anas.failures.concat(bens.failures)).toEqual([]);
  await Promise.all(shells.map((shell) => shell.stop()));
});

/** Presses Tab until the element has the focus, as somebody without a mouse does. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible({ timeout: 60_000 });
  for (let presses = 0; presses < 80; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never reached ${String(target)}`);
}

async function pressOn(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press('Enter');
}

async function runFromPalette(page: Page, command: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.keyboard.type(command);
  await expect(page.getByRole('option', { name: new RegExp(`^${command}`, 'u') }).first()).toBeVisible();
  await page.keyboard.press('Enter');
}

test('the same by keyboard alone', async ({ browser }) => {
  const shells = await Promise.all([ana.open(), ben.open()]);
  const [anas, bens] = await Promise.all([
    openWindow(browser, shells[0].startURL),
    openWindow(browser, shells[1].startURL),
  ]);
  const [a, b] = [anas.page, bens.page];

  await tabTo(a, a.getByRole('grid'));
  await a.keyboard.press('Home');
  await runFromPalette(a, 'New Share');
  await expect(a.getByRole('dialog').getByLabel('Title')).toBeFocused();
  await a.keyboard.press('Control+a');
  await a.keyboard.type('By Keys');
  await tabTo(a, a.getByRole('dialog').getByRole('textbox', { name: 'People' }));
  await a.keyboard.type('ben@example.org');
  await a.keyboard.press('Enter');
  await pressOn(a, a.getByRole('dialog').getByRole('button', { name: 'Share', exact: true }));
  await expect(a.getByText('1 photo is in “By Keys”')).toBeVisible({ timeout: 60_000 });

  await pressOn(b, place(b, 'Invitations'));
  await pressOn(b, b.getByRole('button', { name: 'Accept…' }));
  const invitation = b.getByRole('dialog', { name: 'Invitation' });
  await expect(invitation.getByRole('heading', { name: 'By Keys' })).toBeVisible({ timeout: 60_000 });
  await expect(invitation.getByText('1 photo', { exact: true })).toBeVisible();
  await expect(invitation.getByText('You take part as ben@example.org')).toBeVisible();
  await expect(invitation.getByText('What you add stays in the share when you leave.')).toBeVisible();
  await expect(invitation.getByText('What others will see of you')).toBeVisible();
  await expect(invitation.locator('.share-preview__cover')).toBeVisible();
  await expect(invitation.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await pressOn(b, b.getByRole('button', { name: 'Accept', exact: true }));
  await expect(b.locator('.tile')).toHaveCount(1, { timeout: 60_000 });

  await runFromPalette(b, 'Manage Shares');
  await pressOn(b, b.getByRole('region', { name: 'With Me' }).getByRole('button', { name: 'Participants' }));
  await pressOn(b, b.getByRole('button', { name: 'Remove Me…' }));
  await pressOn(b, b.getByRole('alertdialog').getByRole('button', { name: 'Remove Me', exact: true }));
  await expect(b.getByText(/You left “By Keys”/u)).toBeVisible({ timeout: 60_000 });

  await runFromPalette(a, 'Manage Shares');
  await pressOn(a, a.getByRole('region', { name: 'By Me' }).getByRole('button', { name: 'Participants' }));
  await pressOn(a, a.getByRole('button', { name: 'Stop Sharing…' }));
  await pressOn(a, a.getByRole('alertdialog').getByRole('button', { name: 'Stop Sharing', exact: true }));
  await expect(a.getByText(/“By Keys” is not shared any more/u)).toBeVisible({ timeout: 60_000 });

  expect(anas.failures.concat(bens.failures)).toEqual([]);
  await Promise.all(shells.map((shell) => shell.stop()));
});
