import { readFile } from 'node:fs/promises';
import { AppError } from '../../shared/errors.ts';
import { schemaInitialiseSchema } from '../../shared/cloud/wireServices.ts';
import { deploySchema, fieldTypeOf, readSchema } from '../cloud/schema.ts';
import { withContainer } from './openServices.ts';
import type { CommandOutput } from './runCommand.ts';
import type { ParsedCommand } from './settings.ts';
import { stringOption } from './userCommands.ts';

/** `schema show|deploy|init` */
export async function schemaCommand(command: ParsedCommand, output: CommandOutput): Promise<number> {
  const container = stringOption(command, 'container') ?? command.config.containers[0] ?? '';
  const environment = stringOption(command, 'environment') ?? 'development';
  return withContainer(command.config, async ({ services }) => {
    switch (command.words[1]) {
      case 'show': {
        const schema = await services.database.read((sql) => readSchema(sql, `${container}/${environment}`));
        output.out.write(`${JSON.stringify(schema, null, 2)}\n`);
        return 0;
      }
      case 'deploy': {
        const added = await services.database.write((sql) => deploySchema(sql, container));
        output.out.write(`${added} record types and fields are new in production.\n`);
        return 0;
      }
      case 'init': {
        const file = stringOption(command, 'file');
        if (file === undefined)
          throw new AppError('invalidInput', '"schema init" needs --file with {"recordTypes": {…}}.');
        const parsed = schemaInitialiseSchema.safeParse(JSON.parse(await readFile(file, 'utf8')));
        if (!parsed.success)
          throw new AppError('invalidInput', `${file} is not a schema: ${parsed.error.issues[0]?.message ?? ''}`);
        const realm = { container, environment: 'development', key: `${container}/development` } as const;
        await services.database.write(async (sql) => {
          for (const [recordType, fields] of Object.entries(parsed.data.recordTypes)) {
            const types = new Map(Object.entries(fields).map(([name, type]) => [name, fieldTypeOf(type)]));
            await services.schema.extend(sql, realm, recordType, types);
          }
        });
        return 0;
      }
      default:
        throw new AppError('invalidInput', 'schema knows: show, deploy, init.');
    }
  });
}
