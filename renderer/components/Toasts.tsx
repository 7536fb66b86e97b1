import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import { dismissToast } from '../data/toasts.ts';
import type { Toast } from '../data/toasts.ts';
import { useCore, useT } from '../data/useCore.ts';
import { Button, IconButton } from './buttons.tsx';

/** How long a message stays, in milliseconds; an error longer, since it has to be read. */
const stay = { plain: 6_000, error: 12_000 } as const;

function ToastView({ toast }: { readonly toast: Toast }) {
  const core = useCore();
  const t = useT();
  useEffect(() => {
    if (toast.stays === true) return undefined;
    const timer = setTimeout(() => dismissToast(core.toasts, toast.id), stay[toast.tone]);
    return () => clearTimeout(timer);
  }, [core, toast]);
  const { action } = toast;
  return (
    <div className={`toast toast--${toast.tone}`} role={toast.tone === 'error' ? 'alert' : 'status'}>
      <span className="selectable">{toast.text}</span>
      {action === null ? null : (
        <Button
          onPress={() => {
            dismissToast(core.toasts, toast.id);
            action.run();
          }}
        >
          {action.label}
        </Button>
      )}
      <IconButton icon={X} label={t('action.dismiss')} onPress={() => dismissToast(core.toasts, toast.id)} />
    </div>
  );
}

/** The messages at the foot of the window. */
export function Toasts() {
  const core = useCore();
  const toasts = useStore(core.toasts, (state) => state.toasts);
  const root = useRef<HTMLDivElement>(null);
  const before = useRef<HTMLElement | null>(null);
  // A pressed message goes away with its button: the keys belong again to where they were before.
  useEffect(() => {
    if (root.current?.contains(document.activeElement) === true) return;
    if (document.activeElement === document.body) before.current?.focus();
    before.current = null;
  }, [toasts]);
  return (
    // Read out and pressed over an open sheet as well: what happened there is often told here.
    <div
      ref={root}
      className="toasts"
      aria-live="polite"
      data-react-aria-top-layer="true"
      onFocus={({ relatedTarget }) => {
        const from = relatedTarget instanceof HTMLElement ? relatedTarget : null;
        if (from !== null && root.current?.contains(from) !== true) before.current = from;
      }}
    >
      {toasts.map((toast) => (
        <ToastView key={toast.id} toast={toast} />
      ))}
    </div>
  );
}
