import { useEffect, useState } from 'react';
import type { ComponentType, ReactNode } from 'react';
import { Button } from '../components/buttons.tsx';
import { Sheet } from '../components/dialogs.tsx';
import { ErrorFace, LoadingFace } from '../components/faces.tsx';
import { useT } from '../data/useCore.ts';

/** A part of the interface that is fetched when it is first shown. */
export type Deferred<Props extends object> = ((props: Props) => ReactNode) & {
  /** Fetches it ahead of time; a failure is met again, and shown, when the part is. */
  readonly preload: () => Promise<void>;
};

type Outcome<Props extends object> =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'ready'; readonly component: ComponentType<Props> }
  | { readonly kind: 'failed'; readonly error: unknown };

type Options = {
  /**
   * What stands there meanwhile: a face in the part's own place, or nothing for what lies over the window, whose trouble
   * then comes as a sheet.
   */
  readonly as?: 'place' | 'overlay';
};

/** Makes a component of one that is loaded on demand. Once it is there, it is drawn at once, every time. */
export function deferred<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  { as = 'place' }: Options = {},
): Deferred<Props> {
  let known: ComponentType<Props> | null = null;
  const fetched = async (): Promise<ComponentType<Props>> => (known ??= await load());

  function Part(props: Props): ReactNode {
    const [outcome, setOutcome] = useState<Outcome<Props>>(() =>
      known === null ? { kind: 'waiting' } : { kind: 'ready', component: known },
    );
    useEffect(() => {
      if (outcome.kind !== 'waiting') return undefined;
      let over = false;
      fetched().then(
        (component) => (over ? undefined : setOutcome({ kind: 'ready', component })),
        (error: unknown) => (over ? undefined : setOutcome({ kind: 'failed', error })),
      );
      return () => {
        over = true;
      };
    }, [outcome.kind]);
    if (outcome.kind === 'ready') {
      const { component: Component } = outcome;
      return <Component {...props} />;
    }
    if (outcome.kind === 'waiting')
      // Keys pressed until a sheet is there are meant for it: where one is open, commands of the window rest.
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a hidden stand-in that opens nothing by itself
      return as === 'overlay' ? <div role="dialog" aria-busy hidden /> : <LoadingFace />;
    const retry = (): void => setOutcome({ kind: 'waiting' });
    return as === 'overlay' ? (
      <Trouble error={outcome.error} onRetry={retry} onClose={closeOf(props)} />
    ) : (
      <ErrorFace error={outcome.error} onRetry={retry} />
    );
  }
  return Object.assign(Part, { preload: () => fetched().then(() => undefined) });
}

function closeOf(props: object): (() => void) | undefined {
  return 'onClose' in props && typeof props.onClose === 'function' ? (props.onClose as () => void) : undefined;
}

/** A part over the window that could not be fetched, with a way out. */
function Trouble(props: {
  readonly error: unknown;
  readonly onRetry: () => void;
  readonly onClose: (() => void) | undefined;
}) {
  const t = useT();
  const [closed, setClosed] = useState(false);
  if (closed) return null;
  const close = (): void => {
    setClosed(true);
    props.onClose?.();
  };
  return (
    <Sheet title={t('face.part')} onClose={close} foot={<Button onPress={close}>{t('action.close')}</Button>}>
      <ErrorFace error={props.error} onRetry={props.onRetry} />
    </Sheet>
  );
}
