import { resolve } from 'node:path';
import { UsageError } from './usageError.ts';

/**
 * A path of the command line, absolute. An empty one would be the folder the command is run in, and nobody means that who
 * has a script name a folder.
 * @throws UsageError for an empty one
 */
export function pathOf(text: string): string {
  if (text.trim() === '') throw new UsageError('A path is empty: say which file or folder.');
  return resolve(text);
}
