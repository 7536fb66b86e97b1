import { z } from 'zod';
import { CloudError } from '../cloud/cloudError.ts';
import type { Services } from '../cloud/context.ts';
import { parseBody } from '../cloud/parseBody.ts';
import { hashSecret, randomText } from '../cloud/tokens.ts';
import type { Transaction } from '../database/database.ts';
import type { AccountAnswer } from './accountAnswer.ts';
import { endSignIns } from './endSignIns.ts';
import { checkPassword } from './passwords.ts';
import { setPasswordHash } from './people.ts';

/** Letters that prove an address: verification and password reset. Tokens are one-time and stored as hashes. */

const verifyLifetime = 24 * 60 * 60_000;
const resetLifetime = 15 * 60_000;
const addressSchema = z.strictObject({ email: z.string().max(320) });

export function mailVerification(services: Services, userName: string, email: string): void {
  services.letters.post({ kind: 'verification', to: email, write: () => verification(services, userName) });
}

async function verification(services: Services, userName: string): Promise<{ subject: string; text: string }> {
  const token = await storeToken(services, 'verify', userName, verifyLifetime);
  return {
    subject: 'Confirm your e-mail address',
    text: `Confirm that this is your address:\n\n${services.origin}/verify?token=${token}\n\nThe link works for a day. If you did not make a Shoebox account, ignore this letter.\n`,
  };
}

export function mailKnownAddress(services: Services, email: string): void {
  const letter = {
    subject: 'You have a Shoebox account already',
    text: `Somebody, probably you, tried to make an account with this address. You have one: sign in, or reset your password at ${services.origin}/reset\n`,
  };
  services.letters.post({ kind: 'known address', to: email, write: () => Promise.resolve(letter) });
}

/** Sends the verification letter again; neither the answer nor its time tells whether the address is known. */
export async function sendVerification(services: Services, body: unknown, address: string): Promise<AccountAnswer> {
  const email = parseBody(addressSchema, body).email.trim().toLowerCase();
  await services.letters.spend(email, address);
  services.letters.post({
    kind: 'verification',
    to: email,
    isSpent: true,
    write: async () => {
      const row = await services.database.read((sql) =>
        sql.get<{ id: string }>('SELECT id FROM users WHERE email = ? AND email_verified = 0 AND disabled_at IS NULL', [
          email,
        ]),
      );
      return row === undefined ? undefined : verification(services, row.id);
    },
  });
  return { body: { status: true } };
}

/** @throws CloudError NOT_FOUND for a token that is wrong, used or over */
export async function verifyEmail(services: Services, body: unknown): Promise<AccountAnswer> {
  const { token } = parseBody(z.strictObject({ token: z.string().max(200) }), body);
  const now = services.clock();
  await services.database.write(async (sql) => {
    const userName = await takeToken(sql, 'verify', token, now);
    await sql.run('UPDATE users SET email_verified = 1, updated_at = ? WHERE id = ?', [now, userName]);
  });
  return { body: { status: true } };
}

/** Sends a reset letter; neither the answer nor its time tells whether the address is known. */
export async function requestPasswordReset(services: Services, body: unknown, address: string): Promise<AccountAnswer> {
  const email = parseBody(addressSchema, body).email.trim().toLowerCase();
  await services.letters.spend(email, address);
  services.letters.post({
    kind: 'reset',
    to: email,
    isSpent: true,
    write: async () => {
      const row = await services.database.read((sql) =>
        sql.get<{ id: string }>('SELECT id FROM users WHERE email = ? AND disabled_at IS NULL', [email]),
      );
      if (row === undefined) return undefined;
      const token = await storeToken(services, 'reset', row.id, resetLifetime);
      return {
        subject: 'Reset your password',
        text: `Choose a new password here:\n\n${services.origin}/reset?token=${token}\n\nThe link works for 15 minutes. If you did not ask for it, ignore this letter.\n`,
      };
    },
  });
  return { body: { status: true } };
}

/**
 * Sets a new password and ends every sign-in, begun or finished (endSignIns.ts).
 * @throws CloudError NOT_FOUND, AppError invalidInput (password)
 */
export async function resetPassword(services: Services, body: unknown): Promise<AccountAnswer> {
  const given = parseBody(z.strictObject({ token: z.string().max(200), newPassword: z.string().max(1000) }), body);
  checkPassword(given.newPassword);
  const now = services.clock();
  // Looked at before it is taken, since a hash is work: nobody has one made by guessing at links.
  const known = await services.database.read((sql) =>
    sql.get('SELECT 1 AS yes FROM verifications WHERE identifier = ? AND expires_at > ?', [
      identifier('reset', given.token),
      now,
    ]),
  );
  if (known === undefined) throw used();
  const hash = await services.passwords.hash(given.newPassword);
  await services.database.write(async (sql) => {
    const userName = await takeToken(sql, 'reset', given.token, now);
    await setPasswordHash(sql, services.random, userName, hash, now);
    // Whoever reads the letter owns the address.
    await sql.run('UPDATE users SET email_verified = 1, updated_at = ? WHERE id = ?', [now, userName]);
    await endSignIns(sql, userName);
  });
  return { body: { status: true } };
}

type Purpose = 'verify' | 'reset';

async function storeToken(services: Services, purpose: Purpose, userName: string, lifetimeMs: number): Promise<string> {
  const token = randomText(services.random, 32);
  const now = services.clock();
  await services.database.write((sql) =>
    sql.run(
      'INSERT INTO verifications (id, identifier, value, expires_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
      [randomText(services.random, 16), identifier(purpose, token), userName, now + lifetimeMs, now, now],
    ),
  );
  return token;
}

/** @returns whose it was @throws CloudError NOT_FOUND, which undoes the transaction */
async function takeToken(sql: Transaction, purpose: Purpose, token: string, now: number): Promise<string> {
  const row = await sql.get<{ value: string }>(
    'DELETE FROM verifications WHERE identifier = ? AND expires_at > ? RETURNING value',
    [identifier(purpose, token), now],
  );
  if (row === undefined) throw used();
  return row.value;
}

function identifier(purpose: Purpose, token: string): string {
  return `${purpose}:${hashSecret(token)}`;
}

function used(): CloudError {
  return new CloudError('NOT_FOUND', 'this link was used already or is over; ask for a new letter');
}
