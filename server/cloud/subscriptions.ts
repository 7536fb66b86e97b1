import { subscriptionsLookupSchema, subscriptionsModifySchema } from '../../shared/cloud/wireServices.ts';
import type { SubscriptionInput } from '../../shared/cloud/wireServices.ts';
import type { DatabaseScope } from '../../shared/cloud/wireRecords.ts';
import type { Transaction } from '../database/database.ts';
import { CloudError, badRequest, notFound, overLimit } from './cloudError.ts';
import type { CallContext } from './context.ts';
import { parseBody } from './parseBody.ts';
import { checkQuery } from './queryFilter.ts';
import { randomUUID } from './tokens.ts';

/** Subscriptions (section 11) belong to a person and a database scope; devices hear them through their tokens. */
const subscriptionsPerDatabase = 200;

export async function listSubscriptions(context: CallContext, scope: DatabaseScope): Promise<string> {
  return context.database.read(async (sql) => {
    const rows = await sql.all<{ body: string }>(
      'SELECT body FROM subscriptions WHERE realm = ? AND user_name = ? AND scope = ? ORDER BY subscription_id',
      [context.realm.key, context.caller.userName, scope],
    );
    return `{"subscriptions":[${rows.map((row) => row.body).join(',')}]}`;
  });
}

export async function lookupSubscriptions(context: CallContext, scope: DatabaseScope, body: unknown): Promise<string> {
  const { subscriptions } = parseBody(subscriptionsLookupSchema, body);
  return context.database.read(async (sql) => {
    const rows = await sql.all<{ subscription_id: string; body: string }>(
      'SELECT subscription_id, body FROM subscriptions WHERE realm = ? AND user_name = ? AND scope = ? AND subscription_id IN (?*)',
      [context.realm.key, context.caller.userName, scope, subscriptions.map((one) => one.subscriptionID)],
    );
    const known = new Map(rows.map((row) => [row.subscription_id, row.body]));
    const items = subscriptions.map(
      ({ subscriptionID }) => known.get(subscriptionID) ?? notFound('no such subscription').item({ subscriptionID }),
    );
    return `{"subscriptions":[${items.join(',')}]}`;
  });
}

export async function modifySubscriptions(context: CallContext, scope: DatabaseScope, body: unknown): Promise<string> {
  const { operations } = parseBody(subscriptionsModifySchema, body);
  const maximum = context.services.config.limits.operations;
  if (operations.length > maximum) throw overLimit('operations', maximum, `at most ${maximum} operations per request`);
  return context.database.write(async (sql) => {
    const items: string[] = [];
    for (const { operationType, subscription } of operations) {
      const subscriptionID = subscription.subscriptionID ?? randomUUID(context.services.random);
      try {
        items.push(
          operationType === 'delete'
            ? await deleteSubscription(sql, context, scope, subscriptionID)
            : await saveSubscription(sql, context, scope, { ...subscription, subscriptionID }, operationType),
        );
      } catch (error) {
        if (!(error instanceof CloudError)) throw error;
        items.push(error.item({ subscriptionID }));
      }
    }
    return `{"subscriptions":[${items.join(',')}]}`;
  });
}

async function deleteSubscription(
  sql: Transaction,
  context: CallContext,
  scope: DatabaseScope,
  subscriptionID: string,
): Promise<string> {
  const gone = await sql.run(
    'DELETE FROM subscriptions WHERE realm = ? AND user_name = ? AND scope = ? AND subscription_id = ?',
    [context.realm.key, context.caller.userName, scope, subscriptionID],
  );
  if (gone === 0) throw notFound('no such subscription');
  return JSON.stringify({ subscriptionID });
}

async function saveSubscription(
  sql: Transaction,
  context: CallContext,
  scope: DatabaseScope,
  given: SubscriptionInput & { readonly subscriptionID: string },
  operationType: 'create' | 'update',
): Promise<string> {
  const kind = given.subscriptionType;
  if (kind === undefined) throw badRequest('subscriptionType must be query, zone or database');
  if (kind === 'query') {
    if (given.query === undefined) throw badRequest('a query subscription needs a query');
    checkQuery(given.query);
  }
  if (kind === 'zone' && given.zoneID === undefined && scope === 'shared')
    throw badRequest('a zone subscription in the shared database names its zone');
  const owned = [context.realm.key, context.caller.userName, scope] as const;
  const others = await sql.all<{ subscription_id: string; fingerprint: string }>(
    'SELECT subscription_id, fingerprint FROM subscriptions WHERE realm = ? AND user_name = ? AND scope = ?',
    owned,
  );
  const known = others.some((row) => row.subscription_id === given.subscriptionID);
  if (operationType === 'update' && !known) throw notFound('no such subscription');
  if (!known && others.length >= subscriptionsPerDatabase) {
    throw new CloudError('QUOTA_EXCEEDED', `at most ${subscriptionsPerDatabase} subscriptions per database`, {
      limit: 'subscriptions',
      maximum: subscriptionsPerDatabase,
    });
  }
  const fires = [...new Set(given.firesOn ?? [])].sort().join(',');
  const fingerprint =
    kind === 'query' ? `${given.query?.recordType ?? ''}|${fires}|${JSON.stringify(given.query?.filterBy ?? [])}` : '';
  const double = others.find(
    (row) => row.subscription_id !== given.subscriptionID && fingerprint !== '' && row.fingerprint === fingerprint,
  );
  if (double !== undefined) throw new CloudError('EXISTS', 'the same subscription exists under another ID');
  const body = JSON.stringify(given);
  await sql.run(
    `INSERT INTO subscriptions (realm, user_name, scope, subscription_id, kind, fingerprint, body) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (realm, user_name, scope, subscription_id)
     DO UPDATE SET kind = excluded.kind, fingerprint = excluded.fingerprint, body = excluded.body`,
    [...owned, given.subscriptionID, kind, fingerprint, body],
  );
  return body;
}
