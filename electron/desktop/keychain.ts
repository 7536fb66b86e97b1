import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { SafeStorage } from 'electron';
import { z } from 'zod';
import { AppError } from '../../shared/errors.ts';
import type { Keychain } from '../core/host.ts';

const fileSchema = z.record(z.string(), z.unknown());
const encryptedSchema = z.base64();

/**
 * Keeps secrets encrypted by the system's keychain, in a file of the app's own folder. Where the system has none (on
 * Linux without a secret service, Electron would "encrypt" with a password that everybody knows) nothing is written: the
 * secrets live until the app ends, and `kind` says `none`, so that the interface can tell the person.
 * @param path absolute path of the file
 */
export async function openKeychain(
  safeStorage: Pick<
    SafeStorage,
    'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync' | 'getSelectedStorageBackend'
  >,
  path: string,
  platform: NodeJS.Platform,
): Promise<Keychain> {
  const plaintext = platform === 'linux' && ['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend());
  if (plaintext || !(await safeStorage.isAsyncEncryptionAvailable())) return sessionKeychain();
  if (platform === 'linux' && (await isKnownKey(safeStorage))) return sessionKeychain();
  const stored = read(path);
  const write = (): void => {
    writeFileSync(`${path}.new`, JSON.stringify(Object.fromEntries(stored)), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  return {
    kind: 'system',
    get: async (key) => {
      const encrypted = stored.get(key);
      if (encrypted === undefined) return undefined;
      try {
        const { result, shouldReEncrypt } = await safeStorage.decryptStringAsync(Buffer.from(encrypted, 'base64'));
        if (shouldReEncrypt) {
          stored.set(key, (await safeStorage.encryptStringAsync(result)).toString('base64'));
          write();
        }
        return result;
      } catch (error) {
        throw new AppError(
          'notAuthenticated',
          'The system’s keychain did not give back the sign-in. Sign in again.',
          {},
          { cause: error },
        );
      }
    },
    set: async (key, value) => {
      try {
        stored.set(key, (await safeStorage.encryptStringAsync(value)).toString('base64'));
      } catch (error) {
        throw new AppError('notAuthenticated', 'The system’s keychain did not take the sign-in.', {}, { cause: error });
      }
      write();
    },
    delete: (key) => {
      stored.delete(key);
      write();
      return Promise.resolve();
    },
  };
}

/**
 * Whether what is encrypted here can be read by everybody: the name of a backend is that of the desktop, whether or not its
 * secret service runs, and without one Chromium uses a key that stands in its source, and marks what it encrypts `v10`.
 */
async function isKnownKey(safeStorage: Pick<SafeStorage, 'encryptStringAsync'>): Promise<boolean> {
  try {
    return (await safeStorage.encryptStringAsync('probe')).subarray(0, 3).toString('latin1') === 'v10';
  } catch {
    return true;
  }
}

function sessionKeychain(): Keychain {
  const secrets = new Map<string, string>();
  return {
    kind: 'none',
    get: (key) => Promise.resolve(secrets.get(key)),
    set: (key, value) => {
      secrets.set(key, value);
      return Promise.resolve();
    },
    delete: (key) => {
      secrets.delete(key);
      return Promise.resolve();
    },
  };
}

/** What of the file can be read: one entry that something damaged costs one sign-in, not all of them. */
function read(path: string): Map<string, string> {
  let entries: Readonly<Record<string, unknown>>;
  try {
    entries = fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return new Map();
  }
  return new Map(
    Object.entries(entries).flatMap(([key, value]) => {
      const { data } = encryptedSchema.safeParse(value);
      return data === undefined ? [] : [[key, data] as const];
    }),
  );
}
