import { createArrivals, type Arrivals } from './arrivals.ts';
import { createActivity, type Activity } from './activity.ts';
import { createCopies } from './copies.ts';
import { createTagDeduplication, type TagDeduplication } from './deduplication.ts';
import { createInvitations, type Invitations } from './invitations.ts';
import { createLinks, type Links } from './links.ts';
import { createMoves } from './moves.ts';
import { createNotAccepted, type NotAccepted } from './notAccepted.ts';
import { createParticipants, type Participants } from './participants.ts';
import { createPermissions, type Permissions } from './permissions.ts';
import { createRounds } from './rounds.ts';
import { createShareQueries, type ShareQueries } from './shareQueries.ts';
import { createShareRecords } from './shareRecords.ts';
import { createShares, type Shares } from './shares.ts';
import { createShareServer } from './shareServer.ts';
import { createShareTasks, type ShareTasks } from './shareTasks.ts';
import { readAccount, requireServer, type SharingDependencies } from './sharingContext.ts';

/** Everything about sharing of one open library. */
export interface Sharing {
  readonly shares: Shares;
  readonly participants: Participants;
  readonly links: Links;
  readonly invitations: Invitations;
  readonly activity: Activity;
  readonly notAccepted: NotAccepted;
  readonly queries: ShareQueries;
  readonly permissions: Permissions;
  readonly deduplication: TagDeduplication;
  readonly tasks: ShareTasks;
  readonly arrivals: Arrivals;
  /**
   * The sync engine has come to rest: double tags are merged, the feed is read, long steps go on, invitations are asked
   * for. Never throws; what fails now is tried again after the next round.
   */
  afterSync(): Promise<void>;
  /** Asks the server for invitations and requests now. @throws AppError offline, notAuthenticated */
  refresh(): Promise<void>;
  dispose(): void;
}

/** The server is asked for invitations at most this often by itself, ms: rest is spoken of after every file. */
const askingPause = 1_000;

/** Builds sharing on a store and a server. */
export function createSharing(deps: SharingDependencies): Sharing {
  const { store, now, newId, pause } = deps;
  const state = { disposed: false };
  const permissions = createPermissions(store.connection);
  const queries = createShareQueries(store);
  const records = createShareRecords({
    connection: store.connection,
    now,
    newId,
    me: () => readAccount(store)?.userName ?? '',
  });
  const server = createShareServer(() => requireServer(deps).cloud);
  const moves = createMoves({ store, now, newId, pause });
  const copies = createCopies({ store, now, newId, pause });
  const tasks = createShareTasks(deps, { moves, copies, permissions, queries, records, server });
  const links = createLinks(deps, { permissions, queries, isOver: () => state.disposed });
  const invitations = createInvitations(deps, { queries, records });
  const activity = createActivity(deps);
  const deduplication = createTagDeduplication({ store, now });
  const shares = createShares(deps, { permissions, queries, records, server, tasks, copies });
  const arrivals = createArrivals(deps, { permissions, queries, addTo: (id, what) => shares.addTo(id, what) });
  const rightsSeen = new Map<string, number>();
  let askedAt = Number.NEGATIVE_INFINITY;
  let later: Promise<void> | undefined;

  const step = async (work: () => void | Promise<void>): Promise<void> => {
    if (state.disposed) return;
    try {
      await work();
    } catch (error) {
      if (!state.disposed) deps.reportError(error);
    }
  };

  /** Rights that have grown let me merge doubles I had to pass over. */
  const sweepGrown = (): void => {
    const zones = store.connection
      .statement<[], { id: string; rights: number }>(`SELECT id, rights FROM zone WHERE store = 'shared'`)
      .all();
    for (const { id, rights } of zones) {
      const before = rightsSeen.get(id);
      rightsSeen.set(id, rights);
      if (before === undefined || rights > before) deduplication.sweep(id);
    }
  };

  const round = async (): Promise<void> => {
    await step(() => void deduplication.run('private'));
    await step(() => void deduplication.run('shared'));
    await step(sweepGrown);
    await step(() => {
      if (activity.run()) deps.onChange();
    });
    if (deps.cloud() === undefined || readAccount(store)?.signedIn !== true) return;
    const wait = askedAt + askingPause - now();
    if (wait > 0) {
      later ??= deps.delay(wait).then(() => {
        later = undefined;
        return state.disposed ? undefined : afterSync();
      });
      return;
    }
    askedAt = now();
    await step(() => invitations.refresh());
    await step(() => tasks.resume());
    await step(() => arrivals.settle());
  };

  const afterSync = createRounds(round, () => state.disposed);

  return {
    shares,
    participants: createParticipants(deps, { permissions, queries, records, server, links }),
    links,
    invitations,
    activity,
    notAccepted: createNotAccepted(deps, copies),
    queries,
    permissions,
    deduplication,
    tasks,
    arrivals,
    afterSync,
    refresh: async () => {
      await invitations.refresh();
      deps.requestSync();
    },
    dispose: () => {
      state.disposed = true;
    },
  };
}
