import type { SubscriptionInput } from '../../shared/cloud/wireServices.ts';
import type { Transaction } from '../database/database.ts';
import type { CallContext } from './context.ts';
import { parseFields } from './recordRows.ts';
import type { RecordChange } from './recordBatch.ts';
import { matchesQuery } from './queryFilter.ts';
import { randomUUID } from './tokens.ts';
import type { ZoneRow } from './zones.ts';

/**
 * Pushes (sections 11, 14.2): hints that something changed, queued per person in the transaction of the change, so that
 * any process can hand them out and none is sent for what was rolled back. Only people who listen get rows.
 */

/** Kept per person; who falls further behind is told to look for themselves. */
export const keptEvents = 200;
/** The subscription every event stream has by itself. */
export const streamSubscription = 'shoebox.events';

interface Listener {
  readonly user_name: string;
  readonly streams_until: number;
  readonly polls_until: number;
}

interface StoredSubscription {
  readonly user_name: string;
  readonly scope: 'private' | 'shared';
  readonly subscription_id: string;
  readonly kind: 'query' | 'zone' | 'database';
  readonly body: string;
}

/** Queues pushes for everybody who sees the zone and listens, and wakes the processes they wait in. */
export async function announceChanges(
  sql: Transaction,
  context: CallContext,
  zone: ZoneRow,
  changes: readonly RecordChange[],
): Promise<void> {
  const listeners = await sql.all<Listener>(
    `SELECT v.user_name, v.streams_until, v.polls_until FROM viewers v
      WHERE v.realm = ? AND (v.streams_until > ? OR v.polls_until > ?)
        AND (v.user_name = ? OR v.user_name IN
             (SELECT p.user_name FROM participants p WHERE p.zone_id = ? AND p.status = 'ACCEPTED'))
      ORDER BY v.user_name`,
    [context.realm.key, context.now, context.now, zone.owner, zone.zone_id],
  );
  if (listeners.length === 0) return;
  const polling = listeners
    .filter((listener) => listener.polls_until > context.now)
    .map((listener) => listener.user_name);
  const subscriptions = polling.length === 0 ? [] : await loadSubscriptions(sql, context, polling);
  for (const listener of listeners) {
    const scope = listener.user_name === zone.owner ? 'private' : 'shared';
    const events: { channel: string; payload: string }[] = [];
    for (const subscription of subscriptions) {
      if (subscription.user_name !== listener.user_name || subscription.scope !== scope) continue;
      events.push(...firings(context, zone, scope, subscription, changes));
    }
    if (listener.streams_until > context.now) {
      events.push({
        channel: streamSubscription,
        payload: payload(context, listener.user_name, zone, scope, streamSubscription, 'met'),
      });
    }
    await queueEvents(sql, context, listener.user_name, events);
  }
  await sql.wake(listeners.map((listener) => personKey(context.realm.key, listener.user_name)));
}

/** The key a person's waiting polls and streams in one realm listen to. */
export function personKey(realmKey: string, user: string): string {
  return `${realmKey}\t${user}`;
}

/**
 * Tells these people that something about a zone changed for *them*: they were invited, it came into view, it went away.
 * The hint names the zone only; what happened they read from their own feed.
 */
export async function announceToPeople(
  sql: Transaction,
  context: CallContext,
  zone: Pick<ZoneRow, 'owner' | 'name'>,
  users: readonly string[],
): Promise<void> {
  if (users.length === 0) return;
  const listeners = await sql.all<Listener>(
    `SELECT user_name, streams_until, polls_until FROM viewers
      WHERE realm = ? AND user_name IN (?*) AND (streams_until > ? OR polls_until > ?) ORDER BY user_name`,
    [context.realm.key, users, context.now, context.now],
  );
  const polling = listeners
    .filter((listener) => listener.polls_until > context.now)
    .map((listener) => listener.user_name);
  const subscriptions = polling.length === 0 ? [] : await loadSubscriptions(sql, context, polling);
  for (const { user_name: user } of listeners) {
    const scope = user === zone.owner ? 'private' : 'shared';
    const channels = [
      ...subscriptions
        .filter((one) => one.user_name === user && one.scope === scope && one.kind === 'database')
        .map((one) => one.subscription_id),
      streamSubscription,
    ];
    const events = channels.map((channel) => ({
      channel,
      payload: payload(context, user, zone, scope, channel, 'met'),
    }));
    await queueEvents(sql, context, user, events);
  }
  await sql.wake(users.map((user) => personKey(context.realm.key, user)));
}

/**
 * Queues payloads for one person and drops what is too old to matter. Of more than are kept the first are not queued at all,
 * which is why the one for event streams comes last: it is the only one they get, while a poll has the others.
 */
