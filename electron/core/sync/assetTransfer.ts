import type { HybridStamp } from '../../../shared/cloud/hybridClock.ts';
import { errorMessage } from '../../../shared/errors.ts';
import type { Store } from '../store/store.ts';
import { downloadAsset } from './assetDownload.ts';
import type { AssetFiles, AssetResource } from './assetFiles.ts';
import { createAssetQueue, type AssetCounts, type AssetJob, type AssetQueue } from './assetQueue.ts';
import { uploadAsset } from './assetUpload.ts';
import { createBandwidth } from './bandwidth.ts';
import { createChangeQueue } from './changeQueue.ts';
import type { CloudDatabase, UploadTicket } from './cloudDatabase.ts';
import type { Failure } from './failures.ts';
import { cloudZone, createLocalZones } from './localZones.ts';
import type { Timers } from './syncEngine.ts';
import { createPictureBatches } from './pictureBatches.ts';
import { createPreparedTransfers, type Prepared } from './preparedTransfers.ts';
import { createStoredAssets, holdsOthers } from './storedAssets.ts';
import { createSyncMetadata } from './syncMetadata.ts';
import { createTransferFailures } from './transferFailures.ts';
import { createTransferHold } from './transferHold.ts';
import { createUploadTickets } from './uploadTickets.ts';

/** How the bytes of photos are kept on this computer. */
export interface AssetPolicy {
  /** `onDemand`: originals come when they are opened, and go again beyond the limit. */
  readonly originals: 'everywhere' | 'onDemand';
  readonly cacheLimitBytes: number;
  /** null: as fast as it goes. */
  readonly bytesPerSecond: number | null;
}

export interface AssetProgress extends AssetCounts {
  /** Bytes moved since the start of this run. */
  readonly movedBytes: number;
  readonly running: number;
  /** What keeps all of them back for now. */
  readonly held: Failure | undefined;
}

export interface AssetTransfer {
  readonly queue: AssetQueue;
  /** Something was queued, or may go on. */
  kick(): void;
  pause(): void;
  resume(): void;
  /** The server has answered somebody: a pause that was made because it could not be reached is over. */
  reachable(): void;
  setPolicy(policy: AssetPolicy): void;
  /** Fetches one resource now, whatever the policy. Resolves when its bytes are here. @throws AppError why not */
  fetch(resourceId: string): Promise<void>;
  /**
   * Looks for bytes that are here and that nobody has sent: asks the server about each resource of whose bytes nothing is
   * known, and queues those it lacks. What the server cannot be asked now is asked the next time.
   */
  sweep(): Promise<void>;
  /** Frees room down to the cache limit; never the only copy. @returns bytes freed */
  evict(usedBytes: number): Promise<number>;
  readonly progress: AssetProgress;
  /** Resolves when nothing runs. */
  settled(): Promise<void>;
  dispose(): void;
}

/** Transfers at once. More gain nothing on a home line and make each one slower. */
const parallel = 4;
/** One more for what is small, pictures above all: nobody is to wait for them behind four films. */
const parallelOfSmall = 5;
const lookedUpAtOnce = 50;
/** A timer of weeks would go off at once, ms. */
const longestSleep = 60 * 60_000;

/**
 * Moves the bytes of resources both ways, thumbnails first, a few at a time. Every state lies in `sync_asset`, so a
 * stopped transfer goes on where it was. A transfer that fails waits and lets the others go on.
 */
