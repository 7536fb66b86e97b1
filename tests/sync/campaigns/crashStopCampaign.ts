// Takes a script up again from what lies on the disks after each of its writing calls: `npm run crash:stops -- --jobs 2`.
import '../../../build/check-node.mjs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { obstacle } from './crashPoints.ts';
import { stopEverywhere } from './crashStops.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '500' },
    /** Processes that share the steps among them. */
    jobs: { type: 'string', default: '1' },
    /** Set for each of them: which one it is, from 0. */
    part: { type: 'string' },
  },
});

const reason = obstacle();
if (reason !== undefined) {
  console.error(`Not run: ${reason}.`);
  process.exit(2);
}
const [seed, steps, jobs, part] = [values.seed, values.steps, values.jobs, values.part ?? 0].map(Number) as [
  number,
  number,
  number,
  number,
];
if (![seed, steps, jobs, part + 1].every((number) => Number.isSafeInteger(number) && number > 0) || part >= jobs) {
  console.error('--seed, --steps and --jobs are whole numbers above 0, --part is one below --jobs.');
  process.exit(2);
}

process.exitCode = values.part === undefined && jobs > 1 ? await shareOut() : await runPart();

async function shareOut(): Promise<number> {
  const codes = await Promise.all(
    Array.from({ length: jobs }, async (_, part) => {
      const child = spawn(process.execPath, [import.meta.filename, ...process.argv.slice(2), '--part', String(part)], {
        stdio: 'inherit',
      });
      const [code] = (await once(child, 'exit')) as [number | null];
      return code ?? 1;
    }),
  );
  return Math.max(...codes);
}

async function runPart(): Promise<number> {
  const started = performance.now();
  const seconds = () => `${Math.round((performance.now() - started) / 1_000)} s`;
  const name = jobs > 1 ? `part ${part + 1} of ${jobs}: ` : '';
  const { stops, states, broken } = await stopEverywhere(seed, steps, {
    part,
    parts: jobs,
    onBroken: (line) => console.log(`${name}BROKEN ${line}`),
    onProgress: (count, taken, done) =>
      console.log(`${name}step ${done} of ${steps}, ${count} stops, ${taken} states taken up, ${seconds()}`),
  });
  const total = [...stops.values()].reduce((sum, count) => sum + count, 0);
  const calls = [...stops].map(([call, count]) => `${call} ${count}`).join(', ');
  console.log(
    `${name}${total} stops (${calls}); ${states} states taken up in ${seconds()}, ${broken.length} violations`,
  );
  return broken.length === 0 && states > 0 ? 0 : 1;
}
