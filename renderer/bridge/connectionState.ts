import type { Connection, ConnectionState } from './bridge.ts';

/** A connection state that can be set by the transport that owns it. */
export function createConnectionState(): Connection & { readonly set: (state: ConnectionState) => void } {
  let state: ConnectionState = 'connecting';
  const listeners = new Set<() => void>();
  return {
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set: (next) => {
      if (next === state) return;
      state = next;
      for (const listener of listeners) listener();
    },
  };
}
