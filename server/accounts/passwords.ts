import { timingSafeEqual } from 'node:crypto';
import { AppError } from '../../shared/errors.ts';
import type { PasswordPort } from '../cloud/context.ts';
import type { Argon2id } from './argon2.ts';
import { breachedPasswords } from './breachedPasswords.ts';

/** OWASP's minimum for Argon2id: 19 MiB, two passes, one lane (docs/security.md, "The server"). */
const cost = { memory: 19 * 1024, passes: 2, parallelism: 1, tagLength: 32 } as const;

export const minPasswordLength = 8;
const maxPasswordLength = 256;

/** Argon2id hashes in the usual `$argon2id$…` form. */
export function createArgon2Passwords(random: (bytes: number) => Uint8Array, derive: Argon2id): PasswordPort {
  const run = (
    password: string,
    nonce: Uint8Array,
    memory: number,
    passes: number,
    parallelism: number,
  ): Promise<Buffer> =>
    derive(password.normalize('NFKC'), nonce, { memory, passes, parallelism, tagLength: cost.tagLength });
  const nobody = random(16);

  return {
    async hash(password) {
      const nonce = Buffer.from(random(16));
      const tag = await run(password, nonce, cost.memory, cost.passes, cost.parallelism);
      const b64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
      return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${b64(nonce)}$${b64(tag)}`;
    },
    async verify(hash, password) {
      const parts =
        hash === null
          ? null
          : /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(hash);
      if (parts === null) {
        // Nobody there, or nothing to compare with: take as long as a wrong password takes.
        await run(password, nobody, cost.memory, cost.passes, cost.parallelism);
        return false;
      }
      const [, memory, passes, parallelism, nonce = '', tag = ''] = parts;
      const expected = Buffer.from(tag, 'base64');
      const given = await run(
        password,
        Buffer.from(nonce, 'base64'),
        Number(memory),
        Number(passes),
        Number(parallelism),
      );
      return expected.length === given.length && timingSafeEqual(expected, given);
    },
  };
}

/**
 * Length and a list of what everybody tries first; no rules about kinds of characters.
 * @throws AppError invalidInput with what to do
 */
export function checkPassword(password: string): void {
  if (password.length < minPasswordLength) {
    throw new AppError(
      'invalidInput',
      `A password needs at least ${minPasswordLength} characters; 15 or more are better.`,
    );
  }
  if (password.length > maxPasswordLength)
    throw new AppError('invalidInput', `A password may have at most ${maxPasswordLength} characters.`);
  if (breachedPasswords.has(password.toLowerCase())) {
    throw new AppError('invalidInput', 'This password is on every list of stolen passwords. Choose another one.');
  }
}
