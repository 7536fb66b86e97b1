import { withContainer } from './openServices.ts';
import type { CommandOutput } from './runCommand.ts';
import type { ParsedCommand } from './settings.ts';

/** `stats`: what is stored, in numbers. Counts are exact, so on very large databases this takes a while. */
export async function showStats(command: ParsedCommand, output: CommandOutput): Promise<number> {
  const stats = await withContainer(command.config, ({ services }) =>
    services.database.read(async (sql) => {
      const count = async (query: string): Promise<number> => (await sql.get<{ n: number | null }>(query))?.n ?? 0;
      return {
        users: await count('SELECT count(*) AS n FROM users'),
        sessions: await count('SELECT count(*) AS n FROM sessions'),
        zones: await count('SELECT count(*) AS n FROM zones WHERE deleted_at IS NULL'),
        shares: await count('SELECT count(*) AS n FROM shares'),
        participants: await count(`SELECT count(*) AS n FROM participants WHERE status = 'ACCEPTED'`),
        records: await count('SELECT count(*) AS n FROM records WHERE deleted = 0'),
        tombstones: await count('SELECT count(*) AS n FROM records WHERE deleted = 1'),
        assets: await count('SELECT count(*) AS n FROM blobs'),
        assetBytes: await count('SELECT sum(size) AS n FROM blobs'),
      };
    }),
  );
  if (command.options['json'] === true) output.out.write(`${JSON.stringify(stats)}\n`);
  else for (const [name, value] of Object.entries(stats)) output.out.write(`${name.padEnd(14)}${value}\n`);
  return 0;
}
