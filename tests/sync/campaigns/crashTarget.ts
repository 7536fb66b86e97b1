import { writeSync } from 'node:fs';
import { errorMessage, isAppError } from '../../../shared/errors.ts';
import { openCrashLibrary, type CrashAccount } from './crashLibrary.ts';
import { makeCrashScripts } from './crashScript.ts';

/*
 * The process that is cut: opens a library, does the steps of a script and says after each that it is done. Arguments:
 * library, account as JSON, seed, number of steps, the step to begin with, how often a step is tried. A step that fails is
 * tried again, as a person would; a library that cannot be opened or worked with ends the process with 3.
 */

const [directory = '', account = '', seed = '1', count = '500', first = '0', tries = '3'] = process.argv.slice(2);
const say = (line: string): void => void writeSync(1, `${line}\n`);
const fail = (error: unknown): void => {
  say(
    `${isAppError(error) ? 'GAVE UP' : 'BROKE'} ${isAppError(error) ? '' : String(error instanceof Error ? error.stack : '')} ${errorMessage(error)}`,
  );
  process.exit(3);
};
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

const { steps } = makeCrashScripts(Number(seed), Number(count));
let library: ReturnType<typeof openCrashLibrary> | undefined;
for (let left = Number(tries); library === undefined; left -= 1) {
  try {
    library = openCrashLibrary(directory, JSON.parse(account) as CrashAccount);
  } catch (error) {
    if (left <= 1 || !isAppError(error)) fail(error);
  }
}
for (const [at, step] of steps.entries()) {
  if (at < Number(first)) continue;
  for (let left = Number(tries); left > 0; left -= 1) {
    try {
      await library.run(step);
      say(`DONE ${at}`);
      break;
    } catch (error) {
      if (left === 1) fail(error);
      if (!isAppError(error)) say(`ROUGH ${step.kind}: ${errorMessage(error)}`);
    }
  }
}
say(`LEFT ${await library.syncToTheEnd()}`);
for (const error of library.escaped)
  say(`ESCAPED ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`.replaceAll('\n', ' | '));
library.close();
say('END');
process.exit(0);
