import { createContext, useContext, useSyncExternalStore } from 'react';
import { AppError } from '../../../shared/errors.ts';
import type { PlaceholderQueue } from './placeholderQueue.ts';

/** Whether the list is being scrolled so fast that pictures would be gone before they arrive. */
export type Motion = {
  readonly fast: () => boolean;
  readonly set: (fast: boolean) => void;
  readonly subscribe: (listener: () => void) => () => void;
};

export function createMotion(): Motion {
  let fast = false;
  const listeners = new Set<() => void>();
  return {
    fast: () => fast,
    set: (next) => {
      if (next === fast) return;
      fast = next;
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export type GridServices = {
  readonly motion: Motion;
  readonly placeholders: PlaceholderQueue;
  readonly gridID: string;
};

export const GridContext = createContext<GridServices | null>(null);

/** What the tiles of one grid share. @throws AppError internal outside a grid */
export function useGrid(): GridServices {
  const services = useContext(GridContext);
  if (services === null) throw new AppError('internal', 'A photo tile is shown outside a grid.');
  return services;
}

export function useFastMotion(): boolean {
  const { motion } = useGrid();
  return useSyncExternalStore(motion.subscribe, motion.fast);
}
