import './check-node.mjs';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Browser, type Page } from '@playwright/test';
import { browserLaunch } from './browser.ts';
import { drawPhotos } from './demoPhotos.ts';
import { startDemoWorld, type DemoPerson } from './demoWorld.ts';
import { tour } from './demoTour.ts';

/*
 * Two people, one machine: `npm run demo` starts a server, a library each for Ana and Ben with photos in them, and two
 * windows, and prints the steps of the sample's "Try out the sharing flow". `--photos DIR` takes photos of your own,
 * `--screenshots DIR` walks through the steps without a screen and leaves a picture of each.
 */

const { values } = parseArgs({
  options: { photos: { type: 'string' }, screenshots: { type: 'string' }, keep: { type: 'boolean', default: false } },
});
const steps = [
  'Ana: right-click a photo and choose New Share…. Name it, add ben@example.org as Editor, press Share.',
  'Ana: right-click the shared photo and choose Copy Share Link.',
  'Ben: open Shared, paste the link, press Open Link. Look at the preview, then press Accept: the photo appears.',
  'Ana: right-click another photo, choose Add to Share…, choose the share. It soon appears at Ben.',
  'Ben: rate a photo, write a caption. Ana: look at Activity and at the inspector of the photo (I).',
  'Ben: open Shared, press Participants, press Remove Me…. The photos disappear; the copies you kept stay.',
  'Ana: open Manage Shares, press Participants, press Stop Sharing…. Everything is still in the library.',
];
const pictureEndings = /\.(?:jpe?g|png|webp|heic|avif|tiff?)$/iu;

if (values.photos !== undefined && values.screenshots !== undefined) {
  console.error('--screenshots walks through drawn photos: leave --photos out.');
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'shoebox-demo-'));
const stops: (() => Promise<unknown>)[] = [];
let failed = false;
const interruption = interrupted();
try {
  await Promise.race([show(), interruption]);
} catch (error) {
  failed = true;
  console.error(error instanceof Error ? error.message : error);
} finally {
  for (const stop of stops) await stop();
  if (values.keep) console.log(`Kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
// Interrupted while things were being started, some of that may still be under way.
process.exit(failed ? 1 : 0);

async function show(): Promise<void> {
  console.log('Starting a server …');
  const world = await startDemoWorld(folder);
  stops.push(() => world.stop());
  console.log(`It listens at ${world.origin}. Making accounts and libraries for Ana and Ben …`);
  const [ana, ben] = await Promise.all([world.person('Ana'), world.person('Ben')]);
  const given = values.photos === undefined ? undefined : ownPhotos(resolve(values.photos));
  await Promise.all([
    fill(ana, given?.slice(0, 40) ?? (await drawPhotos(join(ana.home, 'pictures'), 'crete', 1, 12))),
    fill(ben, given?.slice(40, 60) ?? (await drawPhotos(join(ben.home, 'pictures'), 'garden', 40, 4))),
  ]);
  const shells = await Promise.all([ana.open(), ben.open()]);
  for (const shell of shells) stops.unshift(() => shell.stop());

  const headless = values.screenshots !== undefined;
  const browser = await openBrowser(headless);
  stops.unshift(() => browser.close());
  const [anas, bens] = await Promise.all([
    openWindow(browser, 'Ana', shells[0].startURL, headless),
    openWindow(browser, 'Ben', shells[1].startURL, headless),
  ]);
  steps.forEach((step, index) => console.log(`${index + 1}. ${step}`));
  if (values.screenshots === undefined) {
    console.log('Close a window, or press Ctrl+C, to end. Everything made here is removed then.');
    await Promise.race([ended(anas), ended(bens), interruption]);
  } else {
    const pictures = resolve(values.screenshots);
    mkdirSync(pictures, { recursive: true });
    await tour({ ana: anas, ben: bens, pictures, linkOf: () => shareLink(ana), log: (line) => console.log(line) });
    console.log(`The pictures are in ${pictures}.`);
  }
}

function ownPhotos(path: string): string[] {
  if (!existsSync(path)) throw new Error(`There is no folder ${path}.`);
  const found = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => pictureEndings.test(name))
    .sort()
    .map((name) => join(path, name));
  if (found.length === 0) throw new Error(`There are no photos in ${path}.`);
  return found;
}

async function fill(person: DemoPerson, files: readonly string[]): Promise<void> {
  if (files.length === 0) return;
  const { code, err } = await person.shoebox(['import', ...files, '--json']);
  if (code !== 0) throw new Error(`The photos of ${person.name} could not be taken in: ${err}`);
}

/** The address Ana would send: what Copy Share Link puts on the clipboard. */
async function shareLink(person: DemoPerson): Promise<string> {
  const { out } = await person.shoebox(['list', 'shares', '--json']);
  const share: { link?: string } = JSON.parse(out.split('\n')[0] ?? '{}');
  if (share.link === undefined) throw new Error('There is no share to open.');
  return share.link;
}

async function openBrowser(headless: boolean): Promise<Browser> {
  return chromium.launch({
    headless,
    // Ctrl+C ends everything in order, the browser among it; left to itself it would end this process first.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    ...browserLaunch(process.env, process.getuid?.()),
  });
}

async function openWindow(browser: Browser, name: string, address: string, headless: boolean): Promise<Page> {
  // A real window has the size the person gives it.
  const context = await browser.newContext({ viewport: headless ? { width: 1_280, height: 800 } : null });
  const page = await context.newPage();
  await page.goto(address);
  await page.locator('.tile').first().waitFor({ timeout: 120_000 });
  console.log(`${name}’s window is open.`);
  return page;
}

function ended(page: Page): Promise<void> {
  return new Promise((done) => {
    page.on('close', () => done());
  });
}

function interrupted(): Promise<void> {
  return new Promise((done) => {
    process.once('SIGINT', () => done());
    process.once('SIGTERM', () => done());
  });
}
