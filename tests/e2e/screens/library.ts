import type { Page } from '@playwright/test';
import { escape, place, tiles, type Screen } from './screen.ts';

const row = (page: Page, name: string) =>
  page.getByRole('treegrid', { name: 'Albums' }).getByRole('row', { name: new RegExp(`^${name}`, 'u') });

const openEditor = async (page: Page): Promise<void> => {
  await tiles(page).nth(3).click();
  await page.keyboard.press('e');
  await page.locator('.editor__frame[data-ready=true]').waitFor();
};
const discard = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Discard changes' }).click();
};

/** Screens of a library that nobody else takes part in. */
export const libraryScreens: readonly Screen[] = [
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

/** Gives the library what makes its screens worth looking at: albums, tags, ratings, something in the trash. */
export async function arrange(page: Page): Promise<void> {
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
