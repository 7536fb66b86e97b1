import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { realPhotosFolder } from '../helpers/realPhotos.ts';

const folder = realPhotosFolder();

/** Whether the real photos lie beside the checkout; tests that need them are named as not run where they do not. */
export const photosHere = folder !== undefined;

/** A real photo's path. @throws Error naming the photo when it is not there: a test must not pass without. */
export function photos(name: string): string {
  const path = join(folder ?? '', name);
  if (!existsSync(path)) throw new Error(`The real photo ${name} is not there (set SHOEBOX_PHOTOS)`);
  return path;
}
