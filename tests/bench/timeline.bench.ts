import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { browserLaunch } from '../../build/browser.ts';
import { layoutTimeline } from '../../renderer/features/library/justifiedLayout.ts';
import { startHeadless } from '../helpers/program.ts';
import { makeSyntheticLibrary } from './syntheticLibrary.ts';

/**
 * The figures of the timeline in a real browser: `npm run bench:timeline -- [--count 100000] [--step 1500]`. `step` is how
 * far each frame scrolls, px; 1,500 renews nearly two screens of photos sixty times a second. Frame times are wall-clock
 * and suffer from whatever else runs; work per frame is processor time of the page's main thread and does not.
 */
const { values } = parseArgs({
  options: { count: { type: 'string', default: '100000' }, step: { type: 'string', default: '1500' } },
});
const count = Number(values.count);
const print = (name: string, value: string, limit: string): void =>
  console.log(`${name.padEnd(52)}${value.padStart(26)}  ${limit}`);
const middle = (list: readonly number[]): number => list.toSorted((left, right) => left - right)[list.length >> 1] ?? 0;

function layoutFigures(): void {
  for (const [name, perDay] of [
    ['spread over the years', 37],
    ['half of it in one month', count / 2 / 28],
  ] as const) {
    const ratios = Int32Array.from({ length: count }, (_, index) => 600 + ((index * 7_919) % 1_400));
    const days = Int32Array.from({ length: count }, (_, index) => 20_000 - Math.floor(index / perDay));
    const runs = Array.from({ length: 12 }, () => {
      const started = process.cpuUsage();
      layoutTimeline({ count, ratios, days, width: 1_200, rowHeight: 200, gap: 4, grouping: 'day', headerHeight: 44 });
      const { user, system } = process.cpuUsage(started);
      return (user + system) / 1_000;
    });
    // The first ones pay for compiling, which the app pays once per window.
    print(`layout of ${count} photos, ${name}`, `${middle(runs.slice(3)).toFixed(1)} ms`, 'under 20 ms');
  }
}

type Scrolled = {
  readonly frames: readonly number[];
  readonly longTasks: readonly number[];
  readonly height: number;
  readonly nodes: number;
};

const folder = mkdtempSync(join(tmpdir(), 'shoebox-timeline-'));
const library = await makeSyntheticLibrary(count, () => undefined);
// The shell opens the library in a process of its own; two may not have it open at once.
await library.core.dispose();
library.store.dispose();
const started = performance.now();
const shell = await startHeadless(folder, library.directory);
const ready = performance.now() - started;
const browser = await chromium.launch(browserLaunch(process.env, process.getuid?.()));
try {
  layoutFigures();
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  await page.addInitScript(() => {
    const facts = { paint: 0, long: [] as number[] };
    Object.assign(window, { facts });
    new PerformanceObserver((list) => facts.long.push(...list.getEntries().map((entry) => entry.duration))).observe({
      type: 'longtask',
    });
    const look = (): void => {
      if (document.querySelector('.tile') === null) requestAnimationFrame(look);
      else requestAnimationFrame(() => (facts.paint = performance.now()));
    };
    document.addEventListener('DOMContentLoaded', look);
  });
  await page.goto(shell.startURL);
  await page.waitForFunction(() => 'facts' in window && (window.facts as { paint: number }).paint > 0);
  const paint = await page.evaluate(() => ('facts' in window ? (window.facts as { paint: number }).paint : 0));
  // Whether a library that already holds photos still welcomes its person is not what is measured here.
  const welcome = page.getByText('Start with an empty library');
  await welcome.click({ timeout: 3_000 }).catch(() => undefined);
  await page.waitForFunction(() => document.querySelector('[role="grid"]')?.getAttribute('aria-busy') === 'false');
  print('shell ready', `${ready.toFixed(0)} ms`, '');
  print('first grid paint after READY', `${paint.toFixed(0)} ms`, 'under 1,000 ms');
  await page.waitForTimeout(1_000);

  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const work = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find((metric) => metric.name === 'TaskDuration')?.value ?? 0;
  };
  const before = await work();
  const scrolled: Scrolled = await page.evaluate(async (step) => {
    const { facts } = window as unknown as { facts: { long: number[] } };
    facts.long.length = 0;
    const grid = document.querySelector('[role="grid"]');
    if (grid === null) throw new Error('there is no grid');
    const frames: number[] = [];
    let last = performance.now();
    await new Promise<void>((done) => {
      const tick = (now: number): void => {
        frames.push(now - last);
        last = now;
        grid.scrollTop += step;
        if (grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 10) done();
        else requestAnimationFrame(tick);
      };
      requestAnimationFrame(tick);
    });
    return {
      frames,
      longTasks: facts.long,
      height: grid.scrollHeight,
      nodes: document.querySelectorAll('*').length,
    };
  }, Number(values.step));
  const perFrame = ((await work()) - before) / scrolled.frames.length;
  const sorted = scrolled.frames.toSorted((left, right) => left - right);
  const at = (part: number): string => `${(sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(1)} ms`;
  print(`scrolling all ${scrolled.height} px, frames`, String(scrolled.frames.length), '');
  print('frame time, median and 95 %', `${at(0.5)}, ${at(0.95)}`, 'p95 under 25 ms');
  print('main-thread work per frame', `${(perFrame * 1_000).toFixed(1)} ms`, '');
  const longest = Math.max(0, ...scrolled.longTasks).toFixed(0);
  print('tasks over 50 ms, and the longest', `${scrolled.longTasks.length}, ${longest} ms`, 'none');
  print('elements in the page at the end', String(scrolled.nodes), '');
} finally {
  await browser.close();
  await shell.stop();
  rmSync(folder, { recursive: true, force: true });
  rmSync(library.directory, { recursive: true, force: true });
}
