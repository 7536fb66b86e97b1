import { Component } from 'react';
import type { ReactNode } from 'react';
import { ErrorFace } from './faces.tsx';

type Props = {
  readonly children: ReactNode;
  /** What is drawn; once that is something else, it is tried anew. */
  readonly of?: unknown;
  /** Deals with it in the face's place: nothing is shown then. */
  readonly onError?: (error: unknown) => void;
};
type State = {
  readonly failure: { readonly error: unknown } | null;
  /** It was for what is being drawn now. */
  readonly isNew: boolean;
  readonly of: unknown;
};

/**
 * Keeps a part that cannot be drawn from taking the whole window with it: what a photo says of itself comes from other
 * people's cameras and computers. Says what went wrong in the part's place, with another try.
 */
export class ErrorBoundary extends Component<Props, State> {
  override readonly state: State = { failure: null, isNew: false, of: this.props.of };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { failure: { error }, isNew: true };
  }

  static getDerivedStateFromProps({ of }: Props, before: State): Partial<State> | null {
    if (before.isNew) return { isNew: false, of };
    return of === before.of ? null : { failure: null, of };
  }

  override componentDidCatch(error: unknown): void {
    this.props.onError?.(error);
  }

  override render(): ReactNode {
    const { failure } = this.state;
    if (failure === null) return this.props.children;
    if (this.props.onError !== undefined) return null;
    return <ErrorFace error={failure.error} onRetry={() => this.setState({ failure: null })} />;
  }
}
