import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemCode } from './systemCode.ts';

/**
 * The real path a folder has, or would have once it is made: links in the part of it that exists are followed.
 * @throws the system's error
 */
export async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    const code = systemCode(error);
    if ((code !== 'ENOENT' && code !== 'ENOTDIR') || parent === path) throw error;
    return join(await realPlace(parent), basename(path));
  }
}
