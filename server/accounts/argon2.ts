import { argon2 } from 'node:crypto';
import { promisify } from 'node:util';

/** What a derivation costs: memory in KiB, passes over it, lanes, and the length of what comes out, in bytes. */
export interface Argon2Cost {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly tagLength: number;
}

/** Argon2id of a message (RFC 9106). */
export type Argon2id = (message: string, nonce: Uint8Array, cost: Argon2Cost) => Promise<Buffer>;

const derive = promisify(argon2);

/** By node:crypto, on its thread pool. Needs an OpenSSL of 3.2 or newer behind it, which Electron has not. */
export const nativeArgon2: Argon2id = (message, nonce, cost) => derive('argon2id', { message, nonce, ...cost });

/** The same in WebAssembly, on the thread that asks: some 60 ms at the cost we use. Loaded when it is used. */
export const portableArgon2: Argon2id = async (message, nonce, cost) => {
  const { argon2id } = await import('hash-wasm');
  const { memory, passes, parallelism, tagLength } = cost;
  return Buffer.from(
    await argon2id({
      // It takes no empty one, which nobody's password is, and which is asked about all the same.
      password: message === '' ? '\0' : message,
      salt: nonce,
      memorySize: memory,
      iterations: passes,
      parallelism,
      hashLength: tagLength,
      outputType: 'binary',
    }),
  );
};

/**
 * The Argon2id that works here. Electron's Node has the function of node:crypto, too, and it throws whenever it is called:
 * only calling it tells.
 */
export async function findArgon2(native: Argon2id = nativeArgon2): Promise<Argon2id> {
  try {
    await native('', Buffer.alloc(16), { memory: 8, passes: 1, parallelism: 1, tagLength: 32 });
    return native;
  } catch {
    return portableArgon2;
  }
}
