import { CloudError } from '../cloud/cloudError.ts';
import type { Services } from '../cloud/context.ts';
import { requireLeft, spend } from './rateLimits.ts';

/** As in every request that names an address. */
const maxEmailLength = 320;

/**
 * Compares an address and a password; the same answer and the same time for unknown people. Tries are counted per
 * account *and* network address, so nobody can lock somebody else out from afar; and per network address, which is looked at
 * before that, so that one which is over its limit leaves no row for each further account it names. What an account's own
 * limit refuses does not count against the address: a program that goes on with an old password locks out nobody else there.
 * @returns the user record name
 * @throws CloudError AUTHENTICATION_FAILED, THROTTLED
 */
export async function checkCredentials(
  services: Services,
  email: string,
  password: string,
  address: string,
): Promise<string> {
  const account = email.trim().toLowerCase();
  const key = `signIn\t${account}\t${address}`;
  const windowMs = 15 * 60_000;
  const now = services.clock();
  const ofAddress = { key: `signIn\t${address}`, limit: services.config.rateLimits.signIn * 20, windowMs, now };
  await requireLeft(services.database, ofAddress);
  // Nobody has such an address, and no index of PostgreSQL would take the key. A page's form may hold anything.
  if (account.length > maxEmailLength) throw wrong();
  await spend(services.database, { key, limit: services.config.rateLimits.signIn, windowMs, now });
  await spend(services.database, ofAddress);
  const row = await services.database.read((sql) =>
    sql.get<{ id: string; password: string | null; email_verified: number; disabled_at: number | null }>(
      `SELECT u.id, c.password, u.email_verified, u.disabled_at FROM users u
         LEFT JOIN credentials c ON c.user_id = u.id AND c.provider_id = 'credential' WHERE u.email = ?`,
      [account],
    ),
  );
  const fits = await services.passwords.verify(row?.password ?? null, password);
  if (row === undefined || !fits || row.disabled_at !== null) {
    throw wrong();
  }
  if (services.config.requireVerifiedEmail && row.email_verified === 0) {
    throw new CloudError('ACCESS_DENIED', 'confirm your e-mail address first; the letter is on its way', {
      emailUnverified: true,
    });
  }
  await services.database.write((sql) => sql.run('DELETE FROM rate_limits WHERE key = ?', [key]));
  return row.id;
}

function wrong(): CloudError {
  return new CloudError('AUTHENTICATION_FAILED', 'the e-mail address or the password is wrong');
}
