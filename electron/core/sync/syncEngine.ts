import { errorMessage, isAppError } from '../../../shared/errors.ts';
import type { HybridStamp } from '../../../shared/cloud/hybridClock.ts';
import type { EntityDefinition, EntityName } from '../store/entities.ts';
import type { Store } from '../store/store.ts';
import { createBackOff } from './backOff.ts';
import type { CloudDatabase } from './cloudDatabase.ts';
import { createChangeQueue } from './changeQueue.ts';
import { createCollector } from './collector.ts';
import { createExporter } from './exporter.ts';
import { createExportRun, type RequestLimits } from './exportRun.ts';
import { decide, type AttentionReason, type Failure } from './failures.ts';
import { createImporter, type SharingHooks } from './importer.ts';
import { createImportRun } from './importRun.ts';
import { createLocalZones } from './localZones.ts';
import { parkedPause } from './pendingTable.ts';
import { createRecordApplier, type AssetSink } from './recordApplier.ts';
import { createRecordMapper, type RowValues } from './recordMapper.ts';
import { strayRows } from './rowReferences.ts';
import { createServerCall, Interrupted, Stopped } from './serverCall.ts';
import { createSetupRun } from './setupRun.ts';
import { createSyncEvents, type SyncEventKind } from './syncEvents.ts';
import { createSyncMetadata } from './syncMetadata.ts';

/** Timers as the engine uses them; a simulation passes its own. */
export interface Timers {
  set(fn: () => void, ms: number): unknown;
  clear(handle: unknown): void;
}

/** What the engine is doing, for the status line. */
export type EnginePhase = 'stopped' | 'paused' | 'signIn' | 'waiting' | 'setup' | 'importing' | 'exporting' | 'idle';

export interface EngineStatus {
  readonly phase: EnginePhase;
  /** Why it waits; null unless `waiting` or `signIn`. */
  readonly reason: AttentionReason | null;
  readonly message: string | null;
  /** Since when it has been waiting, ms. */
  readonly since: number | null;
}

/** What another part of the app wants mirrored. */
export interface Wanted {
  readonly import?: boolean;
  readonly export?: boolean;
}

export interface SyncEngine {
  /** Begins with an import, so that nothing is sent on stale knowledge. */
  start(): void;
  /** Stops at once; an answer still under way is not looked at. Whatever was committed stays. */
  stop(): void;
  /** What is under way ends as it would; nothing more is asked of the server until `resume`. */
  pause(): void;
  /** Goes on after `pause`, a sign-in, or to try again now instead of after the pause. Parked changes try again too. */
  resume(): void;
  /** The server has answered somebody: a pause that was made because it could not be reached is over. */
  reachable(): void;
  /** Something happened that is worth a run. Many kicks make one run. */
  kick(wanted: Wanted): void;
  /** Somebody other than the engine has written since it last looked. */
  hasWork(): boolean;
  /** Runs until nothing is wanted or something is in the way. */
  settled(): Promise<void>;
  readonly status: EngineStatus;
  onStatus(listener: (status: EngineStatus) => void): { dispose(): void };
}

export interface SyncEngineDependencies {
  readonly store: Store;
  readonly cloud: CloudDatabase;
  /** The record name of the person this library belongs to. */
  readonly me: string;
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly timers: Timers;
  /** This device in stamps. */
  readonly node: string;
  /** Local columns that follow from synced ones, see createRecordMapper. */
  readonly derive: (entity: EntityName, row: RowValues, existing: boolean) => RowValues;
  /** The entities this version knows; a test gives the model of an older version. */
  readonly model?: readonly EntityDefinition[];
  readonly shares: SharingHooks;
  readonly assets: {
    readonly found: AssetSink;
    readonly value: (resourceId: string) => unknown;
    /** The server took a resource's record; `announced`: with its bytes. */
    readonly accepted: (resourceId: string, announced: boolean) => void;
    /** The server refused a resource's record that announced its bytes; it is sent again at this time, ms. */
    readonly refused: (resourceId: string, again: number) => void;
  };
  readonly reportError: (error: unknown) => void;
}

/** Used until the server has told its own. */
const defaultLimits: RequestLimits = { operations: 200, requestBytes: 2 * 1024 * 1024 };
/** How often an export may be interrupted by "read the changes first" before the engine pauses. */
const mostDetours = 6;

/**
 * Mirrors both stores to the server and back. One run at a time: setup, import, export. All waiting, randomness and
 * input come from the dependencies, and all state lies in the store, so an engine can be thrown away at any moment and
 * another one made on the same store goes on.
 */
