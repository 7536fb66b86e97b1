import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findBrowser, installHint } from './browser.ts';
import { tallyPlaywright, tallyVitest } from './testReports.ts';
import type { TestTally } from './testReports.ts';

/**
 * Everything `npm test` means, in the order in which a failure is cheapest to find. Every step runs even when an earlier
 * one failed, so that one run tells the whole story. `--only lint,unit` runs some; `--require-all` (and CI) makes a missing
 * browser a failure instead of a note.
 */
const root = resolve(import.meta.dirname, '..');
const reports = mkdtempSync(join(tmpdir(), 'shoebox-check-'));
/** What Node made of our modules: hundreds of programs are started by the tests, and each would compile them all again. */
const compiled = join(reports, 'compiled');
const vitestReport = join(reports, 'vitest.json');
const playwrightReport = join(reports, 'playwright.json');
const code = ['shared', 'electron', 'renderer', 'server', 'tests', 'build', 'vitest.config.ts'].filter((path) =>
  existsSync(join(root, path)),
);
const layers = ['shared', 'core', 'desktop', 'renderer', 'server', 'tests'];

type Step = {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Why the step cannot run here, or undefined when it can. */
  readonly obstacle?: () => string | undefined;
  readonly tally?: () => TestTally;
};

const steps: readonly Step[] = [
  { name: 'format', command: ['oxfmt', '-c', 'build/oxfmtrc.json', '--check', ...code] },
  {
    name: 'lint',
    command: ['oxlint', '-c', 'build/oxlintrc.json', '--type-aware', '--deny-warnings', ...code],
  },
  ...layers.map((layer) => ({
    name: `types: ${layer}`,
    command: ['tsc', '--noEmit', '-p', `build/tsconfig/${layer}.json`],
  })),
  { name: 'import rules', command: ['node', 'build/check-imports.ts'] },
  { name: 'dead code', command: ['knip', '-c', 'build/knip.json', '--no-progress'] },
  { name: 'licences', command: ['node', 'build/check-licences.ts'] },
  {
    name: 'unit',
    command: ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${vitestReport}`],
    tally: () => tallyVitest(readFileSync(vitestReport, 'utf8')),
  },
  {
    name: 'e2e',
    command: ['playwright', 'test', '-c', 'build/playwright.config.ts', '--reporter=list,json'],
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: playwrightReport },
    obstacle: () => (findBrowser(process.env) === undefined ? installHint : undefined),
    tally: () => tallyPlaywright(readFileSync(playwrightReport, 'utf8')),
  },
];

/** A step that takes longer hangs, minutes: it is ended and counts as failed, so that the others still tell their story. */
const longestStep = 35;

/**
 * Runs one command with its output on the terminal; resolves with its exit code (1 when it could not start, or did not
 * end).
 */
function run(step: Step): Promise<number> {
  const [program = '', ...args] = step.command;
  return new Promise((done) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: 'inherit',
      shell: process.platform === 'win32',
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: compiled,
        ...step.env,
        PATH: `${join(root, 'node_modules', '.bin')}${process.platform === 'win32' ? ';' : ':'}${process.env['PATH'] ?? ''}`,
      },
    });
    const deadline = setTimeout(() => {
      console.error(`\n"${step.name}" has not ended in ${longestStep} minutes and is stopped.`);
      child.kill('SIGKILL');
    }, longestStep * 60_000);
    const end = (exitCode: number): void => {
      clearTimeout(deadline);
      done(exitCode);
    };
    child.on('error', (error) => {
      console.error(`${program} did not start: ${error.message}`);
      end(1);
    });
    child.on('exit', (exitCode) => end(exitCode ?? 1));
  });
}

const onlyAt = process.argv.indexOf('--only');
const only = onlyAt === -1 ? undefined : (process.argv[onlyAt + 1] ?? '').split(',');
const requireAll = process.argv.includes('--require-all') || (process.env['CI'] ?? '') !== '';
const wanted = steps.filter((step) => only === undefined || only.some((name) => step.name.startsWith(name)));

const timings: string[] = [];
const broken: string[] = [];
const notRun: string[] = [];
let passed = 0;
const failures: string[] = [];

for (const step of wanted) {
  console.log(`\n── ${step.name}`);
  const obstacle = step.obstacle?.();
  if (obstacle !== undefined) {
    console.log(obstacle);
    notRun.push(`the whole step "${step.name}": ${obstacle.split('\n')[0]}`);
    if (requireAll) broken.push(step.name);
    continue;
  }
  const started = performance.now();
  const exitCode = await run(step);
  timings.push(
    `${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s  ${step.name}${exitCode === 0 ? '' : '  FAILED'}`,
  );
  if (exitCode !== 0) broken.push(step.name);
  if (step.tally === undefined) continue;
  try {
    const tally = step.tally();
    passed += tally.passed;
    failures.push(...tally.failures);
    notRun.push(...tally.notRun);
    if (tally.passed + tally.failures.length === 0) broken.push(`${step.name} (it ran no test)`);
  } catch (error) {
    console.error(
      `The report of "${step.name}" could not be read: ${error instanceof Error ? error.message : String(error)}`,
    );
    broken.push(`${step.name} (no report)`);
  }
}
rmSync(reports, { recursive: true, force: true });

console.log(`\n── timings\n${timings.join('\n')}`);
if (notRun.length > 0) console.log(`\n── not run here\n${notRun.map((name) => `  ${name}`).join('\n')}`);
if (failures.length > 0) console.log(`\n── failed tests\n${failures.map((text) => `  ${text}`).join('\n')}`);
if (broken.length > 0) console.log(`\n── failed\n${[...new Set(broken)].map((name) => `  ${name}`).join('\n')}`);
console.log(`\n${passed} passed, ${failures.length} failed`);
process.exitCode = broken.length > 0 || failures.length > 0 ? 1 : 0;
