import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import type { Page } from '@playwright/test';
import sharp from 'sharp';
import { browserFlags, findBrowser } from '../../build/browser.ts';
import { startHeadless } from '../helpers/program.ts';
import { writeTrips } from '../helpers/scenes.ts';

/**
 * `node tests/e2e/screenshots.ts [--to DIR] [--only NAME,…]`: takes docs/screenshots anew, of the real app with drawn
 * photos. Light and dark at 1280×800; the screens that change with space also at 1920×1080.
 */
const { values } = parseArgs({ options: { to: { type: 'string' }, only: { type: 'string' } } });
const to = values.to ?? join(import.meta.dirname, '..', '..', 'docs', 'screenshots');
const only = values.only?.split(',');

type Screen = {
  readonly name: string;
  readonly large?: boolean;
  readonly show: (page: Page) => Promise<void>;
  readonly leave?: (page: Page) => Promise<void>;
};

const place = async (page: Page, name: string): Promise<void> => {
  await page
    .getByRole('navigation', { name: 'Places' })
    .getByRole('button', { name: new RegExp(`^${name}( [\\d,]+)?$`, 'u') })
    .click();
};
const row = (page: Page, name: string) =>
  page.getByRole('treegrid', { name: 'Albums' }).getByRole('row', { name: new RegExp(`^${name}`, 'u') });
const tiles = (page: Page) => page.getByRole('grid').getByRole('gridcell');
const escape = (page: Page): Promise<void> => page.keyboard.press('Escape');

const openEditor = async (page: Page): Promise<void> => {
  await tiles(page).nth(3).click();
  await page.keyboard.press('e');
  await page.locator('.editor__frame[data-ready=true]').waitFor();
};
const discard = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Discard changes' }).click();
};

const screens: readonly Screen[] = [
  { name: 'library', large: true, show: (page) => place(page, 'Library') },
  {
    name: 'selection',
    show: async (page) => {
      await tiles(page).nth(1).click();
      await tiles(page)
        .nth(4)
        .click({ modifiers: ['Shift'] });
      await page.keyboard.press('i');
    },
  },
  { name: 'inspector', show: (page) => tiles(page).nth(2).click(), leave: (page) => page.keyboard.press('i') },
  { name: 'context-menu', show: (page) => tiles(page).nth(2).click({ button: 'right' }), leave: escape },
  {
    name: 'viewer',
    large: true,
    show: async (page) => {
      await tiles(page).nth(3).dblclick();
      await page.locator('.stage__image[data-loaded]').first().waitFor();
    },
    leave: escape,
  },
  {
    name: 'editor',
    large: true,
    show: async (page) => {
      await openEditor(page);
      await page.getByRole('button', { name: 'Warm' }).click();
    },
    leave: discard,
  },
  {
    name: 'editor-crop',
    show: async (page) => {
      await openEditor(page);
      await page.keyboard.press('c');
      await page.getByRole('radio', { name: '1:1' }).click();
    },
    leave: discard,
  },
  {
    name: 'export',
    show: async (page) => {
      await tiles(page).nth(3).click();
      await page.keyboard.press('Control+Shift+e');
      await page.getByRole('dialog').waitFor();
    },
    leave: escape,
  },
  {
    name: 'add-folder',
    show: async (page) => {
      await page.keyboard.press('Control+Shift+O');
      await page.getByRole('dialog').getByRole('listitem').first().waitFor();
    },
    leave: escape,
  },
  {
    name: 'date',
    show: async (page) => {
      await tiles(page).nth(3).click();
      await page.keyboard.press('Control+k');
      await page.keyboard.type('adjust date');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: /^Adjust Date/u }).waitFor();
    },
    leave: escape,
  },
  {
    name: 'place',
    show: async (page) => {
      await page.keyboard.press('Control+k');
      await page.keyboard.type('adjust place');
      await page.keyboard.press('Enter');
      await page
        .getByRole('dialog', { name: /^Adjust Place/u })
        .locator('.map')
        .waitFor();
    },
    leave: escape,
  },
  {
    name: 'menu',
    show: async (page) => {
      await page.getByRole('button', { name: 'Menu', exact: true }).click();
      await page.getByRole('menuitem', { name: 'Image' }).hover();
      await page.getByRole('menuitem', { name: /^Favourite/u }).waitFor();
    },
    leave: async (page) => {
      await escape(page);
      await escape(page);
    },
  },
  {
    name: 'search',
    show: async (page) => {
      await page.keyboard.press('Control+f');
      await page.keyboard.type('x-t5 crete ');
      await page.locator('.search-strip__chip').first().waitFor();
    },
    // Closes the suggestions, clears the text, leaves the field.
    leave: async (page) => {
      for (let presses = 0; presses < 3; presses += 1) await escape(page);
    },
  },
  { name: 'palette', show: (page) => page.keyboard.press('Control+k'), leave: escape },
  { name: 'shortcuts', show: (page) => page.keyboard.press('?'), leave: escape },
  {
    name: 'history',
    show: (page) => page.keyboard.press('Control+Shift+h'),
    leave: (page) => page.keyboard.press('Control+Shift+h'),
  },
  { name: 'albums', large: true, show: (page) => place(page, 'All Albums') },
  { name: 'album', show: (page) => row(page, 'Crete').click() },
  {
    name: 'smart-album',
    show: async (page) => {
      await page.keyboard.press('Control+Alt+n');
      await page.getByRole('textbox', { name: 'Name' }).fill('Best of the islands');
      await page.getByRole('button', { name: 'Add a rule' }).click();
      await page.getByLabel('Value').nth(1).fill('Sea');
    },
    leave: escape,
  },
  { name: 'map', large: true, show: (page) => place(page, 'Map') },
  { name: 'tags', show: (page) => place(page, 'Tags') },
  { name: 'duplicates', show: (page) => place(page, 'Duplicates') },
  { name: 'trash', show: (page) => place(page, 'Trash') },
  {
    name: 'settings',
    show: async (page) => {
      await place(page, 'Settings');
      await page.getByRole('tab', { name: 'Appearance' }).click();
    },
  },
  { name: 'settings-folders', show: (page) => page.getByRole('tab', { name: 'Watched Folders' }).click() },
  { name: 'settings-shortcuts', show: (page) => page.getByRole('tab', { name: 'Shortcuts' }).click() },
  {
    name: 'import-report',
    show: async (page) => {
      await page.keyboard.press('Control+k');
      await page.keyboard.type('import report');
      await page.keyboard.press('Enter');
      await page.getByRole('list', { name: 'Imports' }).waitFor();
    },
  },
];

