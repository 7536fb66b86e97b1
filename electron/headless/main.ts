import '../../build/check-node.mjs';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAppError } from '../../shared/errors.ts';
import { parseHeadlessFlags } from './flags.ts';
import { runUntilStopped } from './runHeadless.ts';

// The browser shell as a program of its own: `node electron/headless/main.ts --library DIR --port N --open`.
try {
  const { version }: { version: string } = JSON.parse(
    readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'),
  );
  const flags = parseHeadlessFlags(process.argv.slice(2), process.env);
  await runUntilStopped({ ...flags, version }, { print: console.log, log: console.error });
} catch (error) {
  console.error(isAppError(error) ? error.message : error);
  process.exitCode = isAppError(error) && error.code === 'invalidInput' ? 2 : 1;
}
