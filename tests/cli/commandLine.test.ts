import { describe, expect, it } from 'vitest';
import type { CliCommand, CliContext, FlagValues } from '../../electron/cli/command.ts';
import { createOutput } from '../../electron/cli/output.ts';
import { offsetText } from '../../electron/cli/photoRecord.ts';
import { cliCommands } from '../../electron/cli/registry.ts';
import { runCommandLine } from '../../electron/cli/runCommand.ts';
import { UsageError } from '../../electron/cli/usageError.ts';
import { AppError } from '../../shared/errors.ts';

type Call = {
  readonly name: string;
  readonly library: string;
  readonly args: readonly string[];
  readonly flags: FlagValues;
};

function createTerminal(run?: (context: CliContext) => Promise<boolean>) {
  const calls: Call[] = [];
  const written = { out: '', err: '' };
  const stopping = new AbortController();
  const command = (name: string): CliCommand => ({
    name,
    usage: '[WORD]',
    summary: `does ${name}`,
    flags: { deep: { type: 'boolean' }, to: { type: 'string' } },
    run: (context, args, flags) => {
      calls.push({ name, library: context.library, args, flags: { ...flags } });
      return run?.(context) ?? Promise.resolve(true);
    },
  });
  return {
    calls,
    written,
    stopping,
    type: (line: string, env: Readonly<Record<string, string>> = {}) =>
      runCommandLine(line === '' ? [] : line.split(' '), {
        commands: [command('share'), command('share invite'), command('list photos')],
        env,
        version: '1.2.3',
        signal: stopping.signal,
        now: () => 0,
        streams: { out: (text) => (written.out += text), err: (text) => (written.err += text), errIsTerminal: false },
      }),
  };
}

describe('a command line', () => {
  it.each([
    ['list photos', 'list photos', []],
    ['share invite ana', 'share invite', ['ana']],
    ['share invited', 'share', ['invited']],
    ['--json list photos', 'list photos', []],
    ['--library /a list photos', 'list photos', []],
    ['list --library /a photos', 'list photos', []],
    ['share -- --odd', 'share', ['--odd']],
  ])('%j runs %s', async (line, name, args) => {
    const terminal = createTerminal();
    expect(await terminal.type(line)).toBe(0);
    expect(terminal.calls).toMatchObject([{ name, args }]);
  });

  it('finds the library by flag, else by environment, else in Pictures', async () => {
    const terminal = createTerminal();
    await terminal.type('list photos --library /flag', { SHOEBOX_LIBRARY: '/env' });
    await terminal.type('list photos', { SHOEBOX_LIBRARY: '/env' });
    await terminal.type('list photos');
    expect(terminal.calls.map(({ library }) => library.replaceAll('\\', '/').replace(/.*(?=\/Pictures)/u, ''))).toEqual(
      ['/flag', '/env', '/Pictures/Shoebox'],
    );
  });

  it.each([
    '',
    'frob',
    'list',
    'list albums',
    'list photos --odd',
    'list photos --to',
    'share --library',
    'share --library=',
  ])('%j is not understood: exit code 2', async (line) => {
    const terminal = createTerminal();
    expect(await terminal.type(line)).toBe(2);
    expect(terminal.calls).toEqual([]);
    expect(terminal.written.err + terminal.written.out).not.toBe('');
  });

  it.each(['--help', 'help', '--help --json'])('%j lists every command and ends with 0', async (line) => {
    const terminal = createTerminal();
    expect(await terminal.type(line)).toBe(0);
    expect(terminal.written.out).toContain('shoebox share invite');
  });

  it('a failed outcome ends with 1, a usage error with 2, any other error with 1 and one sentence', async () => {
    expect(await createTerminal(() => Promise.resolve(false)).type('share')).toBe(1);
    expect(await createTerminal(() => Promise.reject(new UsageError('Name a person.'))).type('share')).toBe(2);
    const refused = createTerminal(() =>
      Promise.reject(new AppError('permissionFailure', 'Ana can let you add photos.')),
    );
    expect([await refused.type('share'), refused.written.err]).toEqual([1, 'Ana can let you add photos.\n']);
    const crashed = createTerminal(() => Promise.reject(new Error('boom')));
    expect([await crashed.type('share'), crashed.written.err]).toEqual([1, 'Something went wrong: boom\n']);
  });

  it('with --json an error is one object on standard error, and standard output stays empty', async () => {
    const terminal = createTerminal(() => Promise.reject(new AppError('notFound', 'Gone.', { id: 'p1' })));
    await terminal.type('share --json');
    expect([JSON.parse(terminal.written.err), terminal.written.out]).toEqual([
      { code: 'notFound', message: 'Gone.', data: { id: 'p1' } },
      '',
    ]);
  });

  it('stopped by the person, says so and ends with 1', async () => {
    const terminal = createTerminal((context) => {
      terminal.stopping.abort();
      return Promise.resolve().then(() => {
        context.signal.throwIfAborted();
        return true;
      });
    });
    expect([await terminal.type('share'), terminal.written.err]).toEqual([1, 'Stopped.\n']);
  });

  it('shows the help of one command', async () => {
    const terminal = createTerminal();
    expect(await terminal.type('list photos --help')).toBe(0);
    expect([terminal.written.out, terminal.calls]).toEqual(['shoebox list photos [WORD]\n    does list photos\n', []]);
  });

  it('every command there is has its own name, a summary, and no flag of its own that all have', () => {
    expect(new Set(cliCommands.map(({ name }) => name)).size).toBe(cliCommands.length);
    expect(
      cliCommands.filter(
        ({ summary, flags }) => summary === '' || 'library' in flags || 'json' in flags || 'help' in flags,
      ),
    ).toEqual([]);
  });
});

describe('output', () => {
  function createWritten(json: boolean, errIsTerminal: boolean) {
    const written = { out: '', err: '' };
    const clock = { now: 0 };
    const output = createOutput(
      json,
      { out: (text) => (written.out += text), err: (text) => (written.err += text), errIsTerminal },
      () => clock.now,
    );
    return { written, clock, output };
  }

  it('for a script is one object per line, without a word more', () => {
    const { written, output } = createWritten(true, false);
    output.say('hello');
    output.record({ a: 'ä\n' }, 'ignored');
    output.record({ a: null }, 'ignored');
    expect(written).toEqual({ out: '{"a":"ä\\n"}\n{"a":null}\n', err: '' });
  });

  it('progress overwrites itself on a terminal, and its line is ended before anything else is said', () => {
    const { written, output } = createWritten(false, true);
    output.progress('10 found');
    output.progress('9 found');
    output.record({}, 'done');
    expect(written).toEqual({ out: 'done\n', err: '\r10 found\r9 found \n' });
  });

  it('progress in a log comes at most every two seconds', () => {
    const { written, clock, output } = createWritten(false, false);
    output.progress('1');
    output.progress('2');
    clock.now = 2_000;
    output.progress('3');
    expect(written.err).toBe('1\n3\n');
  });
});

describe('a time zone', () => {
  it.each([
    [0, '+00:00'],
    [120, '+02:00'],
    [-210, '-03:30'],
    [345, '+05:45'],
    [-720, '-12:00'],
  ])('%i minutes east is %s', (minutes, text) => {
    expect(offsetText(minutes)).toBe(text);
  });
});
