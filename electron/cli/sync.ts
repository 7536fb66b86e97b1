import { setTimeout as delay } from 'node:timers/promises';
import type { SyncStatus } from '../../shared/model/sync.ts';
import type { CliCommand, CliContext } from './command.ts';

/** How often `--follow` looks, ms. */
const lookPause = 500;

/** One line about how mirroring stands. */
function sentence(status: SyncStatus): string {
  const waiting = [
    status.waitingChanges > 0 ? `${status.waitingChanges} changes to send` : '',
    status.uploads > 0 ? `${status.uploads} files to send` : '',
    status.downloads > 0 ? `${status.downloads} files to fetch` : '',
  ].filter((part) => part !== '');
  const attention = status.attention.map(({ reason, message }) =>
    message === null ? reason : `${reason}: ${message}`,
  );
  return [status.state, ...waiting, ...attention].join('; ');
}

function print({ output }: CliContext, status: SyncStatus): void {
  output.record({ ...status }, sentence(status));
}

/** `sync [--follow]`, `sync status|events|report` */
export const syncCommands: readonly CliCommand[] = [
  {
    name: 'sync',
    usage: '[--follow]',
    summary: 'one full cycle with the server, or until stopped',
    flags: { follow: { type: 'boolean' } },
    run: async (context, _args, flags) => {
      const { client } = await context.core();
      let status = await client.sync.now({});
      print(context, status);
      let told = sentence(status);
      while (flags['follow'] === true && !context.signal.aborted) {
        await delay(lookPause, undefined, { signal: context.signal }).catch(() => undefined);
        status = await client.sync.status({});
        if (sentence(status) !== told) print(context, status);
        told = sentence(status);
      }
      return status.state === 'upToDate';
    },
  },
  {
    name: 'sync status',
    usage: '',
    summary: 'how mirroring stands, without starting anything',
    flags: {},
    run: async (context) => {
      const { client } = await context.core();
      print(context, await client.sync.status({}));
      return true;
    },
  },
  {
    name: 'sync events',
    usage: '',
    summary: 'the event log, newest first',
    flags: {},
    run: async (context) => {
      const { client } = await context.core();
      for (const event of await client.sync.events({})) {
        const result = event.succeeded
          ? `${event.changes} changes`
          : `failed: ${event.errorMessage ?? event.errorCode ?? ''}`;
        context.output.record({ ...event }, `${new Date(event.startedAt).toISOString()}\t${event.kind}\t${result}`);
      }
      return true;
    },
  },
  {
    name: 'sync report',
    usage: '',
    summary: 'facts for a report: counts and the event log, no names and no secrets',
    flags: {},
    run: async (context) => {
      const { client } = await context.core();
      const { text } = await client.sync.diagnostics({});
      context.output.record({ text }, text);
      return true;
    },
  },
];
