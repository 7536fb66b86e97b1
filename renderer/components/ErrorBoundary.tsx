import { Component } from 'react';
import type { ReactNode } from 'react';
import { ErrorFace } from './faces.tsx';

type Props = {
  readonly children: ReactNode;
  /** What is drawn; once that is something else, it is tried anew. */
  readonly of?: unknown;
};
type State = { readonly failure: { readonly error: unknown } | null; readonly of: unknown };

/**
 * Keeps a part that cannot be drawn from taking the whole window with it: what a photo says of itself comes from other
 * people's cameras and computers. Says what went wrong in the part's place, with another try.
 */
export class ErrorBoundary extends Component<Props, State> {
  override readonly state: State = { failure: null, of: this.props.of };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { failure: { error } };
  }

  static getDerivedStateFromProps({ of }: Props, before: State): Partial<State> | null {
    return of === before.of ? null : { failure: null, of };
  }

  override render(): ReactNode {
    const { failure } = this.state;
    if (failure === null) return this.props.children;
    return <ErrorFace error={failure.error} onRetry={() => this.setState({ failure: null })} />;
  }
}
