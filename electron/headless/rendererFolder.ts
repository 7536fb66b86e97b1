import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AppError } from '../../shared/errors.ts';

/**
 * The folder with the built interface. Inside the repository it is built first when it is missing or out of date; an
 * installed Shoebox brings it along.
 * @throws AppError internal when it cannot be built or is not there
 */
export async function rendererFolder(): Promise<string> {
  const root = resolve(import.meta.dirname, '..', '..');
  const folder = join(root, 'out', 'renderer');
  const builder = join(root, 'build', 'build-renderer.ts');
  if (existsSync(builder)) await run(builder);
  if (!existsSync(join(folder, 'index.html')))
    throw new AppError('internal', `The interface is missing: there is no ${folder}.`);
  return folder;
}

function run(script: string): Promise<void> {
  return new Promise((done, fail) => {
    // Its words go to standard error: standard output is for READY.
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 2, 2] });
    child.on('error', fail);
    child.on('exit', (code) => {
      if (code === 0) done();
      else fail(new AppError('internal', 'The interface could not be built; the messages above say why.'));
    });
  });
}
