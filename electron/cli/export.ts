import { resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../shared/errors.ts';
import type { PhotoID } from '../../shared/ids.ts';
import { exportOptions } from '../../shared/model/edit.ts';
import type { ExportOptions } from '../../shared/model/edit.ts';
import type { CliCommand, CliContext, FlagValues } from './command.ts';
import { wholeNumber } from './numbers.ts';
import { photosWhere, unknownDetails, whereDetails, whereOf } from './selection.ts';
import { UsageError } from './usageError.ts';

/** `export [--where QUERY|ID...] --to DIR [--original]` */
export const exportCommands: readonly CliCommand[] = [
  {
    name: 'export',
    usage:
      '[--where QUERY|ID...] --to DIR [--original] [--format jpeg|webp|avif|png] [--quality 1-100] [--size PIXELS] [--metadata all|noLocation|none] [--colour photo|srgb]',
    summary: 'write photos with their edits, or the originals, into a folder',
    details: [`${whereDetails} Without ids and --where all of them go.`, unknownDetails],
    flags: {
      where: { type: 'string' },
      to: { type: 'string' },
      original: { type: 'boolean' },
      format: { type: 'string' },
      quality: { type: 'string' },
      size: { type: 'string' },
      metadata: { type: 'string' },
      colour: { type: 'string' },
    },
    run: runExport,
  },
];

async function runExport(context: CliContext, args: readonly string[], flags: FlagValues): Promise<boolean> {
  const { output, signal } = context;
  const to = flags['to'];
  if (typeof to !== 'string' || to === '') throw new UsageError('Say where to with --to DIR.');
  const where = whereOf(flags);
  if (where !== undefined && args.length > 0) throw new UsageError('Name photos by --where or by id, not both.');
  const options = optionsOf(flags);
  const { client } = await context.core();
  const ids = args.length > 0 ? (args as PhotoID[]) : await photosWhere(client, where ?? '');
  if (ids.length === 0) throw new AppError('notFound', 'No photo fits.');
  const directory = resolve(to);
  for await (const event of await client.edits.export({ ids, directory, options, makeFolder: true }, { signal })) {
    switch (event.type) {
      case 'exported':
        output.record({ ...event }, event.path);
        output.progress(`${event.done} of ${event.total}`);
        break;
      case 'failed':
        output.record({ ...event }, `${event.photoID}: ${event.reason}`);
        break;
      case 'finished':
        output.record({ ...event }, `${event.exported} exported, ${event.failed} failed`);
        return event.failed === 0 && !signal.aborted;
    }
  }
  return false;
}

function optionsOf(flags: FlagValues): ExportOptions {
  const number = (name: string, low: number, high: number): number | undefined => {
    const text = flags[name];
    return typeof text === 'string' ? wholeNumber(text, `--${name}`, low, high) : undefined;
  };
  const given = {
    original: flags['original'] === true,
    format: flags['format'],
    quality: number('quality', 1, 100),
    maxSize: number('size', 16, 30_000),
    metadata: flags['metadata'],
    colour: flags['colour'],
  };
  const parsed = exportOptions.safeParse(
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  );
  if (parsed.success) return parsed.data;
  throw new UsageError(z.prettifyError(parsed.error));
}
