import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CliCommand } from '../../electron/cli/command.ts';
import type { CoreClient } from '../../electron/cli/coreSession.ts';
import { runCommandLine } from '../../electron/cli/runCommand.ts';
import { startHeadless } from '../helpers/program.ts';
import type { Headless } from '../helpers/program.ts';

const closed = 'The Shoebox that has this library open was closed.\n';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'shoebox-lost-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Runs a command on a library that a shell has open. */
async function runBeside(shell: Headless, library: string, work: (client: CoreClient) => Promise<unknown>) {
  const command: CliCommand = {
    name: 'work',
    usage: '',
    summary: '',
    flags: {},
    run: async ({ core }) => {
      const { client, app } = await core();
      expect([app, (await client.app.info({})).capabilities.shell]).toEqual([undefined, 'headless']);
      await work(client);
      return true;
    },
  };
  let err = '';
  const code = await runCommandLine(['work', '--library', library], {
    commands: [command],
    env: { HOME: home },
    version: '0.0.0',
    signal: new AbortController().signal,
    now: Date.now,
    streams: { out: () => undefined, err: (text) => (err += text), errIsTerminal: false },
  });
  await shell.stop();
  return { code, err };
}

describe('a command whose library is open in a shell that is closed meanwhile', () => {
  it('ends with 1 and says so when it next asks', async () => {
    const library = join(home, 'asks');
    const shell = await startHeadless(home, library);
    expect(
      await runBeside(shell, library, async (client) => {
        await shell.stop();
        await client.app.info({});
      }),
    ).toEqual({ code: 1, err: closed });
  });

  it('ends with 1 and says so when it listens, also when the shell is killed', async () => {
    const library = join(home, 'listens');
    const shell = await startHeadless(home, library);
    expect(
      await runBeside(shell, library, async (client) => {
        const events = await client.app.events({});
        shell.child.kill('SIGKILL');
        for (;;) if ((await events.next()).done === true) throw new Error('The events came to an end.');
      }),
    ).toEqual({ code: 1, err: closed });
  });

  it('ends with 0 when it has nothing more to ask', async () => {
    const library = join(home, 'done');
    const shell = await startHeadless(home, library);
    expect(await runBeside(shell, library, () => shell.stop())).toEqual({ code: 0, err: '' });
  });
});