async function queueEvents(
  sql: Transaction,
  context: CallContext,
  user: string,
  all: readonly { readonly channel: string; readonly payload: string }[],
): Promise<void> {
  const events = all.slice(-keptEvents);
  if (events.length === 0) return;
  const row = await sql.get<{ event_seq: number }>(
    'UPDATE viewers SET event_seq = event_seq + ? WHERE realm = ? AND user_name = ? RETURNING event_seq',
    [events.length, context.realm.key, user],
  );
  const last = row?.event_seq ?? events.length;
  for (const [index, event] of events.entries()) {
    await sql.run(
      'INSERT INTO push_events (realm, user_name, event_seq, channel, origin, payload) VALUES (?, ?, ?, ?, ?, ?)',
      [
        context.realm.key,
        user,
        last - events.length + 1 + index,
        event.channel,
        context.caller.sessionID,
        event.payload,
      ],
    );
  }
  await sql.run('DELETE FROM push_events WHERE realm = ? AND user_name = ? AND event_seq <= ?', [
    context.realm.key,
    user,
    last - keptEvents,
  ]);
}

async function loadSubscriptions(
  sql: Transaction,
  context: CallContext,
  users: readonly string[],
): Promise<StoredSubscription[]> {
  return sql.all<StoredSubscription>(
    `SELECT user_name, scope, subscription_id, kind, body FROM subscriptions
      WHERE realm = ? AND user_name IN (?*) ORDER BY user_name, subscription_id`,
    [context.realm.key, users],
  );
}

function firings(
  context: CallContext,
  zone: ZoneRow,
  scope: 'private' | 'shared',
  stored: StoredSubscription,
  changes: readonly RecordChange[],
): { channel: string; payload: string }[] {
  const body = JSON.parse(stored.body) as SubscriptionInput;
  const channel = stored.subscription_id;
  const one = (kind: 'met' | 'fet' | 'qry', extra: Readonly<Record<string, unknown>> = {}) => ({
    channel,
    payload: payload(context, stored.user_name, zone, scope, channel, kind, extra, body.notificationInfo),
  });
  switch (stored.kind) {
    case 'database':
      return [one('met')];
    case 'zone':
      return inZone(body, zone) ? [one('fet')] : [];
    case 'query': {
      if (body.zoneWide === false && !inZone(body, zone)) return [];
      const fires = new Set(body.firesOn ?? ['create', 'update', 'delete']);
      return changes
        .filter((change) => fires.has(change.kind) && firesFor(body, change))
        .map((change) =>
          one('qry', { rid: change.row.record_name, fo: { create: 1, update: 2, delete: 3 }[change.kind] }),
        );
    }
    default:
      return [];
  }
}

function inZone(body: SubscriptionInput, zone: ZoneRow): boolean {
  if (body.zoneID === undefined) return true;
  const owner = body.zoneID.ownerRecordName ?? body.zoneID.ownerName;
  return body.zoneID.zoneName === zone.name && (owner === undefined || owner === zone.owner);
}

function firesFor(body: SubscriptionInput, change: RecordChange): boolean {
  if (body.query === undefined || body.query.recordType !== change.row.record_type) return false;
  // A deleted record's fields are gone: its type is all a query can still be asked about.
  return change.kind === 'delete' || matchesQuery(body.query, change.row, parseFields(change.row));
}

function payload(
  context: CallContext,
  user: string,
  zone: Pick<ZoneRow, 'owner' | 'name'>,
  scope: 'private' | 'shared',
  subscription: string,
  kind: 'met' | 'fet' | 'qry',
  extra: Readonly<Record<string, unknown>> = {},
  info?: SubscriptionInput['notificationInfo'],
): string {
  const body = { sid: subscription, zid: zone.name, zoid: zone.owner, dbs: scope === 'private' ? 1 : 2, ...extra };
  return JSON.stringify({
    aps: apsOf(info),
    ck: { ce: 2, cid: context.realm.container, nid: randomUUID(context.services.random), ckuserid: user, [kind]: body },
  });
}

function apsOf(info: SubscriptionInput['notificationInfo']): Record<string, unknown> {
  const alert = {
    ...(typeof info?.['alertBody'] === 'string' ? { body: info['alertBody'] } : {}),
    ...(typeof info?.['alertLocalizationKey'] === 'string' ? { 'loc-key': info['alertLocalizationKey'] } : {}),
    ...(Array.isArray(info?.['alertLocalizationArgs']) ? { 'loc-args': info['alertLocalizationArgs'] } : {}),
    ...(typeof info?.['alertActionLocalizationKey'] === 'string'
      ? { 'action-loc-key': info['alertActionLocalizationKey'] }
      : {}),
    ...(typeof info?.['alertLaunchImage'] === 'string' ? { 'launch-image': info['alertLaunchImage'] } : {}),
  };
  return {
    'content-available': 1,
    ...(Object.keys(alert).length === 0 ? {} : { alert }),
    ...(typeof info?.['soundName'] === 'string' ? { sound: info['soundName'] } : {}),
    ...(info?.['shouldBadge'] === true ? { badge: 1 } : {}),
    ...(typeof info?.['category'] === 'string' ? { category: info['category'] } : {}),
  };
}
