import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { startDemoWorld, type DemoPerson, type DemoWorld } from '../../../build/demoWorld.ts';
import { writeTrips } from '../../helpers/scenes.ts';
import { escape, place, type Screen } from './screen.ts';

/** Two people's windows on one server, with shares between them and a third. */
export interface Stage {
  /** Addresses that open a window each, once. */
  readonly startURLs: { readonly ana: string; readonly ben: string };
  /** A link of a share that Ben does not take part in. */
  readonly link: string;
  /** The file name of a photo of Ana's that is in no share. */
  readonly unshared: string;
  /** The file name of one that she shares with Ben. */
  readonly shared: string;
  stop(): Promise<void>;
}

/** @throws Error with what a program said when something could not be set up */
export async function setStage(folder: string): Promise<Stage> {
  const world = await startDemoWorld(folder);
  try {
    return await play(world, folder);
  } catch (error) {
    // Nobody else could stop its server and windows.
    await world.stop();
    throw error;
  }
}

async function play(world: DemoWorld, folder: string): Promise<Stage> {
  const [ana, ben, clara] = await Promise.all([world.person('Ana'), world.person('Ben'), world.person('Clara')]);
  const trips = await writeTrips(join(folder, 'Trips'), 30);
  const parts = [trips.slice(0, 18), trips.slice(18, 24), trips.slice(24)];
  for (const [index, person] of [ana, ben, clara].entries()) await run(person, 'import', ...(parts[index] ?? []));
  const photos = await lines<{ id: string; fileName: string }>(ana, 'list', 'photos');
  const shared = photos.slice(5, 16);
  await run(ana, 'share', 'create', 'Crete', ...shared.map(({ id }) => id), '--invite', 'ben@example.org=editor');
  await run(ana, 'share', 'invite', 'Crete', 'clara@example.org', 'dimitra@example.org');
  await run(ana, 'share', 'link', 'Crete', '--new', '--as', 'viewer', '--label', 'For the hiking group');
  await run(ben, 'sync');
  const [invitation] = await lines<{ shortGUID: string }>(ben, 'list', 'invitations');
  await run(ben, 'share', 'accept', invitation?.shortGUID ?? '', '--yes');
  await run(ben, 'sync');
  await run(ben, 'share', 'add', 'Crete', '--where', 'IMG');
  await run(ben, 'sync');
  await run(clara, 'share', 'create', 'Garden', '--where', 'IMG', '--invite', 'ben@example.org=contributor');
  await run(clara, 'sync');
  await run(clara, 'share', 'link', 'Garden', '--new', '--as', 'viewer');
  const [garden] = await lines<{ link: string }>(clara, 'list', 'shares');
  await run(ana, 'sync');
  // One after the other: whoever stops the world stops the windows that are open by then.
  const anas = await ana.open();
  const bens = await ben.open();
  return {
    startURLs: { ana: anas.startURL, ben: bens.startURL },
    link: garden?.link ?? '',
    unshared: photos[0]?.fileName ?? '',
    shared: shared[0]?.fileName ?? '',
    stop: () => world.stop(),
  };
}

async function run(person: DemoPerson, ...words: readonly string[]): Promise<string> {
  const { code, out, err } = await person.shoebox([...words, '--json']);
  if (code !== 0) throw new Error(`${person.name}: shoebox ${words.join(' ')}: ${err}${out}`);
  return out;
}

async function lines<T>(person: DemoPerson, ...words: readonly string[]): Promise<T[]> {
  const out = await run(person, ...words);
  return out
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as T);
}

const settings = (name: string, tab: string): Screen => ({
  name,
  show: async (page) => {
    await place(page, 'Settings');
    await page.getByRole('tab', { name: tab }).click();
  },
});

const openParticipants = (page: Page): Promise<void> =>
  page.getByRole('region', { name: 'By Me' }).getByRole('button', { name: 'Participants' }).click();

