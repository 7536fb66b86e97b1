import type { Page } from '@playwright/test';
import { writeTrips } from '../helpers/scenes.ts';
import { addFolder, expect, grid, sidebar, startEmpty, test, tiles } from './app.ts';
import { colourFindings, seriousFindings } from './findings.ts';

test.describe.configure({ mode: 'serial' });

/** Every screen that can be reached without sharing, and how to get there and away again. */
const screens: readonly {
  readonly name: string;
  readonly go: (page: Page) => Promise<void>;
  readonly leave?: (page: Page) => Promise<void>;
}[] = [
  { name: 'library', go: (page) => sidebar(page, 'Library').click() },
  {
    name: 'several photos selected with the inspector',
    go: async (page) => {
      await tiles(page).first().click();
      await tiles(page)
        .nth(3)
        .click({ modifiers: ['Shift'] });
      await page.keyboard.press('i');
      await expect(page.getByRole('complementary', { name: 'Info' })).toContainText('4 selected');
    },
  },
  {
    name: 'one photo in the inspector',
    go: async (page) => {
      await tiles(page).first().click();
      await expect(page.getByRole('complementary', { name: 'Info' })).toContainText('IMG_');
    },
    leave: (page) => page.keyboard.press('i'),
  },
  {
    name: 'context menu',
    go: (page) => tiles(page).nth(1).click({ button: 'right' }),
    leave: (page) => page.keyboard.press('Escape'),
  },
  {
    name: 'viewer',
    go: async (page) => {
      await tiles(page).first().dblclick();
      await expect(page.locator('.stage__image[data-loaded]').first()).toBeVisible();
    },
    leave: (page) => page.keyboard.press('Escape'),
  },
  {
    name: 'command palette',
    go: (page) => page.keyboard.press('Control+k'),
    leave: (page) => page.keyboard.press('Escape'),
  },
  { name: 'shortcut sheet', go: (page) => page.keyboard.press('?'), leave: (page) => page.keyboard.press('Escape') },
  {
    name: 'history',
    go: (page) => page.keyboard.press('Control+Shift+h'),
    leave: (page) => page.keyboard.press('Control+Shift+h'),
  },
  {
    name: 'smart album rules',
    go: (page) => page.keyboard.press('Control+Alt+n'),
    leave: (page) => page.keyboard.press('Escape'),
  },
  {
    name: 'search',
    go: async (page) => {
      await page.keyboard.press('Control+f');
      await page.keyboard.type('IMG');
      await expect(page.locator('.search-strip__count')).toContainText('found');
    },
    leave: async (page) => {
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
    },
  },
  { name: 'favourites, empty', go: (page) => sidebar(page, 'Favourites').click() },
  { name: 'map', go: (page) => sidebar(page, 'Map').click() },
  { name: 'tags', go: (page) => sidebar(page, 'Tags').click() },
  { name: 'duplicates', go: (page) => sidebar(page, 'Duplicates').click() },
  { name: 'albums', go: (page) => sidebar(page, 'All Albums').click() },
  { name: 'trash', go: (page) => sidebar(page, 'Trash').click() },
  {
    name: 'invitations, signed out',
    go: async (page) => {
      await sidebar(page, 'Invitations').click();
      await expect(page.getByRole('main').getByRole('button', { name: 'Sign In…' })).toBeVisible();
    },
  },
  { name: 'activity, signed out', go: (page) => sidebar(page, 'Activity').click() },
  {
    name: 'the lower end of the context menu',
    go: async (page) => {
      await sidebar(page, 'Library').click();
      await tiles(page).nth(1).click({ button: 'right' });
      await page.getByRole('menuitem', { name: /^Move to Trash/u }).scrollIntoViewIfNeeded();
    },
    leave: (page) => page.keyboard.press('Escape'),
  },
  { name: 'settings', go: (page) => sidebar(page, 'Settings').click() },
  ...['Watched Folders', 'Account & Devices', 'Appearance', 'Shortcuts', 'Storage', 'Advanced'].map((name) => ({
    name: `settings: ${name}`,
    go: (page: Page) => page.getByRole('tab', { name }).click(),
  })),
];

