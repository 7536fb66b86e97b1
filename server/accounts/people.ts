import { isEmailAddress } from '../../shared/emailAddress.ts';
import { AppError } from '../../shared/errors.ts';
import type { PasswordPort } from '../cloud/context.ts';
import { randomText } from '../cloud/tokens.ts';
import type { Database, Sql, Transaction } from '../database/database.ts';
import { checkPassword } from './passwords.ts';

/** Of a person's name, in UTF-16 code units. */
export const maxNameLength = 200;

export interface PeopleDeps {
  readonly database: Database;
  readonly random: (bytes: number) => Uint8Array;
  readonly passwords: PasswordPort;
  readonly clock: () => number;
}

export interface NewPerson {
  readonly email: string;
  readonly name: string;
  /** None for people who sign in elsewhere, and in simulations. */
  readonly password?: string | undefined;
  readonly emailVerified?: boolean | undefined;
  readonly discoverable?: boolean | undefined;
  /** Chosen only by tests; else random. */
  readonly userName?: string | undefined;
}

/**
 * Makes an account, as an operator or a test does.
 * @param also what stands or falls with it, in the same transaction and behind it; may run again, like all of that
 * @returns the new user record name
 * @throws AppError invalidInput (address, password), alreadyExists
 */
export async function addPerson(
  deps: PeopleDeps,
  person: NewPerson,
  also?: (sql: Transaction, userName: string) => Promise<void>,
): Promise<string> {
  const email = person.email.trim().toLowerCase();
  if (!isEmailAddress(email)) throw new AppError('invalidInput', `"${person.email}" is not an e-mail address.`);
  const name = person.name.trim();
  if (name === '' || name.length > maxNameLength)
    throw new AppError('invalidInput', `A person needs a name of at most ${maxNameLength} characters.`);
  if (person.password !== undefined) checkPassword(person.password);
  const hash = person.password === undefined ? undefined : await deps.passwords.hash(person.password);
  const now = deps.clock();
  const userName = person.userName ?? newUserName(deps.random);
  await deps.database.write(async (sql) => {
    // One statement: of two people who come with one address at once, one is told so, not that the server failed.
    const made = await sql.run(
      `INSERT INTO users (id, name, email, email_verified, discoverable, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (email) DO NOTHING`,
      [userName, name, email, person.emailVerified === true ? 1 : 0, person.discoverable === true ? 1 : 0, now, now],
    );
    if (made === 0) throw new AppError('alreadyExists', `An account with the address ${email} exists already.`);
    if (hash !== undefined) await setPasswordHash(sql, deps.random, userName, hash, now);
    await also?.(sql, userName);
  });
  return userName;
}

export function newUserName(random: (bytes: number) => Uint8Array): string {
  return `_${Buffer.from(random(16)).toString('hex')}`;
}

/** Stores a password hash where the account library looks for it. */
export async function setPasswordHash(
  sql: Sql,
  random: (bytes: number) => Uint8Array,
  userName: string,
  hash: string,
  now: number,
): Promise<void> {
  const changed = await sql.run(
    `UPDATE credentials SET password = ?, updated_at = ? WHERE user_id = ? AND provider_id = 'credential'`,
    [hash, now, userName],
  );
  if (changed > 0) return;
  await sql.run(
    `INSERT INTO credentials (id, user_id, account_id, provider_id, password, created_at, updated_at) VALUES (?, ?, ?, 'credential', ?, ?, ?)`,
    [randomText(random, 16), userName, userName, hash, now, now],
  );
}

/** @throws AppError notFound */
export async function findPerson(
  sql: Sql,
  email: string,
): Promise<{ readonly id: string; readonly name: string; readonly email: string }> {
  const row = await sql.get<{ id: string; name: string; email: string }>(
    'SELECT id, name, email FROM users WHERE email = ?',
    [email.trim().toLowerCase()],
  );
  if (row === undefined) throw new AppError('notFound', `There is no account with the address ${email}.`);
  return row;
}
