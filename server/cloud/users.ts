import { discoverRequestSchema } from '../../shared/cloud/wireServices.ts';
import { spend } from '../accounts/rateLimits.ts';
import { CloudError, overLimit } from './cloudError.ts';
import type { CallContext } from './context.ts';
import { parseBody } from './parseBody.ts';
import { nameComponents } from './shareRecord.ts';

/** users/caller (section 12): the identity at the top level, as web clients read it, and in `users`, as the archive says. */
export function callerIdentity(context: CallContext): string {
  const { userName, name, email } = context.caller;
  const identity = {
    userRecordName: userName,
    nameComponents: nameComponents(name),
    lookupInfo: { emailAddress: email },
  };
  return JSON.stringify({ ...identity, users: [identity] });
}

/** users/current (section 12), the older form. */
export function currentUser(context: CallContext): string {
  const { givenName, familyName } = nameComponents(context.caller.name);
  return JSON.stringify({
    userRecordName: context.caller.userName,
    ...(givenName === undefined ? {} : { firstName: givenName }),
    ...(familyName === undefined ? {} : { lastName: familyName }),
  });
}

/** users/discover (section 12): only people who opted in, or who already share a zone with the caller. */
export async function discoverUsers(context: CallContext, body: unknown): Promise<string> {
  const { lookupInfos } = parseBody(discoverRequestSchema, body);
  const maximum = context.services.config.limits.records;
  if (lookupInfos.length > maximum) throw overLimit('records', maximum, `at most ${maximum} people per request`);
  await spend(context.database, {
    key: `discover\t${context.caller.userName}`,
    limit: context.services.config.rateLimits.discover,
    windowMs: 60 * 60_000,
    now: context.now,
  });
  return context.database.read(async (sql) => {
    const items: string[] = [];
    for (const lookupInfo of lookupInfos) {
      const row = await sql.get<{ id: string; name: string }>(
        `SELECT id, name FROM users WHERE (id = ? OR email = ?) AND disabled_at IS NULL AND (id = ? OR (discoverable = 1 AND email_verified = 1))`,
        [lookupInfo.userRecordName ?? '', lookupInfo.emailAddress?.trim().toLowerCase() ?? '', context.caller.userName],
      );
      items.push(
        row === undefined
          ? new CloudError('NOT_FOUND', 'nobody to be found under this name or address').item({ lookupInfo })
          : JSON.stringify({ userRecordName: row.id, nameComponents: nameComponents(row.name), lookupInfo }),
      );
    }
    return `{"users":[${items.join(',')}]}`;
  });
}
