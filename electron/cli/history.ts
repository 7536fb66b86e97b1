import { oneOf } from './choices.ts';
import type { CliCommand } from './command.ts';
import { UsageError } from './usageError.ts';

const page = 1_000;

/** `history [--store private|shared] [--after TOKEN]` */
export const historyCommands: readonly CliCommand[] = [
  {
    name: 'history',
    usage: '[--store private|shared] [--after TOKEN]',
    summary: 'what changed in the library, oldest first',
    flags: { store: { type: 'string' }, after: { type: 'string' } },
    run: async (context, args, flags) => {
      if (args.length > 0) throw new UsageError('history takes no words of its own.');
      const store = oneOf(flags, 'store', ['private', 'shared']) ?? 'private';
      const { client } = await context.core();
      let after = parseToken(flags['after']);
      for (;;) {
        context.signal.throwIfAborted();
        const entries = await client.library.history({ store, after, limit: page });
        for (const entry of entries) {
          const columns = entry.columns.length === 0 ? '' : `\t${entry.columns.join(', ')}`;
          const text = `${entry.token}\t${new Date(entry.at).toISOString()}\t${entry.author}\t${entry.change}\t${entry.entity}\t${entry.id}${columns}`;
          context.output.record({ ...entry, at: new Date(entry.at).toISOString() }, text);
        }
        // Pages hold whole transactions: one with room left ends before a transaction it had not enough for.
        const last = entries.at(-1);
        if (last === undefined) return true;
        after = last.token;
      }
    },
  },
];

function parseToken(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value !== 'string' || !/^\d{1,15}$/u.test(value))
    throw new UsageError('--after takes a token, a whole number.');
  return Number(value);
}
