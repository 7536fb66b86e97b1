/** The two logical stores of a library: zones of my own database, and zones other people shared with me. */
export type StoreName = 'private' | 'shared';

/**
 * A committed change. `token` is the store's newest history token, `local` says that only things known on this
 * computer changed (files, thumbnails, shares), which make no history. Data is re-queried, never carried here.
 */
export interface StoreChange {
  readonly store: StoreName;
  readonly token: number;
  readonly local: boolean;
}

/** Tells listeners of commits, in order, after the transaction is over. */
export interface Observer {
  subscribe(listener: (change: StoreChange) => void): { dispose(): void };
  notify(change: StoreChange): void;
}

/**
 * A plain list of listeners. One that throws does not keep the others from hearing; its error goes to `report`.
 */
export function createObserver(report: (error: unknown) => void): Observer {
  const listeners = new Set<(change: StoreChange) => void>();
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
    notify: (change) => {
      for (const listener of listeners) {
        try {
          listener(change);
        } catch (error) {
          report(error);
        }
      }
    },
  };
}
