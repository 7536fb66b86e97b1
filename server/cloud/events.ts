import type { Sql } from '../database/database.ts';
import type { CallContext } from './context.ts';
import { keptEvents, personKey, streamSubscription } from './pushes.ts';
import type { WakeHub } from './wakeHub.ts';

/** Change push as server-sent events (section 14.2). Times in ms. */
const heartbeat = 20_000;
const streamLifetime = 60 * 60_000;
/** Pushes go on being queued this long after a stream ended, so that a client that comes back misses none. */
const rememberFor = 30 * 60_000;

interface EventRow {
  readonly event_seq: number;
  readonly payload: string;
}

/**
 * The text of an event stream. Every round reads the session again, so that a stream ends with it.
 * @param lastEventID `Last-Event-ID` of the stream before, if any
 */
export async function* eventStream(
  context: CallContext,
  hub: WakeHub,
  lastEventID: string | undefined,
): AsyncGenerator<string> {
  const { services, realm, caller } = context;
  const listening = hub.listen([personKey(realm.key, caller.userName), `session\t${caller.sessionID}`]);
  const end = services.clock() + streamLifetime;
  try {
    let cursor = await startStream(context);
    yield 'retry: 2000\n\n';
    const resumed = resumeFrom(context, lastEventID, cursor);
    if (resumed !== undefined) cursor = resumed;
    else if (lastEventID !== undefined) yield `id: ${context.epoch}.${cursor}\nevent: resync\ndata: {}\n\n`;
    for (;;) {
      const seen = await services.database.read(async (sql) => ({
        alive: await sessionAlive(sql, context),
        rows: await nextEvents(sql, context, cursor),
      }));
      if (!seen.alive) {
        yield 'event: signedOut\ndata: {}\n\n';
        return;
      }
      for (const row of seen.rows) {
        cursor = row.event_seq;
        yield `id: ${context.epoch}.${row.event_seq}\nevent: push\ndata: ${row.payload}\n\n`;
      }
      if (services.clock() >= end) return;
      const woken = await listening.wait(Math.min(heartbeat, end - services.clock()));
      if (!woken) {
        if (services.timers === undefined) return;
        yield ': still here\n\n';
      }
    }
  } finally {
    listening.dispose();
  }
}

async function startStream(context: CallContext): Promise<number> {
  const until = context.now + streamLifetime + rememberFor;
  const row = await context.services.database.write((sql) =>
    sql.get<{ event_seq: number }>(
      `INSERT INTO viewers (realm, user_name, streams_until) VALUES (?, ?, ?)
       ON CONFLICT (realm, user_name) DO UPDATE SET streams_until = excluded.streams_until RETURNING event_seq`,
      [context.realm.key, context.caller.userName, until],
    ),
  );
  return row?.event_seq ?? 0;
}

/** The position to go on from, or undefined when something may have been missed. */
function resumeFrom(context: CallContext, lastEventID: string | undefined, newest: number): number | undefined {
  const [epoch, position] = lastEventID?.split('.') ?? [];
  if (epoch !== context.epoch || position === undefined || !/^\d{1,15}$/.test(position)) return undefined;
  const seq = Number(position);
  return seq <= newest && seq >= newest - keptEvents ? seq : undefined;
}

async function sessionAlive(sql: Sql, context: CallContext): Promise<boolean> {
  const row = await sql.get(
    'SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ? AND s.expires_at > ? AND u.disabled_at IS NULL',
    [context.caller.sessionID, context.services.clock()],
  );
  return row !== undefined;
}

/**
 * Queued hints this device did not cause itself. A hint about a zone that has left the person's view meanwhile still goes
 * out: it only says "look", and looking is what tells them the zone is gone.
 */
async function nextEvents(sql: Sql, context: CallContext, cursor: number): Promise<EventRow[]> {
  return sql.all<EventRow>(
    `SELECT event_seq, payload FROM push_events
      WHERE realm = ? AND user_name = ? AND event_seq > ? AND channel = ? AND origin <> ? ORDER BY event_seq LIMIT 100`,
    [context.realm.key, context.caller.userName, cursor, streamSubscription, context.caller.sessionID],
  );
}
