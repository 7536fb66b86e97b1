import type { CliCommand } from './command.ts';
import { followImport, importResult, resultText } from './importing.ts';
import { pathOf } from './paths.ts';
import { UsageError } from './usageError.ts';

/** `import PATH... [--reference]` */
export const importCommands: readonly CliCommand[] = [
  {
    name: 'import',
    usage: 'PATH... [--reference]',
    summary: 'copy photos into the library, or reference them where they are',
    flags: { reference: { type: 'boolean' } },
    run: async (context, args, flags) => {
      if (args.length === 0) throw new UsageError('Name at least one file or folder to import.');
      const paths = args.map(pathOf);
      const { client } = await context.core();
      const { sessionID } = await client.library.import({
        paths,
        mode: flags['reference'] === true ? 'reference' : 'copy',
      });
      const session = await followImport(context, client, sessionID);
      const result = await importResult(client, session);
      context.output.record({ ...result }, resultText(result));
      // A file that could not be taken is in the report; the import as a whole failed when nothing could, or it was stopped.
      const taken = result.imported + result.duplicates + result.updated + result.sidecars;
      return session.state === 'done' && (taken > 0 || result.failed.length === 0);
    },
  },
];
