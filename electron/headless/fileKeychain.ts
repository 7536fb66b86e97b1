import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../shared/errors.ts';
import type { Keychain } from '../core/host.ts';
import { systemCode } from '../../shared/disk/systemCode.ts';

const secretsSchema = z.record(z.string(), z.string());

/**
 * Keeps small secrets in one file that only this user may read (mode 0600). It is plain text and says so through its
 * kind: a terminal has no system keychain that it may assume.
 * @param path absolute path of the file; made on the first write
 */
export function createFileKeychain(path: string): Keychain {
  let last: Promise<unknown> = Promise.resolve();

  async function read(): Promise<Record<string, string>> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return {};
      throw new AppError(
        'fileUnreadable',
        `The file with this computer’s sign-in, ${path}, cannot be read.`,
        { path },
        { cause: error },
      );
    }
    try {
      return secretsSchema.parse(JSON.parse(text));
    } catch (error) {
      throw new AppError(
        'fileUnreadable',
        `The file with this computer’s sign-in, ${path}, is damaged. Delete it and sign in again.`,
        { path },
        { cause: error },
      );
    }
  }

  /** One change after the other, each whole: a crash leaves the old file or the new one. */
  function change(edit: (secrets: Record<string, string>) => void): Promise<void> {
    const before = last;
    const turn = (async () => {
      await before;
      const secrets = await read();
      edit(secrets);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const fresh = `${path}.new`;
      await writeFile(fresh, JSON.stringify(secrets), { mode: 0o600 });
      await chmod(fresh, 0o600);
      await rename(fresh, path);
    })();
    last = turn.catch(() => undefined);
    return turn;
  }

  return {
    kind: 'file',
    get: async (key) => {
      await last;
      const secrets = await read();
      return Object.hasOwn(secrets, key) ? secrets[key] : undefined;
    },
    set: (key, value) =>
      change((secrets) => {
        secrets[key] = value;
      }),
    delete: (key) =>
      change((secrets) => {
        delete secrets[key];
      }),
  };
}
