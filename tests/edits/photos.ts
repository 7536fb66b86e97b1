import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = process.env['SHOEBOX_PHOTOS'] ?? resolve(import.meta.dirname, '../../../shared/photos');

/** A real photo's path. @throws Error naming the folder when the photos are not there: a test must not pass without. */
export function photos(name: string): string {
  const path = join(folder, name);
  if (!existsSync(path))
    throw new Error(`The real photos are not at ${folder}: ${name} is missing (set SHOEBOX_PHOTOS)`);
  return path;
}
