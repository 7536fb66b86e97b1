import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';

/** A short message at the foot of the window that goes away by itself. */
export type Toast = {
  readonly id: number;
  readonly tone: 'plain' | 'error';
  readonly text: string;
  readonly action: { readonly label: string; readonly run: () => void } | null;
};

export type ToastStore = StoreApi<{ readonly toasts: readonly Toast[]; readonly next: number }>;

export function createToasts(): ToastStore {
  return createStore(() => ({ toasts: [], next: 1 }));
}

/** Shows a message; at most three are on screen, the oldest makes room. */
export function showToast(store: ToastStore, toast: Omit<Toast, 'id'>): void {
  store.setState((before) => ({
    toasts: [...before.toasts, { ...toast, id: before.next }].slice(-3),
    next: before.next + 1,
  }));
}

export function dismissToast(store: ToastStore, id: number): void {
  store.setState((before) => ({ toasts: before.toasts.filter((toast) => toast.id !== id) }));
}
