// Measures editing: `npm run bench:edits -- [--runs 5] [--photo FILE]`. Prints what each figure is held against.
import '../../build/check-node.mjs';
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { createMediaJobs } from '../../electron/core/media/mediaJobs.ts';
import { picturePath, readPicture } from '../../electron/core/media/thumbnailCache.ts';
import { emptyStack, stackToJson } from '../../shared/edits/stack.ts';
import { applyAssignments } from '../../shared/edits/stackOps.ts';
import { exportOptions } from '../../shared/model/edit.ts';
import { openPreviewBrowser } from '../edits/preview/browser.ts';
import { photos } from '../edits/photos.ts';
import { processorTimeBelow } from './processorTime.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    photo: { type: 'string', default: '' },
    /** Internal: render one job in this process and report. */
    job: { type: 'string', default: '' },
  },
});

const everything =
  'exposure=0.35,contrast=20,highlights=-30,shadows=25,whites=8,blacks=-8,gamma=1.05,curve=0/0.01;0.5/0.53;1/1,' +
  'saturation=8,vibrance=25,warmth=15,tint=4,sharpness=40,clarity=30,vignette=-30,grain=10,' +
  'straighten=2,crop=0.02/0.02/0.96/0.96,rotate=90,flip=horizontal';
const json = (text: string) => stackToJson(applyAssignments(emptyStack, text));
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? 0;
const worst = (list: readonly number[]): number => Math.max(...list);

interface Measured {
  readonly wall: number;
  readonly cpu: number;
  readonly peak: number;
}

if (values.job === '') await main();
else {
  const [path = '', target = '', edits = ''] = JSON.parse(values.job) as string[];
  const jobs = createMediaJobs();
  const before = process.cpuUsage();
  const started = performance.now();
  const options = exportOptions.parse({ metadata: 'none' });
  await jobs.renderFile({ path, stack: json(edits), target, options });
  const { user, system } = process.cpuUsage(before);
  process.send?.({
    wall: performance.now() - started,
    cpu: (user + system) / 1000,
    // Peak resident memory of this process, kilobytes.
    peak: process.resourceUsage().maxRSS / 1024,
  } satisfies Measured);
  await jobs.end();
}

/** One render in a process of its own, as the media worker does it: its peak memory is this job's. */
function renderOnce(path: string, target: string, edits: string): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, ['--job', JSON.stringify([path, target, edits])]);
    child.on('message', (message) => resolve(message as Measured));
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? undefined : reject(new Error(`The render ended with ${code}`))));
  });
}

async function main(): Promise<void> {
  const runs = Number(values.runs);
  const folder = mkdtempSync(join(tmpdir(), 'shoebox-bench-edits-'));
  const jobs = createMediaJobs();
  const browser = await openPreviewBrowser();
  try {
    let photo = values.photo;
    if (photo === '') {
      photo = join(folder, 'photo24.jpg');
      await sharp(photos('cameras/Apple iPhone 5.jpg'))
        .autoOrient()
        .resize(6000, 4000, { fit: 'fill' })
        .jpeg({ quality: 92 })
        .toFile(photo);
    }
    const source = await jobs.editSource({ path: photo });
    console.log(`${source.width} x ${source.height}, ${(readFileSync(photo).length / 1e6).toFixed(1)} MB`);

    console.log('\nFull render to JPEG, one process, decode and encode included (limit: 2,500 ms on one core, 700 MB)');
    for (const [name, edits] of [
      ['no step', ''],
      ['exposure', 'exposure=0.5'],
      ['every step', everything],
    ] as const) {
      const all: Measured[] = [];
      for (let i = 0; i < runs; i++) all.push(await renderOnce(photo, join(folder, `${name}${i}.jpg`), edits));
      console.log(
        `  ${name.padEnd(12)} CPU ${median(all.map((m) => m.cpu)).toFixed(0)} ms (worst ${worst(all.map((m) => m.cpu)).toFixed(0)}), ` +
          `wall ${median(all.map((m) => m.wall)).toFixed(0)} ms, peak ${worst(all.map((m) => m.peak)).toFixed(0)} MB`,
      );
    }

    const thumbs: number[] = [];
    for (let i = 0; i < runs; i++) {
      const started = performance.now();
      await jobs.editedPicture({
        path: photo,
        stack: json(everything),
        size: 'thumb',
        cacheDirectory: folder,
        key: `${i}`.repeat(64),
        nonce: 'n',
      });
      thumbs.push(performance.now() - started);
    }
    console.log(`\nEdited thumbnail of it, every step: ${median(thumbs).toFixed(0)} ms`);

    const key = 'a'.repeat(64);
    const started = performance.now();
    await jobs.editRendition({ path: photo, cacheDirectory: folder, key, nonce: 'n' });
    console.log(`Making the editor's picture, once per photo: ${(performance.now() - started).toFixed(0)} ms`);
    const rendition = readPicture(picturePath(folder, key, 'preview'))?.bytes ?? Buffer.alloc(0);

    console.log(`\nPreview at 1600 px (${await browser.call('renderer')})`);
    const sliders = (base: string) =>
      Array.from({ length: 30 }, (_, i) => json(`${base}${base === '' ? '' : ','}exposure=${(i / 30).toFixed(3)}`));
    console.log(
      '  gpu is played by software here: the editor draws with cpu on such a machine, in as many threads as cores',
    );
    const look = everything.split(',').slice(1, -4).join(',');
    for (const kind of ['gpu', 'cpu'] as const) {
      const opened: number[] = [];
      for (let i = 0; i < runs; i++) {
        const parts = await browser.call('open', browser.serve(rendition, 'image/png'), kind, source, source.space);
        opened.push(parts['total'] ?? 0);
        if (i === 0)
          console.log(
            `  ${kind}: first frame in parts ${JSON.stringify(Object.fromEntries(Object.entries(parts).map(([k, v]) => [k, Math.round(v)])))}`,
          );
      }
      console.log(`  ${kind}: first frame from the rendition ${median(opened).toFixed(0)} ms (limit 200)`);
      for (const [name, base] of [
        ['exposure alone', ''],
        ['exposure over warmth and saturation', 'warmth=20,saturation=20'],
        ['exposure over every look step but sharpness', look.replace(/sharpness=\d+,/u, '')],
        ['exposure over every look step', look],
      ] as const) {
        await browser.call('slide', sliders(base).slice(0, 3), 1600, false);
        const before = processorTimeBelow(process.pid) ?? 0;
        const all = (await browser.call('slide', sliders(base), 1600, false)).map(({ ms }) => ms);
        const cpu = ((processorTimeBelow(process.pid) ?? before) - before) / all.length;
        const dragged = (await browser.call('slide', sliders(base), 1600, true)).slice(1);
        console.log(
          `  ${kind}: ${name.padEnd(44)} at 1600 px ${median(all).toFixed(0)} ms (worst ${worst(all).toFixed(0)}, processor ${cpu.toFixed(0)}); ` +
            `dragged ${median(dragged.map(({ ms }) => ms)).toFixed(0)} ms (worst ${worst(dragged.map(({ ms }) => ms)).toFixed(0)}) ` +
            `at ${median(dragged.map(({ edge }) => edge)).toFixed(0)} px (software limit 60)`,
        );
      }
    }
  } finally {
    await browser.dispose();
    await jobs.end();
    rmSync(folder, { recursive: true, force: true });
  }
}
