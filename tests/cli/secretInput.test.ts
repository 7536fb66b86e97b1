import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { CliCommand } from '../../electron/cli/command.ts';
import { runCommandLine } from '../../electron/cli/runCommand.ts';
import { readPassword } from '../../electron/cli/secretInput.ts';

/** A terminal at whose password prompt keys are pressed. */
function atPrompt(isTTY = true) {
  const written: string[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const stderr = { write: (text: string) => written.push(text) };
  const given: string[] = [];
  const command: CliCommand = {
    name: 'ask',
    usage: '',
    summary: 'asks for a password',
    flags: {},
    run: async () => {
      given.push(await readPassword('Password', { stdin, stderr }));
      return true;
    },
  };
  const ended = runCommandLine(['ask'], {
    commands: [command],
    env: {},
    version: '1.2.3',
    signal: new AbortController().signal,
    now: () => 0,
    streams: { out: () => undefined, err: (text) => written.push(text), errIsTerminal: true },
  });
  return { stdin, ended, given, written };
}

/** Without an answer a test ends long before its time limit. */
const soon = async <T>(outcome: Promise<T>): Promise<T | 'never'> =>
  Promise.race([outcome, new Promise<'never'>((done) => setTimeout(() => done('never'), 2_000))]);

describe('a password prompt', () => {
  it('takes what is typed before Return, and shows none of it', async () => {
    const prompt = atPrompt();
    prompt.stdin.write('open sesame\r');
    expect(await soon(prompt.ended)).toBe(0);
    expect(prompt.given).toEqual(['open sesame']);
    expect(prompt.written.join('')).toBe('Password: \n');
  });

  it.each([
    ['Ctrl+C', '\u0003'],
    ['Ctrl+C after half a password', 'open\u0003'],
    ['Ctrl+D', '\u0004'],
  ])('left by %s ends the command with 1 and one sentence', async (_what, keys) => {
    const prompt = atPrompt();
    prompt.stdin.write(keys);
    expect(await soon(prompt.ended)).toBe(1);
    expect(prompt.given).toEqual([]);
    expect(prompt.written.join('')).toBe('Password: \nNo password was given, so nothing was done.\n');
  });

  it('whose terminal is closed ends the command with 1', async () => {
    const prompt = atPrompt();
    prompt.stdin.end();
    expect(await soon(prompt.ended)).toBe(1);
    expect(prompt.given).toEqual([]);
  });

  it('that Return answers with nothing is not understood, as is an empty standard input', async () => {
    const prompt = atPrompt();
    prompt.stdin.write('\r');
    expect(await soon(prompt.ended)).toBe(2);
    const piped = atPrompt(false);
    piped.stdin.end('\n');
    expect(await soon(piped.ended)).toBe(2);
  });
});