export function createSyncEngine(deps: SyncEngineDependencies): SyncEngine {
  const { store, cloud, now, timers } = deps;
  const metadata = createSyncMetadata(store.connection);
  const zones = createLocalZones(store.connection, now);
  const mapper = createRecordMapper(store.connection, () => deps.me, deps.derive, deps.model);
  const events = createSyncEvents(store);
  const queue = createChangeQueue({ metadata, now });
  const collector = createCollector({ store, metadata, mapper, queue, node: deps.node });
  // A crash forgets what was noted, so the library is looked through once at the start.
  const strays = new Set(strayRows(store.connection, mapper));
  const applier = createRecordApplier({
    store,
    metadata,
    mapper,
    queue,
    now,
    onAsset: deps.assets.found,
    zoneName: (id) => zones.byId(id)?.name ?? id,
    isMine: (id) => zones.byId(id)?.store === 'private',
    firstTag: deps.shares.firstTag,
    onStray: (entity, rowId) => strays.add(`${entity}/${rowId}`),
    onStamp: (stamp) => rememberStamp(stamp),
  });
  const importer = createImporter({
    store,
    metadata,
    mapper,
    queue,
    zones,
    collector,
    applier,
    shares: deps.shares,
    strays,
  });
  const exporter = createExporter({
    store,
    metadata,
    mapper,
    zones,
    collector,
    applier,
    now,
    assetValue: deps.assets.value,
    assetAccepted: deps.assets.accepted,
    assetRefused: deps.assets.refused,
  });
  const call = createServerCall({ alive: () => !stopped, mayAsk: () => !paused });
  let limits = defaultLimits;
  const doubted = new Set<string>();
  const setupRun = createSetupRun({ store, cloud, metadata, collector, importer, call, me: deps.me });
  const importRun = createImportRun({ store, cloud, metadata, importer, call, doubted });
  const exportRun = createExportRun({
    store,
    cloud,
    metadata,
    zones,
    collector,
    exporter,
    importer,
    call,
    now,
    doubted,
    limits: () => limits,
    onProgress: () => announce(),
  });
  const backOff = createBackOff(deps.random);

  let stopped = true;
  let paused = false;
  let ready = false;
  let wanted = { import: false, export: false };
  let running: Promise<void> | undefined;
  let timer: unknown;
  let status: EngineStatus = { phase: 'stopped', reason: null, message: null, since: null };
  /** What the run under way is at, for a pause that ends before it has. */
  let at: EnginePhase = 'idle';
  /** Since when nothing has got through, ms: from the first failure on, over all further tries. */
  let waitingSince: number | undefined;
  const listeners = new Set<(status: EngineStatus) => void>();

  let newestStamp = metadata.state('newestStamp');
  function rememberStamp(stamp: HybridStamp): void {
    if (newestStamp !== undefined && stamp <= newestStamp) return;
    newestStamp = stamp;
    metadata.setState('newestStamp', stamp);
  }

  function announce(): void {
    for (const listener of listeners) listener(status);
  }
  function setStatus(next: Partial<EngineStatus> & { phase: EnginePhase }): void {
    // A run that is coming to its end says nothing of the pause it comes to its end for.
    if (paused && next.phase !== 'paused' && next.phase !== 'stopped') return;
    status = { reason: null, message: null, since: null, ...next };
    announce();
  }

  /** One line of the event log around a piece of work. */
  async function recorded<T>(
    kind: SyncEventKind,
    phase: EnginePhase,
    work: () => Promise<T>,
    count: (value: T) => number,
  ) {
    const startedAt = now();
    at = phase;
    setStatus({ phase });
    const base = { kind, store: 'both' as const, startedAt };
    try {
      const value = await work();
      const changes = count(value);
      if (changes > 0 || kind === 'setup') {
        events.record({ ...base, endedAt: now(), succeeded: true, changes, errorCode: null, errorMessage: null });
      }
      return value;
    } catch (error) {
      if (error instanceof Stopped || stopped) throw new Stopped();
      // A pause that goes on adds no line: the first failure says it.
      if (backOff.attempts === 0) {
        const errorCode =
          error instanceof Interrupted ? error.failure.code : isAppError(error) ? error.code : 'internal';
        events.record({
          ...base,
          endedAt: now(),
          succeeded: false,
          changes: 0,
          errorCode,
          errorMessage: errorMessage(error),
        });
      }
      throw error;
    }
  }

  async function setUp(): Promise<void> {
    const { limits: told, hasOffered } = await setupRun();
    limits = told;
    if (hasOffered) wanted.export = true;
    ready = true;
  }

  async function work(): Promise<void> {
    if (!ready) await recorded('setup', 'setup', setUp, () => 1);
    let detours = 0;
    while (wanted.import || wanted.export) {
      const taken = wanted;
      wanted = { import: false, export: false };
      try {
        if (taken.import) await recorded('import', 'importing', importRun, (changed) => changed);
        if (taken.export || taken.import) {
          const { importFirst, accepted } = await recorded(
            'export',
            'exporting',
            exportRun,
            (result) => result.accepted,
          );
          // The token is what shows that a server was put back; it has to reach past what was just accepted, else a
          // rollback to a point between the two would go unnoticed.
          if (accepted > 0) wanted.import = true;
          if (importFirst) {
            detours += 1;
            wanted = { import: true, export: true };
            if (detours >= mostDetours) {
              throw new Interrupted(
                { code: 'TRY_AGAIN_LATER', message: 'The server keeps changing underneath.' },
                { doing: 'save', participant: false },
              );
            }
          }
        }
      } catch (error) {
        // What was sent may have arrived, and somebody may have deleted it since: it is not sent again before reading.
        wanted = { import: true, export: true };
        throw error;
      }
    }
  }

  function failed(failure: Failure, reason: AttentionReason): void {
    // A pause asks for no other: all of it is tried again when it ends.
    if (paused) return;
    const pause = backOff.next(failure.retryAfter);
    waitingSince ??= now();
    setStatus({ phase: 'waiting', reason, message: failure.message, since: waitingSince });
    timer = timers.set(() => {
      timer = undefined;
      run();
    }, pause);
  }

  function run(): void {
    if (stopped || paused || running !== undefined || timer !== undefined || status.phase === 'signIn') return;
    running = oneRun();
  }

  async function oneRun(): Promise<void> {
    try {
      await work();
      backOff.reset();
      waitingSince = undefined;
      if (!stopped) setStatus({ phase: 'idle' });
    } catch (error) {
      if (!stopped && !(error instanceof Stopped)) interrupted(error);
    }
    running = undefined;
    if (!stopped && (wanted.import || wanted.export)) run();
    else scheduleWaiting();
  }

  function interrupted(error: unknown): void {
    if (error instanceof Interrupted) {
      const decision = decide(error.failure.code, error.context);
      if (decision.do === 'signIn') {
        setStatus({ phase: 'signIn', reason: 'signIn', message: error.failure.message, since: now() });
        return;
      }
      failed(error.failure, 'reason' in decision ? decision.reason : 'serverBusy');
      return;
    }
    // The disk, or a fault of ours: nothing was committed, so the same work is tried again later.
    const disk = isAppError(error) && (error.code === 'diskFull' || error.code === 'libraryReadOnly');
    if (!disk) deps.reportError(error);
    failed({ code: 'UNKNOWN_ERROR', message: errorMessage(error) }, disk ? 'diskFull' : 'serverBusy');
  }

  /** Changes that wait (a parked one, a zone without room) come back by themselves. */
  function scheduleWaiting(): void {
    if (stopped || paused || timer !== undefined || status.phase !== 'idle') return;
    const next = metadata.nextWaiting();
    if (next === undefined) return;
    timer = timers.set(
      () => {
        timer = undefined;
        wanted.export = true;
        run();
      },
      // Not longer than anything waits: the clock may be set back meanwhile, or have been since it was put off.
      Math.min(Math.max(1_000, next - now()), parkedPause),
    );
  }

  function clearTimer(): void {
    if (timer !== undefined) timers.clear(timer);
    timer = undefined;
  }

  return {
    start: () => {
      if (!stopped) return;
      stopped = false;
      wanted = { import: true, export: true };
      run();
    },
    stop: () => {
      stopped = true;
      clearTimer();
      setStatus({ phase: 'stopped' });
      listeners.clear();
    },
    pause: () => {
      paused = true;
      clearTimer();
      waitingSince = undefined;
      setStatus({ phase: 'paused' });
    },
    resume: () => {
      const wasPaused = paused;
      paused = false;
      clearTimer();
      backOff.reset();
      wanted = { import: true, export: true };
      try {
        store.bookkeeping(() => metadata.unpark());
      } catch (error) {
        // A full disk is met here first, by somebody who only pressed a button.
        interrupted(error);
        return;
      }
      if (running === undefined && status.phase !== 'idle') setStatus({ phase: 'idle' });
      else if (running !== undefined && wasPaused) setStatus({ phase: at });
      run();
    },
    reachable: () => {
      if (status.phase !== 'waiting' || status.reason !== 'offline') return;
      clearTimer();
      backOff.reset();
      run();
    },
    kick: (what) => {
      wanted = { import: wanted.import || what.import === true, export: wanted.export || what.export === true };
      // A pause for a parked change must not keep a fresh one waiting; a pause asked for by the server must.
      if (status.phase === 'idle') clearTimer();
      run();
    },
    hasWork: () => collector.hasNew(),
    settled: async () => {
      for (let current = running; current !== undefined; current = running) await current;
    },
    get status() {
      return status;
    },
    onStatus: (listener) => {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
  };
}
