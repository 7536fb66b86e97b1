import type { Locator, Page } from '@playwright/test';

/** A screen to take a picture of. */
export type Screen = {
  readonly name: string;
  /** Also taken at 1920×1080, since it changes with space. */
  readonly large?: boolean;
  readonly show: (page: Page) => Promise<void>;
  /** Goes back to where the next one starts. */
  readonly leave?: (page: Page) => Promise<void>;
};

/** Goes to a place of the sidebar. */
export async function place(page: Page, name: string): Promise<void> {
  await page
    .getByRole('navigation', { name: 'Places' })
    .getByRole('button', { name: new RegExp(`^${name}( [\\d,]+)?$`, 'u') })
    .click();
}

export const tiles = (page: Page): Locator => page.getByRole('grid').getByRole('gridcell');
export const escape = (page: Page): Promise<void> => page.keyboard.press('Escape');
