import { randomBytes } from 'node:crypto';
import { access, copyFile, cp, link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../shared/errors.ts';
import type { ContainerServer } from '../containerServer.ts';
import { mintEpoch } from '../cloud/syncTokens.ts';
import { withContainer } from './openServices.ts';
import type { CommandOutput } from './runCommand.ts';
import type { ParsedCommand } from './settings.ts';
import { stringOption } from './userCommands.ts';

/**
 * `backup --to DIR`: a consistent copy while the server runs. The database is copied first, then every asset it refers to
 * (hard links where the disk allows): assets never change, so whatever the copy refers to is still there.
 */
export async function backup(command: ParsedCommand, output: CommandOutput): Promise<number> {
  const to = stringOption(command, 'to');
  if (to === undefined) throw new AppError('invalidInput', '"backup" needs --to DIR.');
  await mkdir(to, { recursive: true, mode: 0o700 });
  const assets = await withContainer(command.config, (container) =>
    backupInto(container, command.config.dataFolder, to),
  );
  output.out.write(`Backed up to ${to}: database and ${assets} assets.\n`);
  return 0;
}

/** The same for a server in this process. @returns how many assets are in the backup */
export async function backupInto(container: ContainerServer, dataFolder: string, to: string): Promise<number> {
  const { database, config } = container.services;
  const copy = join(to, 'container.sqlite');
  await rm(copy, { force: true });
  await database.backupTo(copy);
  if (config.s3 !== undefined) {
    await writeFile(
      join(to, 'assets.txt'),
      `The assets stay in the bucket ${config.s3.bucket}; keep its versions as long as this backup.\n`,
    );
    return 0;
  }
  let copied = 0;
  for await (const digest of container.services.assets.list()) {
    const path = join('assets', 'blobs', digest.slice(0, 2), digest.slice(2, 4), digest);
    const target = join(to, path);
    await mkdir(dirname(target), { recursive: true });
    try {
      await link(join(dataFolder, path), target);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code === 'ENOENT') continue; // collected since it was listed, so the copied database does not refer to it either
      if (code !== 'EEXIST') await copyFile(join(dataFolder, path), target);
    }
    copied += 1;
  }
  return copied;
}

/**
 * `restore --from DIR`, with the server stopped; `restore --new-epoch` after a PostgreSQL dump was put back by its own
 * tools. Either way the database gets a new epoch: every client notices, re-offers what it holds and deletes nothing.
 */
export async function restore(command: ParsedCommand, output: CommandOutput): Promise<number> {
  const from = stringOption(command, 'from');
  if (from === undefined && command.options['new-epoch'] !== true) {
    throw new AppError(
      'invalidInput',
      '"restore" needs --from DIR, or --new-epoch after a database dump was put back.',
    );
  }
  if (from !== undefined) await putBack(command, from);
  await withContainer(command.config, async ({ services }) => {
    const row = await services.database.read((sql) =>
      sql.get<{ value: string }>(`SELECT value FROM meta WHERE key = 'epoch'`),
    );
    await mintEpoch(services.database, (bytes) => randomBytes(bytes), row?.value ?? '');
  });
  output.out.write('Restored. The server has a new epoch; start it now.\n');
  return 0;
}

async function putBack(command: ParsedCommand, from: string): Promise<void> {
  const { config } = command;
  if (config.databaseURL !== undefined) {
    throw new AppError('invalidInput', 'Put a PostgreSQL dump back with pg_restore, then run "restore --new-epoch".');
  }
  const source = join(from, 'container.sqlite');
  try {
    await access(source);
  } catch {
    throw new AppError('fileUnreadable', `There is no backup in ${from}: container.sqlite is missing.`);
  }
  const target = join(config.dataFolder, 'container.sqlite');
  await mkdir(config.dataFolder, { recursive: true, mode: 0o700 });
  // What is there now is kept aside, never overwritten: a restore may turn out to be the mistake.
  const aside = `.before-restore-${Date.now()}`;
  for (const suffix of ['', '-wal', '-shm']) {
    await rename(`${target}${suffix}`, `${target}${suffix}${aside}`).catch(() => undefined);
  }
  await copyFile(source, target);
  await cp(join(from, 'assets'), join(config.dataFolder, 'assets'), { recursive: true, force: false }).catch(
    (error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    },
  );
}