async function shoot(page: Page, name: string): Promise<void> {
  await page.mouse.move(640, 2);
  // Pictures of what is on screen first, then what fades in over them.
  await page.waitForFunction(() => {
    const shown = [...document.querySelectorAll<HTMLImageElement>('img')];
    return shown.every((image) => image.complete);
  });
  await page.waitForTimeout(350);
  const png = await page.screenshot();
  writeFileSync(join(to, `${name}.webp`), await sharp(png).webp({ quality: 84 }).toBuffer());
}

/** Gives the library what makes its screens worth looking at: albums, tags, ratings, something in the trash. */
async function arrange(page: Page): Promise<void> {
  const album = async (name: string, from: number, until: number): Promise<void> => {
    await place(page, 'Library');
    await tiles(page).nth(from).click();
    await tiles(page)
      .nth(until)
      .click({ modifiers: ['Shift'] });
    await page.keyboard.press('Control+n');
    await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill(name);
    await page.keyboard.press('Enter');
    await row(page, name).waitFor();
  };
  const tag = async (name: string, from: number, until: number): Promise<void> => {
    await tiles(page).nth(from).click();
    await tiles(page)
      .nth(until)
      .click({ modifiers: ['Shift'] });
    await page.keyboard.press('t');
    await page.getByRole('combobox', { name: 'Add a tag' }).fill(name);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').locator('.chip').filter({ hasText: name }).waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
  };
  await album('Crete', 0, 8);
  await album('Sunsets', 5, 7);
  await album('For printing', 2, 3);
  await tag('Sea', 0, 3);
  await tag('Family', 2, 5);
  await tag('Mountains', 4, 4);
  for (const [index, key] of [
    [0, '5'],
    [2, 'f'],
    [3, '4'],
    [6, 'f'],
  ] as const) {
    await tiles(page).nth(index).click();
    await page.keyboard.press(key);
  }
  await tiles(page).nth(9).click();
  await page.keyboard.press('Delete');
  await escape(page);
}

const folder = mkdtempSync(join(tmpdir(), 'shoebox-screens-'));
mkdirSync(to, { recursive: true });
// Drawn before the shell starts: its start address does not wait for long.
const photos = await writeTrips(join(folder, 'Photos'));
const shell = await startHeadless(folder, join(folder, 'Pictures'));
const executablePath = findBrowser(process.env);
const browser = await chromium.launch({
  ...(executablePath === undefined ? {} : { executablePath }),
  args: [...browserFlags(process.getuid?.())],
});
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
  const page = await context.newPage();
  await page.goto(shell.startURL);
  await page.getByRole('dialog').waitFor();
  await shoot(page, 'first-run');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Add Folder/u })
    .click();
  // The list writes its own folder into the field when it comes.
  await page.getByRole('list', { name: 'Folders' }).getByRole('listitem').first().waitFor();
  await page.getByRole('textbox', { name: 'Folder' }).fill(join(folder, 'Photos'));
  await page.getByRole('dialog').getByRole('button', { name: 'Add Folder' }).click();
  await page.getByText(`${photos.length} photos`).waitFor();
  await page.getByRole('group', { name: 'Import progress' }).waitFor({ state: 'detached', timeout: 120_000 });
  await page.reload();
  await tiles(page).first().waitFor();
  await arrange(page);
  for (const theme of ['light', 'dark'] as const) {
    for (const size of [
      { width: 1280, height: 800 },
      { width: 1920, height: 1080 },
    ]) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await page.setViewportSize(size);
      await page.reload();
      await page.locator('.window').waitFor();
      for (const screen of screens) {
        const large = size.width > 1280;
        if ((large && screen.large !== true) || (only !== undefined && !only.includes(screen.name))) continue;
        await screen.show(page);
        await shoot(page, `${screen.name}-${theme}${large ? '-large' : ''}`);
        await screen.leave?.(page);
      }
    }
  }
} finally {
  await browser.close();
  await shell.stop();
  rmSync(folder, { recursive: true, force: true });
}
