import type { Attention, SyncStatus } from '../../../shared/model/sync.ts';
import type { Store } from '../store/store.ts';
import type { AssetProgress } from './assetTransfer.ts';
import { decide, type AttentionReason } from './failures.ts';
import type { EngineStatus } from './syncEngine.ts';
import { createSyncEvents } from './syncEvents.ts';
import { createSyncMetadata } from './syncMetadata.ts';
import { countUncollected } from './unsent.ts';

const reasons: readonly AttentionReason[] = [
  'storageFull',
  'tooLarge',
  'rejected',
  'waitingForParent',
  'accessEnded',
  'unreadable',
  'fileMissing',
  'diskFull',
];

/** What a person can do about it; the rest ends by itself. */
function actionFor(reason: AttentionReason): Attention['action'] {
  switch (reason) {
    case 'signIn':
      return 'signIn';
    case 'notAccepted':
      return 'showNotAccepted';
    case 'offline':
    case 'serverBusy':
    case 'storageFull':
    case 'tooLarge':
    case 'rejected':
    case 'waitingForParent':
    case 'accessEnded':
    case 'diskFull':
      return 'retry';
    case 'unreadable':
    case 'fileMissing':
      return 'none';
  }
}

/** How mirroring stands, from the engine and from what the tables say; nothing is remembered beside them. */
export function readSyncStatus(
  store: Store,
  engine: EngineStatus,
  assets: AssetProgress | undefined,
  live: boolean,
): SyncStatus {
  const metadata = createSyncMetadata(store.connection);
  const events = createSyncEvents(store);
  const counts = metadata.pendingCounts();
  const uncollected = isRunning(engine) ? 0 : countUncollected(store);
  const waitingChanges = counts.reduce((sum, { count }) => sum + count, uncollected);
  const attention: Attention[] = [];
  const everything = (reason: AttentionReason, message: string | null) =>
    attention.push({ reason, count: 0, message, action: actionFor(reason) });
  if (engine.reason !== null) everything(engine.reason, engine.message);
  else if (assets?.held !== undefined) {
    // The records get through and the files do not.
    const decision = decide(assets.held.code, { doing: 'upload', participant: false });
    if (decision.do === 'backOff') everything(decision.reason, assets.held.message);
  }
  for (const reason of reasons) {
    const changes = counts
      .filter((one) => one.reason === reason && one.state !== 'ready')
      .reduce((sum, one) => sum + one.count, 0);
    const files = assets?.troubles.find((one) => one.reason === reason);
    const count = changes + (files?.count ?? 0);
    const message = changes > 0 ? metadata.messageOf(reason) : (files?.message ?? null);
    if (count > 0) attention.push({ reason, count, message, action: actionFor(reason) });
  }
  const refused = metadata.refusedCount();
  if (refused > 0) attention.push({ reason: 'notAccepted', count: refused, message: null, action: 'showNotAccepted' });
  const moving = (assets?.uploads ?? 0) + (assets?.downloads ?? 0);
  return {
    state: stateOf(engine, attention, waitingChanges + moving),
    phase: engine.phase,
    waitingChanges,
    uploads: assets?.uploads ?? 0,
    uploadBytes: assets?.uploadBytes ?? 0,
    downloads: assets?.downloads ?? 0,
    downloadBytes: assets?.downloadBytes ?? 0,
    lastImport: events.lastSuccess('import'),
    lastExport: events.lastSuccess('export'),
    waitingSince: engine.since,
    live,
    attention,
  };
}

/** While it runs, what was just written is about to be collected, and counting it would cost as much as that. */
function isRunning({ phase }: EngineStatus): boolean {
  return phase === 'setup' || phase === 'importing' || phase === 'exporting';
}

function stateOf(engine: EngineStatus, attention: readonly Attention[], waiting: number): SyncStatus['state'] {
  if (engine.phase === 'stopped') return 'off';
  if (engine.phase === 'paused') return 'paused';
  if (engine.phase === 'waiting' && engine.reason === 'offline') return 'offline';
  if (attention.some(({ reason }) => reason !== 'serverBusy' && reason !== 'offline')) return 'needsAttention';
  return engine.phase === 'idle' && waiting === 0 ? 'upToDate' : 'syncing';
}
