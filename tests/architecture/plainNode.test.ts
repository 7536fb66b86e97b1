import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

/** A Node in which `electron` cannot be found, whatever lies in node_modules. */
const withoutElectron = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({ resolve(specifier, context, next) {
    if (specifier === 'electron' || specifier.startsWith('electron/')) throw new Error('electron was asked for');
    return next(specifier, context);
  } });
`)}`;

function run(...args: readonly string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', withoutElectron, ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, text: stdout + stderr };
}

describe('in a Node where electron cannot be found', () => {
  it('the check itself works', () => {
    expect(run('--input-type=module', '-e', "import 'electron'").text).toContain('electron was asked for');
  });

  it('the command line loads every command', () => {
    expect(run('electron/cli/shoebox.ts', '--help')).toMatchObject({
      status: 0,
      text: expect.stringContaining('shoebox headless'),
    });
  });

  it('the browser shell loads and reads its flags', () => {
    expect(run('electron/headless/main.ts', '--port', 'x')).toMatchObject({
      status: 2,
      text: expect.stringContaining('--port needs a number'),
    });
  });
});
