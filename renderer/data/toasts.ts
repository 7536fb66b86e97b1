import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';

/** A short message at the foot of the window that goes away by itself, unless it says otherwise. */
export type Toast = {
  readonly id: number;
  readonly tone: 'plain' | 'error';
  readonly text: string;
  readonly action: { readonly label: string; readonly run: () => void } | null;
  /** What cannot be seen again stays until it is dismissed. */
  readonly stays?: true;
};

export type ToastStore = StoreApi<{ readonly toasts: readonly Toast[]; readonly next: number }>;

export function createToasts(): ToastStore {
  return createStore(() => ({ toasts: [], next: 1 }));
}

/** Shows a message; at most three are on screen, the oldest makes room, and one that stays only for another such one. */
export function showToast(store: ToastStore, toast: Omit<Toast, 'id'>): void {
  store.setState(({ toasts, next }) => {
    const leaves = toasts.length < 3 ? undefined : (toasts.find(({ stays }) => stays !== true) ?? toasts[0]);
    return { toasts: [...toasts.filter((one) => one !== leaves), { ...toast, id: next }], next: next + 1 };
  });
}

export function dismissToast(store: ToastStore, id: number): void {
  store.setState((before) => ({ toasts: before.toasts.filter((toast) => toast.id !== id) }));
}