export function createAssetTransfer(deps: {
  readonly store: Store;
  readonly cloud: CloudDatabase;
  readonly files: AssetFiles;
  readonly now: () => number;
  readonly random: () => number;
  readonly timers: Timers;
  readonly stamp: () => HybridStamp;
  /** An uploaded asset is to be announced in its record. */
  readonly onUploaded: () => void;
  readonly onProgress: () => void;
  readonly reportError: (error: unknown) => void;
}): AssetTransfer {
  const { store, cloud, files, now, timers } = deps;
  const queue = createAssetQueue(store);
  const zones = createLocalZones(store.connection, now);
  const changes = createChangeQueue({ metadata: createSyncMetadata(store.connection), now });
  const bandwidth = createBandwidth({ now, timers });
  const hold = createTransferHold({ now, random: deps.random });
  const running = new Map<string, Promise<void>>();
  let policy: AssetPolicy = {
    originals: 'everywhere',
    cacheLimitBytes: Number.POSITIVE_INFINITY,
    bytesPerSecond: null,
  };
  let stopped = false;
  let paused = false;
  let timer: unknown;
  /** When that goes off, ms. */
  let timerDue = 0;
  let movedBytes = 0;

  const common = {
    cloud,
    files,
    bandwidth,
    alive: () => !stopped && !paused,
    onBytes: (bytes: number) => {
      movedBytes += bytes;
      deps.onProgress();
    },
  };
  const write = (fn: () => void) => store.transaction('sync', fn);
  const { failed, holdBecause } = createTransferFailures({
    alive: common.alive,
    queue,
    hold,
    now,
    write,
    reportError: deps.reportError,
  });
  const batches = createPictureBatches({ ...common, zones });
  const stored = createStoredAssets({ cloud, zones });
  const prepared = createPreparedTransfers({ batches, stored, tickets: createUploadTickets({ cloud, zones }), now });

  async function upload({ resource, uploadUrl }: AssetJob, ticket: UploadTicket | undefined): Promise<void> {
    const zone = zones.byId(resource.zoneId);
    if (zone === undefined) {
      // Its share has ended: there is nowhere to send it.
      write(() => queue.remove(resource.id));
      return;
    }
    const asset = await uploadAsset(
      { ...common, rememberUrl: (id, url) => write(() => queue.setUploadUrl(id, url)) },
      resource,
      { scope: zone.store, zone: cloudZone(zone) },
      uploadUrl,
      ticket,
    );
    write(() => {
      const row = store.connection
        .statement<[string], { zone_id: string }>('SELECT zone_id FROM resource WHERE id = ?')
        .get(resource.id);
      if (row !== undefined && row.zone_id !== resource.zoneId) {
        // It moved while its bytes were under way: they are announced where it lies now, not where it was.
        queue.queueUpload(resource.id);
        return;
      }
      // The row has got other bytes meanwhile: those are sent once its record says so.
      if (!queue.setUploaded(resource.id, resource.sha256, JSON.stringify(asset))) return;
      const place = { entity: 'Resource', rowId: resource.id, zoneId: resource.zoneId } as const;
      const waiting = changes.waitingSave(place);
      changes.save(place, { ...waiting?.stamps, data: deps.stamp() }, waiting);
    });
    deps.onUploaded();
  }

  /** The last download begun of each content. */
  const byContent = new Map<string, Promise<void>>();

  /**
   * One download of the same bytes at a time: they share one partial file, and a second one would write into, or cut
   * short, what the first has just given its place.
   */
  async function download(resource: AssetResource, url: string): Promise<void> {
    const before = byContent.get(resource.sha256) ?? Promise.resolve();
    const mine = before
      .catch(() => undefined)
      .then(async () => {
        // Whoever was first may have brought this very one.
        if (queue.isDone(resource.id)) return;
        await downloadAsset(common, resource, url);
        write(() => queue.setDone(resource));
      });
    byContent.set(resource.sha256, mine);
    try {
      await mine;
    } finally {
      if (byContent.get(resource.sha256) === mine) byContent.delete(resource.sha256);
    }
  }

  async function sweep(): Promise<void> {
    let after = '';
    for (;;) {
      const some = queue.unaccounted(after, lookedUpAtOnce);
      const last = some.at(-1);
      if (last === undefined || stopped || paused) return;
      const { found } = await stored.of(some);
      if (stopped || paused) return;
      write(() => {
        for (const resource of some) {
          const value = found.get(resource.id);
          if (value === undefined) continue;
          if (value?.downloadURL === undefined || holdsOthers(value, resource.sha256)) queue.queueUpload(resource.id);
          else queue.noteRemote(resource, true);
        }
      });
      kick();
      after = last.id;
    }
  }

  function start(job: AssetJob, work: () => Promise<void>): Promise<void> {
    const id = job.resource.id;
    const promise = work()
      .then(() => hold.worked())
      .catch((error: unknown) => {
        try {
          failed(job, error);
        } catch (unexpected) {
          deps.reportError(unexpected);
          write(() => queue.postpone(id, now() + 60_000, 'unreadable', errorMessage(unexpected)));
        }
      })
      .finally(() => {
        running.delete(id);
        deps.onProgress();
        kick();
      });
    running.set(id, promise);
    return promise;
  }

  /** Whether there is room for small ones alone. */
  const onlySmall = () => running.size >= parallel;
  /** The next job, if there is one and room for it. */
  const startable = (): AssetJob | undefined => {
    if (running.size >= parallelOfSmall) return undefined;
    return queue.next(now(), 1, policy.originals === 'onDemand', [...running.keys()], onlySmall())[0];
  };
  const mayRun = () => !stopped && !paused && now() >= hold.until && startable() !== undefined;

  /** The pass under way that starts what there is room for. */
  let filled: Promise<void> | undefined;
  const startFilling = (): Promise<void> => {
    filled ??= fill().finally(() => {
      filled = undefined;
      schedule();
    });
    return filled;
  };

  async function fill(): Promise<void> {
    try {
      while (!stopped && !paused && now() >= hold.until) {
        const job = startable();
        if (job === undefined) return;
        const said = prepared.take(job);
        if (said === undefined) await lookUp();
        else begin(job, said);
      }
    } catch (error) {
      if (stopped || paused) return;
      holdBecause(error);
    }
  }

  /** It goes on by itself, and whoever ends looks for the next: a film of an hour keeps nothing else waiting. */
  function begin(job: AssetJob, said: Prepared): void {
    const work = said.direction === 'upload' ? () => upload(job, said.ticket) : () => download(job.resource, said.url);
    start(job, work).catch(holdBecause);
  }

  /** Asks the server about the next jobs, whichever they are by now. */
  async function lookUp(): Promise<void> {
    const due = queue.next(now(), lookedUpAtOnce, policy.originals === 'onDemand', [...running.keys()]);
    const { brought, absent, refused } = await prepared.prepare(due);
    for (const { job, error } of refused) failed(job, error);
    if (brought.length === 0 && absent.length === 0) return;
    write(() => {
      for (const { resource } of brought) queue.setDone(resource);
      // The bytes are not on the server (yet): its feed tells when they are.
      for (const { resource } of absent)
        if (queue.job(resource.id)?.direction === 'download') queue.remove(resource.id);
    });
    if (brought.length > 0) hold.worked();
  }

  function schedule(): void {
    // While all places are taken, whoever ends looks for the next.
    if (stopped || paused || filled !== undefined || running.size >= parallelOfSmall) return;
    const at = now();
    const next = startable() === undefined ? queue.nextDue(at, policy.originals === 'onDemand', onlySmall()) : at;
    if (next === undefined) return;
    const due = Math.min(Math.max(hold.until, next), at + longestSleep);
    if (timer !== undefined) {
      if (timerDue <= due) return;
      timers.clear(timer);
    }
    timerDue = due;
    timer = timers.set(() => {
      timer = undefined;
      kick();
    }, due - at);
  }

  function kick(): void {
    if (stopped || paused || filled !== undefined) return;
    if (now() < hold.until) {
      schedule();
      return;
    }
    startFilling().catch(deps.reportError);
  }

  return {
    queue,
    kick,
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      hold.end();
      write(() => queue.retry());
      kick();
    },
    reachable: () => {
      if (!hold.reachable()) return;
      if (timer !== undefined) timers.clear(timer);
      timer = undefined;
      kick();
    },
    setPolicy: (next) => {
      policy = next;
      bandwidth.setLimit(next.bytesPerSecond);
      kick();
    },
    fetch: async (resourceId) => {
      const wanted = queue.job(resourceId);
      const asked = wanted?.direction === 'download' ? await stored.addresses([wanted.resource]) : undefined;
      for (const { error } of asked?.refused ?? []) throw error;
      // Perhaps the queue has come to it meanwhile.
      await running.get(resourceId);
      const job = queue.job(resourceId);
      const url = asked?.found.get(resourceId);
      if (job === undefined || job.direction === 'upload' || url === undefined || queue.isDone(resourceId)) return;
      let failure: unknown;
      await start(job, () =>
        download(job.resource, url).catch((error: unknown) => {
          failure = error;
          throw error;
        }),
      );
      if (failure !== undefined) throw failure;
    },
    sweep,
    evict: async (usedBytes) => {
      let over = usedBytes - policy.cacheLimitBytes;
      if (policy.originals !== 'onDemand' || over <= 0) return 0;
      let freed = 0;
      const candidates = queue.evictable(1_000);
      for (let at = 0; at < candidates.length && over > 0; at += lookedUpAtOnce) {
        const some = candidates.slice(at, at + lookedUpAtOnce);
        // Never the only copy: the server is asked, now, whether it has these bytes.
        const { found: held } = await stored.addresses(some, { exact: true });
        for (const resource of some) {
          if (over <= 0 || !held.has(resource.id)) continue;
          const bytes = await files.evict(resource, (gone) =>
            gone ? queue.setEvicted(resource.id) : queue.setDone(resource),
          );
          freed += bytes;
          over -= bytes;
        }
      }
      return freed;
    },
    get progress() {
      return {
        ...queue.counts(policy.originals === 'onDemand'),
        movedBytes,
        running: running.size,
        held: paused ? undefined : hold.because,
      };
    },
    settled: async () => {
      for (;;) {
        if (running.size > 0) await Promise.all(running.values());
        else if (filled !== undefined) await filled;
        else if (mayRun()) await startFilling();
        else return;
      }
    },
    dispose: () => {
      stopped = true;
      if (timer !== undefined) timers.clear(timer);
    },
  };
}
