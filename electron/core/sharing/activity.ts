import type { PhotoID, ZoneID } from '../../../shared/ids.ts';
import type { ActivityEntry } from '../../../shared/model/share.ts';
import type { Change } from '../store/history.ts';
import type { StoreName } from '../store/observer.ts';
import { activityText, noteActivity, type ActivityKind } from './activityTable.ts';
import { readAccount, type SharingDependencies } from './sharingContext.ts';

/** The feed of what happened in shares, and the notifications made of it. */
export interface Activity {
  list(options: {
    readonly shareID: string | null;
    readonly before: number | null;
    readonly limit: number;
  }): ActivityEntry[];
  unseen(): { activity: number; invitations: number; requests: number };
  markSeen(): void;
  /**
   * Reads what others did since the last time, from history. Call it when the sync engine has come to rest.
   * @returns whether there is anything new to show
   */
  run(): boolean;
}

interface ActivityRow {
  readonly id: string;
  readonly zone_id: string;
  readonly kind: ActivityKind;
  readonly actor: string | null;
  readonly actor_display: string | null;
  readonly subject: string | null;
  readonly count: number;
  readonly photo_ids: string;
  readonly at: number;
  readonly seen: number;
  readonly title: string | null;
}

/** What a person did to one photo, read out of one change. */
interface Deed {
  readonly zoneID: string;
  readonly kind: ActivityKind;
  readonly actor: string;
  readonly photoID: string;
  readonly at: number;
}

const columns = `activity.id, activity.zone_id, kind, actor, actor_display, subject, count, photo_ids, at, seen, share.title`;
const historyPage = 2_000;
/** Kinds that tell of people; with notifications "people" only these are announced. */
const aboutPeople: readonly ActivityKind[] = ['joined', 'left', 'removed', 'declined', 'requested', 'ending', 'ended'];

