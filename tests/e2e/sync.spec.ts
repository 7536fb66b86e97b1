import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawPhotos } from '../../build/demoPhotos.ts';
import { startDemoWorld, type DemoPerson, type DemoWorld } from '../../build/demoWorld.ts';
import { expect, test } from './app.ts';

/* A second computer of one person: signing in through the window brings the library, and the window says how it stands. */

let folder = '';
let world: DemoWorld;
let ana: DemoPerson;

test.describe.configure({ mode: 'serial' });
test.setTimeout(300_000);

test.beforeAll(async () => {
  test.setTimeout(300_000);
  folder = mkdtempSync(join(tmpdir(), 'shoebox-sync-e2e-'));
  world = await startDemoWorld(folder);
  ana = await world.person('Ana');
  const files = await drawPhotos(join(ana.home, 'pictures'), 'crete', 1, 2);
  for (const args of [
    ['import', ...files, '--json'],
    ['sync', '--json'],
  ]) {
    const { code, err, out } = await ana.shoebox(args);
    expect(code, err + out).toBe(0);
  }
});
test.afterAll(async () => {
  await world.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a new computer signs in and shows the library of the first', async ({ page, app }) => {
  await app.open(page);
  const skip = page.getByRole('button', { name: 'Start with an empty library' });
  if (await skip.isVisible()) await skip.click();
  await page.getByRole('button', { name: 'Settings' }).first().click();
  await page.getByRole('tab', { name: 'Account & Devices' }).click();
  await page.getByLabel('Server').fill(world.origin);
  await page.getByLabel('E-mail').fill(ana.email);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign In', exact: true }).click();
  await expect(page.getByRole('alert')).toBeVisible({ timeout: 30_000 });
  await page.getByLabel('Password').fill('Ana takes photos in summer');
  await page.getByRole('button', { name: 'Sign In', exact: true }).click();
  await expect(page.getByText('Signed in as')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('this computer', { exact: true })).toBeVisible({ timeout: 30_000 });

  await expect(page.getByRole('button', { name: 'Up to date' })).toBeVisible({ timeout: 120_000 });
  await page.getByRole('button', { name: 'Up to date' }).click();
  await expect(page.getByRole('heading', { name: 'Up to date' })).toBeVisible();
  await expect(page.getByText('Received').first()).toBeVisible();
  await page.getByRole('button', { name: 'Library' }).first().click();
  await expect(page.locator('.tile')).toHaveCount(2, { timeout: 60_000 });
});

test('pausing and going on show in the toolbar', async ({ page, app }) => {
  await app.open(page);
  await page.getByRole('button', { name: 'Up to date' }).click({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Paused' })).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Up to date' })).toBeVisible({ timeout: 60_000 });
});
