import type { EntityName } from '../store/entities.ts';
import type { Pending } from './pendingTable.ts';
import type { Stamps } from './stamps.ts';
import type { SyncMetadata } from './syncMetadata.ts';

/** A row, and the zone a change of it goes to. At most one change of a row waits for each zone. */
export interface RowPlace {
  readonly entity: EntityName;
  readonly rowId: string;
  readonly zoneId: string;
}

/** What is known of a save beside its fields. */
type SaveState = Pick<Pending, 'created' | 'sent' | 'since'>;

/** What the server is to be told. Every write belongs inside the transaction of what made it necessary. */
export interface ChangeQueue {
  /** The save that waits for a place, if one does. */
  waitingSave(place: RowPlace): Pending | undefined;
  /** The deletion that waits for a place, if one does. */
  waitingDelete(place: RowPlace): Pending | undefined;
  /**
   * Queues a save of the fields named by these stamps, ready to go, in the place of what waited there.
   * @param state how it begins; of what is left out: not made here, never sent, since now
   */
  save(place: RowPlace, stamps: Stamps, state?: Partial<SaveState>): void;
  /**
   * Queues a deletion, ready to go, in the place of what waited there.
   * @param changeTag the version to delete; null when it was perhaps never accepted
   * @param stamps `*` is when it was deleted
   */
  remove(place: RowPlace, changeTag: string | null, stamps: Stamps): void;
}

/** @param now the time, ms */
export function createChangeQueue({
  metadata,
  now,
}: {
  readonly metadata: Pick<SyncMetadata, 'pending' | 'setPending'>;
  readonly now: () => number;
}): ChangeQueue {
  const waiting = ({ entity, rowId, zoneId }: RowPlace, kind: Pending['kind']) =>
    metadata.pending(entity, rowId).find((one) => one.kind === kind && one.zoneId === zoneId);

  const queue = (
    { entity, rowId, zoneId }: RowPlace,
    change: Pick<Pending, 'kind' | 'stamps' | 'changeTag'>,
    state: Partial<SaveState>,
  ) =>
    metadata.setPending({
      entity,
      rowId,
      zoneId,
      ...change,
      created: state.created ?? false,
      sent: state.sent ?? false,
      state: 'ready',
      reason: null,
      message: null,
      since: state.since ?? now(),
    });

  return {
    waitingSave: (place) => waiting(place, 'save'),
    waitingDelete: (place) => waiting(place, 'delete'),
    save: (place, stamps, state = {}) => queue(place, { kind: 'save', stamps, changeTag: null }, state),
    remove: (place, changeTag, stamps) => queue(place, { kind: 'delete', stamps, changeTag }, {}),
  };
}
