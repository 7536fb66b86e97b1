import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';

export interface TourStage {
  readonly ana: Page;
  readonly ben: Page;
  /** Folder for the pictures. */
  readonly pictures: string;
  readonly linkOf: () => Promise<string>;
  readonly log: (line: string) => void;
}

const patience = 120_000;

/** Walks through the steps of the demonstration and takes a picture of what each person sees after each. */
export async function tour({ ana, ben, pictures, linkOf, log }: TourStage): Promise<void> {
  let number = 0;
  const shoot = async (page: Page, what: string): Promise<void> => {
    number += 1;
    const path = join(pictures, `${String(number).padStart(2, '0')}-${what}.png`);
    await page.screenshot({ path, animations: 'disabled' });
    log(path);
  };
  for (const page of [ana, ben]) page.setDefaultTimeout(patience);

  await tile(ana, 'crete-1').waitFor();
  await shoot(ana, 'ana-library');
  await tile(ana, 'crete-1').click({ button: 'right' });
  await shoot(ana, 'ana-context-menu');
  await menuItem(ana, 'New Share…').click();
  const sheet = ana.getByRole('dialog');
  await sheet.getByLabel('Title').fill('Crete');
  await sheet.getByRole('textbox', { name: 'People' }).fill('ben@example.org');
  await sheet.getByRole('textbox', { name: 'People' }).press('Enter');
  await sheet.getByText('Ben has an account here.').waitFor();
  await sheet.getByRole('button', { name: /What ben@example.org may do/u }).click();
  await menuItem(ana, 'Editor').click();
  await shoot(ana, 'ana-share-sheet');
  await sheet.getByRole('button', { name: 'Share', exact: true }).click();
  await ana.getByText(/photo is in “Crete”/u).waitFor();

  await place(ben, 'Shared').click();
  await ben.getByLabel('Share link').fill(await linkOf());
  await ben.getByRole('button', { name: 'Open Link' }).click();
  await ben.getByRole('dialog').getByRole('heading', { name: 'Crete' }).waitFor();
  await shoot(ben, 'ben-preview');
  await ben.getByRole('dialog').getByRole('button', { name: 'Accept' }).click();
  await tile(ben, 'crete-1').locator('.tile__image[data-shown]').waitFor();
  await shoot(ben, 'ben-sees-it');

  await tile(ana, 'crete-2').click({ button: 'right' });
  await menuItem(ana, 'Add to Share…').click();
  await shoot(ana, 'ana-add-to-share');
  await ana.getByRole('dialog').getByRole('button', { name: /Crete/u }).click();
  await tile(ben, 'crete-2').locator('.tile__image[data-shown]').waitFor();
  await shoot(ben, 'ben-sees-the-second');

  await place(ben, 'Activity').click();
  await ben.getByText('Ana added a photo to Crete').waitFor();
  await shoot(ben, 'ben-activity');
  await ana.getByRole('button', { name: 'Manage Shares' }).click();
  await ana.getByRole('region', { name: 'By Me' }).getByRole('button', { name: 'Copy Link' }).waitFor();
  await shoot(ana, 'ana-manage-shares');
  await ana.getByRole('region', { name: 'By Me' }).getByRole('button', { name: 'Participants' }).click();
  await ana.getByRole('dialog').getByText('Ben', { exact: true }).waitFor();
  await shoot(ana, 'ana-participants');
  await ana.keyboard.press('Escape');

  await place(ben, 'Shared').click();
  await ben.getByRole('region', { name: 'With Me' }).getByRole('button', { name: 'Participants' }).click();
  await ben.getByRole('button', { name: 'Remove Me…' }).click();
  await shoot(ben, 'ben-remove-me');
  await ben.getByRole('alertdialog').getByRole('button', { name: 'Remove Me', exact: true }).click();
  await ben.getByText(/You left “Crete”/u).waitFor();
  await shoot(ben, 'ben-has-left');

  await ana.getByRole('region', { name: 'By Me' }).getByRole('button', { name: 'Participants' }).click();
  await ana.getByRole('dialog').getByRole('button', { name: 'Stop Sharing…' }).click();
  await shoot(ana, 'ana-stop-sharing');
  await ana.getByRole('alertdialog').getByRole('button', { name: 'Stop Sharing', exact: true }).click();
  await ana.getByText(/“Crete” is not shared any more/u).waitFor();
  await place(ana, 'Library').click();
  await tile(ana, 'crete-1').waitFor();
  await shoot(ana, 'ana-has-everything');
}

function tile(page: Page, name: string): Locator {
  return page.locator('.tile').and(page.getByLabel(new RegExp(`^${name}[.]`, 'u')));
}

function menuItem(page: Page, name: string): Locator {
  return page.getByRole('menuitem', { name: new RegExp(`^${name}`, 'u') });
}

function place(page: Page, name: string): Locator {
  return page.getByRole('navigation').getByRole('button', { name: new RegExp(`^${name}`, 'u') });
}
