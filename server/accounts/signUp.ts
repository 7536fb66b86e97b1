import { z } from 'zod';
import { isAppError } from '../../shared/errors.ts';
import { CloudError } from '../cloud/cloudError.ts';
import type { Services } from '../cloud/context.ts';
import { parseBody } from '../cloud/parseBody.ts';
import { hashSecret, randomText } from '../cloud/tokens.ts';
import type { Sql, Transaction } from '../database/database.ts';
import type { AccountAnswer } from './accountAnswer.ts';
import { describe } from './accountAnswer.ts';
import { mailVerification, mailKnownAddress } from './letters.ts';
import { checkPassword } from './passwords.ts';
import { addPerson } from './people.ts';
import { spend } from './rateLimits.ts';
import { issueSession } from './sessions.ts';

const schema = z.strictObject({
  email: z.string().max(320),
  password: z.string().max(1000),
  name: z.string().min(1).max(200),
  invitationCode: z.string().max(200).optional(),
});

/** An invitation to sign up lives this long, ms. */
const invitationLifetime = 14 * 24 * 60 * 60_000;

/**
 * Makes an account, if the operator lets people: open to all, by invitation code, or closed. Where addresses must be
 * verified first, the answer is the same whether or not the address has an account already.
 * @throws CloudError ACCESS_DENIED, BAD_REQUEST, EXISTS, THROTTLED
 */
export async function signUp(
  services: Services,
  body: unknown,
  address: string,
  userAgent: string | undefined,
): Promise<AccountAnswer> {
  const given = parseBody(schema, body);
  const { config, database } = services;
  const now = services.clock();
  if (config.signUp === 'closed')
    throw new CloudError('ACCESS_DENIED', 'this server takes no new accounts; ask its operator');
  await spend(database, {
    key: `signUp\t${address}`,
    limit: config.rateLimits.signUpsPerAddress,
    windowMs: 3_600_000,
    now,
  });
  checkPassword(given.password);
  const email = given.email.trim().toLowerCase();
  const invitation =
    config.signUp === 'invitation' ? { code: hashSecret(given.invitationCode ?? ''), email, now } : undefined;
  // Without a code nobody is told whether an address has an account. It is not used up yet: what follows may be refused.
  if (invitation !== undefined) await database.read((sql) => checkInvitation(sql, invitation));
  let userName: string;
  try {
    userName = await addPerson(
      services,
      { email, name: given.name, password: given.password },
      invitation === undefined ? undefined : (sql) => useInvitation(sql, invitation),
    );
  } catch (error) {
    if (!isAppError(error) || error.code !== 'alreadyExists') throw error;
    if (!config.requireVerifiedEmail)
      throw new CloudError('EXISTS', 'there is an account with this e-mail address already');
    mailKnownAddress(services, email);
    return { body: { token: null, verificationSent: true } };
  }
  mailVerification(services, userName, email);
  if (config.requireVerifiedEmail) return { body: { token: null, verificationSent: true } };
  const session = await database.write((sql) =>
    issueSession(
      sql,
      { random: services.random, now },
      {
        userName,
        kind: 'device',
        lifetimeMs: config.sessionDays * 86_400_000,
        userAgent,
        address,
      },
    ),
  );
  return { body: { token: session.token, expiresAt: session.expiresAt, user: await describe(services, userName) } };
}

/** Makes a code that lets one person sign up; bound to an address when one is given. */
export async function inviteToSignUp(services: Services, email: string | undefined): Promise<string> {
  const code = randomText(services.random, 18);
  const now = services.clock();
  await services.database.write((sql) =>
    sql.run('INSERT INTO signup_invitations (code_hash, email, created_at, expires_at) VALUES (?, ?, ?, ?)', [
      hashSecret(code),
      email?.trim().toLowerCase() ?? null,
      now,
      now + invitationLifetime,
    ]),
  );
  return code;
}

interface Invitation {
  /** as a hash */
  readonly code: string;
  readonly email: string;
  readonly now: number;
}

const usable = 'code_hash = ? AND used_by IS NULL AND expires_at > ? AND (email IS NULL OR email = ?)';

/** @throws CloudError ACCESS_DENIED */
async function checkInvitation(sql: Sql, { code, email, now }: Invitation): Promise<void> {
  const row = await sql.get(`SELECT code_hash FROM signup_invitations WHERE ${usable}`, [code, now, email]);
  if (row === undefined) throw uninvited();
}

/** @throws CloudError ACCESS_DENIED when somebody else was quicker */
async function useInvitation(sql: Transaction, { code, email, now }: Invitation): Promise<void> {
  const used = await sql.run(`UPDATE signup_invitations SET used_by = ? WHERE ${usable}`, [email, code, now, email]);
  if (used === 0) throw uninvited();
}

function uninvited(): CloudError {
  return new CloudError(
    'ACCESS_DENIED',
    'this server takes new accounts by invitation; the code is missing, wrong or used',
  );
}