export function createActivity(deps: SharingDependencies): Activity {
  const { store, newId } = deps;
  const { connection, history } = store;

  const toEntry = (row: ActivityRow): ActivityEntry => ({
    id: row.id,
    shareID: row.zone_id as ZoneID,
    shareTitle: row.title ?? '',
    kind: row.kind,
    actor: row.actor === null ? null : (row.actor_display ?? 'Somebody'),
    subject: row.subject,
    count: row.count,
    photoIDs: (JSON.parse(row.photo_ids) as PhotoID[]).filter(photoExists),
    text: activityText(row),
    at: row.at,
    seen: row.seen === 1,
  });
  const photoExists = (id: string): boolean =>
    connection.statement<[string]>('SELECT 1 FROM photo WHERE id = ?').get(id) !== undefined;

  /** Who did what, for changes that are worth a line. Only rows of shares, only what somebody else did. */
  const deedOf = (change: Change, shares: ReadonlySet<string>): Deed | undefined => {
    if (!shares.has(change.zoneId)) return undefined;
    const deed = (
      kind: ActivityKind,
      actor: string | null | undefined,
      photoID: string | undefined,
    ): Deed | undefined =>
      actor === null || actor === undefined || photoID === undefined
        ? undefined
        : { zoneID: change.zoneId, kind, actor, photoID, at: change.at };
    if (change.entity === 'Photo' && change.kind === 'insert') {
      return deed('added', provenanceOf('photo', change.rowId)?.created_by, change.rowId);
    }
    if (change.entity === 'Photo' && change.kind === 'update') {
      const row = connection
        .statement<[string], { modified_by: string | null; trashed_by: string | null; trashed_at: number | null }>(
          'SELECT modified_by, trashed_by, trashed_at FROM photo WHERE id = ?',
        )
        .get(change.rowId);
      if (change.values !== null && 'trashed_at' in change.values) {
        return row?.trashed_at === null
          ? deed('restored', row.modified_by, change.rowId)
          : deed('deleted', row?.trashed_by, change.rowId);
      }
      if (change.values !== null && 'zone_id' in change.values) return undefined;
      return deed('edited', row?.modified_by, change.rowId);
    }
    if (change.kind !== 'insert') return undefined;
    if (change.entity === 'Comment') {
      const row = connection
        .statement<[string], { created_by: string | null; kind: string; photo_id: string }>(
          'SELECT created_by, kind, photo_id FROM comment WHERE id = ?',
        )
        .get(change.rowId);
      return deed(row?.kind === 'like' ? 'liked' : 'commented', row?.created_by, row?.photo_id);
    }
    if (change.entity === 'Rating') {
      const row = provenanceOf('rating', change.rowId);
      return deed('rated', row?.created_by, row?.photo_id);
    }
    return undefined;
  };
  const provenanceOf = (
    table: 'photo' | 'rating',
    id: string,
  ): { readonly created_by: string | null; readonly photo_id?: string } | undefined =>
    connection
      .statement<[string], { created_by: string | null; photo_id?: string }>(
        `SELECT created_by${table === 'rating' ? ', photo_id' : ''} FROM ${table} WHERE id = ?`,
      )
      .get(id);

  const read = (name: StoreName, me: string): boolean => {
    let noted = false;
    const shares = new Set(
      connection
        .statement<[], { zone_id: string }>('SELECT zone_id FROM share WHERE caught_up = 1')
        .all()
        .map(({ zone_id }) => zone_id),
    );
    for (;;) {
      const token = history.readerToken('activity', name);
      const newest = history.newestToken(name);
      if (newest <= token) break;
      const changes = history.changesAfter(name, token, { limit: historyPage, authorNot: 'app' });
      const reached = changes.length === 0 ? newest : (changes.at(-1)?.transaction ?? newest);
      const deeds = changes
        .filter(({ author }) => author === 'sync')
        .flatMap((change) => deedOf(change, shares) ?? [])
        .filter(({ actor }) => actor !== me);
      if (deeds.length > 0) noted = true;
      store.transaction('maintenance', () => {
        for (const group of grouped(deeds)) {
          const [first] = group;
          if (first === undefined) continue;
          const photoIDs = [...new Set(group.map(({ photoID }) => photoID))];
          noteActivity(
            connection,
            first.zoneID,
            { kind: first.kind, actor: first.actor, count: photoIDs.length, photoIDs },
            { me, at: Math.max(...group.map(({ at }) => at)), id: newId() },
          );
        }
        history.moveReader('activity', name, reached);
      });
    }
    // A share whose first reading is over: from now on what comes is news.
    const fresh = connection
      .statement<[string], { id: string }>(
        `SELECT zone.id FROM share JOIN zone ON zone.id = share.zone_id JOIN sync_zone ON sync_zone.zone_id = zone.id
         WHERE share.caught_up = 0 AND zone.store = ? AND sync_zone.token IS NOT NULL`,
      )
      .all(name);
    if (fresh.length === 0) return noted;
    store.transaction('maintenance', () => {
      for (const { id } of fresh)
        connection.statement<[string]>('UPDATE share SET caught_up = 1 WHERE zone_id = ?').run(id);
    });
    return true;
  };

  const announce = (): void => {
    const rows = connection
      .statement<[], ActivityRow & { notifications: 'all' | 'people' | 'none' | null }>(
        `SELECT ${columns}, share.notifications FROM activity LEFT JOIN share ON share.zone_id = activity.zone_id
         WHERE notified = 0 ORDER BY at, activity.id`,
      )
      .all();
    if (rows.length === 0) return;
    store.transaction('maintenance', () =>
      connection.statement<[]>('UPDATE activity SET notified = 1 WHERE notified = 0').run(),
    );
    const wanted = rows.filter(
      ({ notifications, kind }) =>
        (notifications ?? 'all') === 'all' || (notifications === 'people' && aboutPeople.includes(kind)),
    );
    for (const [zoneID, group] of Map.groupBy(wanted, (row) => row.zone_id)) {
      const title = group[0]?.title ?? 'Shared';
      const body = group.length <= 2 ? group.map(activityText).join('. ') : `${group.length} new things in ${title}`;
      if (zoneID !== '') deps.notify({ title, body: `${body}.` });
    }
  };

  return {
    list: ({ shareID, before, limit }) =>
      connection
        .statement<[string | null, string | null, number, number], ActivityRow>(
          `SELECT ${columns} FROM activity LEFT JOIN share ON share.zone_id = activity.zone_id
           WHERE (? IS NULL OR activity.zone_id = ?) AND at < ? ORDER BY at DESC, activity.id DESC LIMIT ?`,
        )
        .all(shareID, shareID, before ?? Number.MAX_SAFE_INTEGER, limit)
        .map(toEntry),
    unseen: () => {
      const count = (sql: string) => connection.statement<[], { n: number }>(sql).get()?.n ?? 0;
      return {
        activity: count('SELECT count(*) AS n FROM activity WHERE seen = 0'),
        invitations: count(`SELECT count(*) AS n FROM invitation WHERE state = 'invited'`),
        requests: count('SELECT count(*) AS n FROM access_request'),
      };
    },
    markSeen: () => {
      store.transaction('app', () => connection.statement<[]>('UPDATE activity SET seen = 1 WHERE seen = 0').run());
      deps.onChange();
    },
    run: () => {
      const me = readAccount(store)?.userName;
      if (me === undefined) return false;
      const noted = [read('private', me), read('shared', me)];
      announce();
      return noted.includes(true);
    },
  };
}

/** Deeds of one person of one kind in one share, together. */
function grouped(deeds: readonly Deed[]): Deed[][] {
  return [...Map.groupBy(deeds, ({ zoneID, kind, actor }) => `${zoneID} ${kind} ${actor}`).values()];
}
