import type { LucideIcon } from 'lucide-react';
import { CircleExclamationPoint, WifiOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { errorMessage, isAppError } from '../../shared/errors.ts';
import { useT } from '../data/useCore.ts';
import { Button } from './buttons.tsx';

/** An empty list: one sentence and what to do. */
export function EmptyFace(props: {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly text?: string;
  readonly children?: ReactNode;
}) {
  const { icon: Icon, title, text, children } = props;
  return (
    <div className="face">
      <span className="face__icon">
        <Icon size={28} strokeWidth={1.5} aria-hidden />
      </span>
      <h2 className="face__title">{title}</h2>
      {text === undefined ? null : <p className="face__text">{text}</p>}
      {children === undefined ? null : <div className="face__actions">{children}</div>}
    </div>
  );
}

/** A list that could not be read: why, in words, and another try. Not reaching the core looks different from a fault. */
export function ErrorFace({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  const t = useT();
  const offline = isAppError(error) && error.code === 'offline';
  return (
    <div role="alert" className="face">
      <span className="face__icon">
        {offline ? (
          <WifiOff size={28} strokeWidth={1.5} aria-hidden />
        ) : (
          <CircleExclamationPoint size={28} strokeWidth={1.5} aria-hidden />
        )}
      </span>
      <h2 className="face__title">{t(offline ? 'face.offline' : 'face.error')}</h2>
      <p className="face__text selectable">{errorMessage(error)}</p>
      <div className="face__actions">
        <Button onPress={onRetry}>{t('face.retry')}</Button>
      </div>
    </div>
  );
}

/** Waiting: an empty space of the right size, named for screen readers; pictures have their own placeholders. */
export function LoadingFace() {
  const t = useT();
  return (
    <div className="face" role="status">
      <span className="visually-hidden">{t('face.loading')}</span>
    </div>
  );
}