/** What the one who shares sees. */
export const ownerScreens = ({ unshared }: Pick<Stage, 'unshared'>): readonly Screen[] => [
  {
    name: 'share-sheet',
    show: async (page) => {
      await place(page, 'Library');
      await page.getByRole('gridcell', { name: new RegExp(`^${unshared}`, 'u') }).click({ button: 'right' });
      await page.getByRole('menuitem', { name: /^New Share…/u }).click();
      const sheet = page.getByRole('dialog');
      await sheet.getByLabel('Title').fill('Islands');
      await sheet.getByRole('textbox', { name: 'People' }).fill('ben@example.org');
      await sheet.getByRole('textbox', { name: 'People' }).press('Enter');
      await sheet.getByText('Ben has an account here.').waitFor();
    },
    leave: escape,
  },
  {
    name: 'manage-shares',
    show: async (page) => {
      await page.getByRole('button', { name: 'Manage Shares' }).click();
      await page.getByRole('region', { name: 'By Me' }).getByRole('button', { name: 'Copy Link' }).waitFor();
    },
  },
  {
    name: 'participants',
    show: async (page) => {
      await openParticipants(page);
      await page.getByRole('dialog').getByText('Ben', { exact: true }).waitFor();
    },
    leave: escape,
  },
  {
    name: 'new-link',
    show: async (page) => {
      await openParticipants(page);
      await page.getByRole('dialog').getByRole('button', { name: 'New Link…' }).click();
      await page.getByRole('dialog', { name: 'New Link' }).waitFor();
    },
    leave: async (page) => {
      await page.getByRole('dialog', { name: 'New Link' }).getByRole('button', { name: 'Cancel' }).click();
      await escape(page);
    },
  },
  {
    name: 'stop-sharing',
    show: async (page) => {
      await openParticipants(page);
      await page.getByRole('dialog').getByRole('button', { name: 'Stop Sharing…' }).click();
      await page.getByRole('alertdialog').waitFor();
    },
    leave: async (page) => {
      await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click();
      await escape(page);
    },
  },
  {
    name: 'activity',
    show: async (page) => {
      await place(page, 'Activity');
      await page
        .getByText(/Ben added/u)
        .first()
        .waitFor();
    },
  },
  {
    name: 'sync',
    show: async (page) => {
      await page.getByRole('button', { name: /^Up to date/u }).click();
      await page.getByRole('button', { name: 'Sync Now' }).waitFor();
    },
  },
  settings('settings-account', 'Account & Devices'),
  settings('settings-sharing', 'Sharing'),
  settings('settings-storage', 'Storage'),
  settings('settings-library', 'Library'),
  settings('settings-advanced', 'Advanced'),
];

/** What somebody who takes part sees. */
export function participantScreens({ link, shared }: Pick<Stage, 'link' | 'shared'>): readonly Screen[] {
  return [
    {
      name: 'shared-photos',
      show: async (page) => {
        await place(page, 'Crete');
        await page.getByRole('gridcell', { name: new RegExp(`^${shared}`, 'u') }).click();
        await page.keyboard.press('i');
        await page.getByText('Added by').first().waitFor();
      },
      leave: (page) => page.keyboard.press('i'),
    },
    {
      name: 'invitations',
      show: async (page) => {
        await place(page, 'Invitations');
        await page.getByText('Garden').first().waitFor();
      },
    },
    {
      name: 'link-preview',
      show: async (page) => {
        await place(page, 'Shared');
        await page.getByLabel('Share link').fill(link);
        await page.getByRole('button', { name: 'Open Link' }).click();
        await page.getByRole('dialog').getByRole('heading', { name: 'Garden' }).waitFor();
      },
      leave: escape,
    },
  ];
}

/** Opens a window and waits for photos in it. */
export async function openWindow(page: Page, startURL: string): Promise<void> {
  await page.goto(startURL);
  await page.locator('.tile').first().waitFor({ timeout: 60_000 });
}