test('the first run has no serious finding', async ({ page, app }) => {
  await writeTrips(app.photos, 24);
  await app.open(page);
  await expect(page.getByRole('dialog', { name: 'Welcome to Shoebox' })).toBeVisible();
  expect(await seriousFindings(page)).toEqual([]);
  await startEmpty(page);
  expect(await seriousFindings(page), 'the empty library').toEqual([]);
  await page.keyboard.press('Control+Shift+O');
  await expect(page.getByRole('dialog', { name: 'Add a Folder' })).toBeVisible();
  expect(await seriousFindings(page), 'the folder list').toEqual([]);
  await page.keyboard.press('Escape');
  await addFolder(page, app.photos, 24);
});

for (const [theme, findings] of [
  ['light', seriousFindings],
  ['dark', colourFindings],
] as const) {
  test(`no screen has a serious finding in the ${theme} theme`, async ({ page, app }) => {
    test.setTimeout(240_000);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await app.open(page);
    await expect(tiles(page).first()).toBeVisible();
    for (const screen of screens) {
      await screen.go(page);
      expect.soft(await findings(page), screen.name).toEqual([]);
      await screen.leave?.(page);
    }
  });
}

test('with text at 200 % nothing is cut off and the window does not scroll sideways', async ({ page, app }) => {
  await app.open(page);
  await page.evaluate(() => document.documentElement.style.setProperty('font-size', '32px'));
  for (const name of ['Library', 'Tags', 'Settings']) {
    await sidebar(page, name).click();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow, name).toBeLessThanOrEqual(0);
  }
  await sidebar(page, 'Library').click();
  await expect(tiles(page).first()).toBeVisible();
});

test('at 200 % zoom the toolbar stays inside the window, and the sidebar lies over the photos when asked for', async ({
  page,
  app,
}) => {
  await page.setViewportSize({ width: 640, height: 400 });
  await app.open(page);
  await expect(tiles(page).first()).toBeVisible();
  const places = page.getByRole('navigation', { name: 'Places' });
  const button = page.getByRole('button', { name: 'Sidebar' });
  await expect(places).toHaveCount(0);
  for (const width of [640, 560, 500]) {
    await page.setViewportSize({ width, height: 400 });
    const beyond = () =>
      page.locator('.toolbar').evaluate((toolbar) => ({
        toolbar: toolbar.scrollWidth - toolbar.clientWidth,
        title: [...toolbar.querySelectorAll('h1')].map((title) => title.scrollWidth - title.clientWidth),
      }));
    await expect.poll(beyond, `${width} px`).toEqual({ toolbar: 0, title: [0] });
    await expect(page.getByRole('button', { name: 'Info' })).toBeInViewport({ ratio: 1 });
  }
  // Which photos are shown is in the menu, where the toolbar has no room for it.
  await expect(page.getByRole('radiogroup', { name: 'Which photos' })).toBeHidden();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('show shared');
  await page.keyboard.press('Enter');
  await expect(tiles(page)).toHaveCount(0);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('show personal and');
  await page.keyboard.press('Enter');
  await expect(tiles(page).first()).toBeVisible();

  await button.click();
  await expect(sidebar(page, 'Library')).toBeFocused();
  expect(await seriousFindings(page), 'the sidebar over the photos').toEqual([]);
  await page.keyboard.press('Escape');
  await expect(places).toHaveCount(0);
  await expect(button).toBeFocused();
  await page.keyboard.press('Control+Alt+s');
  await sidebar(page, 'Favourites').click();
  await expect(page.getByRole('heading', { level: 1, name: 'Favourites' })).toBeVisible();
  await expect(places).toHaveCount(0);
  await button.click();
  await page.getByText('No favourites yet').click();
  await expect(places).toHaveCount(0);

  // In a wide window it stands beside the photos again, as before.
  await page.setViewportSize({ width: 1_280, height: 800 });
  await expect(places).toBeVisible();
  await sidebar(page, 'Library').click();
  await expect(places).toBeVisible();
});

test('with reduced motion nothing moves by itself', async ({ page, app }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await app.open(page);
  await expect(grid(page)).toBeVisible();
  const moving = await page.evaluate(() =>
    [...document.querySelectorAll('*')]
      .flatMap((element) => getComputedStyle(element).transitionDuration.split(','))
      .filter((duration) => Number.parseFloat(duration) > 0),
  );
  expect(moving).toEqual([]);
});
