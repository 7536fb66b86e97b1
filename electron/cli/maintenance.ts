import { resolve } from 'node:path';
import { AppError } from '../../shared/errors.ts';
import type { LibraryApp } from '../core/app.ts';
import { adoptOriginals, backupLibrary, restoreLibrary } from '../core/maintenance/backup.ts';
import { examineLibrary } from '../core/maintenance/doctor.ts';
import type { CliCommand, CliContext, FlagValues } from './command.ts';
import { UsageError } from './usageError.ts';

/** `doctor`, `backup`, `restore`: work on the library's own files, which only the process that owns it may do. */
export const maintenanceCommands: readonly CliCommand[] = [
  {
    name: 'doctor',
    usage: '[--repair]',
    summary: 'examine the library; --repair puts right what can be put right without losing anything',
    flags: { repair: { type: 'boolean' } },
    run: async (context, args, flags) => {
      noWords(args);
      const app = await ownApp(context);
      const { output, signal } = context;
      const findings = await examineLibrary(app.store, {
        repair: flags['repair'] === true,
        progress: output.progress,
        signal,
      });
      for (const finding of findings) {
        const mark = finding.repaired ? 'repaired' : finding.severity;
        output.record({ ...finding }, `${mark}: ${finding.message}`);
      }
      if (findings.length === 0) output.say('The library is healthy.');
      return findings.every((finding) => finding.repaired || finding.severity !== 'error');
    },
  },
  {
    name: 'backup',
    usage: '--to DIR',
    summary: 'copy the database, settings and originals; again into the same folder copies only what is new',
    details: ['Photos in watched or referenced folders stay where they are, and are not copied.'],
    flags: { to: { type: 'string' } },
    run: async (context, args, flags) => {
      noWords(args);
      const to = folderFlag(flags, 'to');
      const app = await ownApp(context);
      const { output, signal } = context;
      const result = await backupLibrary(app.store, to, { progress: output.progress, signal });
      output.record(
        { ...result, to },
        `${result.photos} photos, ${result.originals} originals (${result.copied} copied, ${result.kept} already there) in ${to}`,
      );
      return true;
    },
  },
  {
    name: 'restore',
    usage: '--from DIR',
    summary: 'make a library out of a backup; the library folder must be new or empty',
    flags: { from: { type: 'string' } },
    run: async (context, args, flags) => {
      noWords(args);
      const from = folderFlag(flags, 'from');
      const { output, signal, library } = context;
      const manifest = await restoreLibrary(from, library, { progress: output.progress, signal });
      adoptOriginals((await ownApp(context)).store);
      output.record(
        { ...manifest, library },
        `${manifest.photos} photos, ${manifest.originals} originals restored into ${library}`,
      );
      return true;
    },
  },
];

async function ownApp(context: CliContext): Promise<LibraryApp> {
  const { app } = await context.core();
  if (app === undefined) {
    throw new AppError('libraryLocked', 'This library is open in another Shoebox. Close it first, then try again.');
  }
  return app;
}

function folderFlag(flags: FlagValues, name: string): string {
  const value = flags[name];
  if (typeof value !== 'string' || value === '') throw new UsageError(`--${name} needs a folder.`);
  return resolve(value);
}

function noWords(args: readonly string[]): void {
  if (args.length > 0) throw new UsageError(`“${args[0] ?? ''}” is one word too many.`);
}
