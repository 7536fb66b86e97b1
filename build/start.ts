import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { electronVite, findElectron, sandboxObstacle, windowObstacle } from './electronBinary.ts';

/**
 * `npm start`: the desktop window where Electron is there or can be fetched, otherwise the same app in a browser. Flags go
 * on to whichever it is (`npm start -- --library DIR`).
 */
const root = join(import.meta.dirname, '..');
const flags = process.argv.slice(2);
/** Runs a script by this Node: what npm puts into `.bin` on Windows only a shell can start, which splits paths at spaces. */
function runStep(script: string, args: readonly string[] = []): boolean {
  return spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' }).status === 0;
}

/** Whether the place Electron is fetched from answers at all; a download that hangs for minutes helps nobody. */
async function canFetch(): Promise<boolean> {
  const mirror = process.env['ELECTRON_MIRROR'] ?? 'https://github.com/';
  try {
    await fetch(mirror, { method: 'HEAD', signal: AbortSignal.timeout(4_000) });
    return true;
  } catch {
    return false;
  }
}

/** The program to open a window with, or why there is none. */
async function desktop(): Promise<{ readonly program: string } | { readonly why: string }> {
  const obstacle = windowObstacle(process.platform, process.env, process.getuid?.());
  if (obstacle !== undefined) return { why: obstacle };
  const present = findElectron(root);
  if (present !== undefined) return startable(present);
  if (!(await canFetch())) return { why: 'Electron is not installed and cannot be fetched from here' };
  console.log('Fetching Electron once…');
  if (!runStep('node_modules/electron/install.js')) return { why: 'Electron could not be fetched' };
  const fetched = findElectron(root);
  return fetched === undefined ? { why: 'Electron could not be fetched' } : startable(fetched);
}

function startable(program: string): { readonly program: string } | { readonly why: string } {
  const obstacle = sandboxObstacle(process.platform, program);
  return obstacle === undefined ? { program } : { why: obstacle };
}

/** Runs the app until it ends, passing on Ctrl+C, and ends with its exit code. */
function runApp(program: string, args: readonly string[]): void {
  const child = spawn(program, args, { cwd: root, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  // npm, asked to end, ends the shell it started this in and not this: the app would go on and hold its library.
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM');
  }, 500).unref();
  child.on('error', (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  child.on('exit', (code) => {
    process.exitCode = code ?? 0;
  });
}

const found = await desktop();
if ('program' in found) {
  const built =
    runStep(electronVite, ['build', '-c', 'build/electron.vite.config.ts']) && runStep('build/build-renderer.ts');
  if (built) {
    // The desktop reads its library as one word, so that a link's own words cannot be taken for it.
    const library = flags.indexOf('--library');
    const own = library === -1 ? flags : [`--library=${flags[library + 1] ?? ''}`];
    runApp(found.program, ['.', ...own]);
  } else {
    process.exitCode = 1;
  }
} else {
  console.error(`Shoebox opens in your browser, because ${found.why}.`);
  const open =
    flags.includes('--open') || windowObstacle(process.platform, process.env, undefined) !== undefined
      ? []
      : ['--open'];
  runApp(process.execPath, [join(root, 'electron', 'headless', 'main.ts'), ...flags, ...open]);
}
