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

interface News {
  /** Position of the newest hint there is, whoever it was for. */
  readonly newest: number;
  /** Hints behind the cursor were dropped before anybody looked: what they were about is not known any more. */
  readonly missed: boolean;
  readonly rows: readonly EventRow[];
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
    else if (lastEventID !== undefined) yield resync(context, cursor);
    for (;;) {
      const seen = await services.database.read(async (sql) => ({
        alive: await sessionAlive(sql, context),
        news: await nextEvents(sql, context, cursor),
      }));
      if (!seen.alive) {
        yield 'event: signedOut\ndata: {}\n\n';
        return;
      }
      const { newest, missed, rows } = seen.news;
      if (missed) yield resync(context, newest);
      else for (const row of rows) yield `id: ${context.epoch}.${row.event_seq}\nevent: push\ndata: ${row.payload}\n\n`;
      // Behind what was for others as well: when that is dropped later, nothing of this stream is missing.
      cursor = newest;
      if (services.clock() >= end) return;
      const woken = await listening.wait(Math.min(heartbeat, end - services.clock()));
      if (hub.stopped) return;
      if (!woken) {
        if (services.timers === undefined) return;
        yield ': still here\n\n';
      }
    }
  } finally {
    listening.dispose();
  }
}

/** Tells the client to look for itself, and to go on from here. */
function resync(context: CallContext, position: number): string {
  return `id: ${context.epoch}.${position}\nevent: resync\ndata: {}\n\n`;
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
 * Queued hints this device did not cause itself, and whether all of them are still there: in one statement, so that none is
 * dropped in between. At most `keptEvents` rows. A hint about a zone that has left the person's view meanwhile still goes
 * out: it only says "look", and looking is what tells them the zone is gone.
 */
async function nextEvents(sql: Sql, context: CallContext, cursor: number): Promise<News> {
  const person = [context.realm.key, context.caller.userName] as const;
  const found = await sql.all<{ newest: number; oldest: number | null } & (EventRow | { event_seq: null })>(
    `SELECT v.event_seq AS newest, (SELECT min(event_seq) FROM push_events WHERE realm = ? AND user_name = ?) AS oldest,
            e.event_seq, e.payload
       FROM viewers v LEFT JOIN push_events e ON e.realm = v.realm AND e.user_name = v.user_name
            AND e.event_seq > ? AND e.channel = ? AND e.origin <> ?
      WHERE v.realm = ? AND v.user_name = ? ORDER BY e.event_seq`,
    [...person, cursor, streamSubscription, context.caller.sessionID, ...person],
  );
  const { newest = cursor, oldest = null } = found[0] ?? {};
  return {
    newest,
    missed: newest > cursor && (oldest === null || oldest > cursor + 1),
    rows: found.filter((row) => row.event_seq !== null),
  };
}
