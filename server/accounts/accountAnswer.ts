import type { Services } from '../cloud/context.ts';

/** An answer of an account call: a body, and a status where it is not 200. */
export interface AccountAnswer {
  readonly status?: number;
  readonly body: unknown;
}

/** A person as they see themselves. */
export async function describe(services: Services, userName: string): Promise<Record<string, unknown>> {
  const row = await services.database.read((sql) =>
    sql.get<{ id: string; name: string; email: string; email_verified: number; discoverable: number }>(
      'SELECT id, name, email, email_verified, discoverable FROM users WHERE id = ?',
      [userName],
    ),
  );
  return {
    id: row?.id,
    userRecordName: row?.id,
    name: row?.name,
    email: row?.email,
    emailVerified: row?.email_verified === 1,
    discoverable: row?.discoverable === 1,
  };
}
