import { createTagDeduplication, type TagDeduplication } from '../../electron/core/sharing/deduplication.ts';
import { openSharingStore, type SharingStore } from './sharingStore.ts';

/** Ids of tags, in their order: of two that become one, the lower stays. */
export const idA = '01000000-0000-7000-8000-00000000000a';
export const idB = '01000000-0000-7000-8000-00000000000b';
export const idC = '01000000-0000-7000-8000-00000000000c';

/** A store with shares, and the de-duplication of its tags by the store's clock. */
export function openTagFixture(): { readonly fixture: SharingStore; readonly tags: TagDeduplication } {
  const fixture = openSharingStore();
  return { fixture, tags: createTagDeduplication({ store: fixture.store, now: () => fixture.clock }) };
}

/** The de-duplication of a store in which only so many transactions more can be written, as on a full disk. */
export function breakingAfter(fixture: SharingStore, transactions: number): TagDeduplication {
  const { transaction } = fixture.store;
  let left = transactions;
  return createTagDeduplication({
    store: {
      ...fixture.store,
      transaction: (...args) => {
        left -= 1;
        if (left < 0) throw new Error('the disk is full');
        return transaction(...args);
      },
    },
    now: () => fixture.clock,
  });
}
