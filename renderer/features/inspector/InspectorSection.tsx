import type { ReactNode } from 'react';

/** A titled part of the inspector with an optional action at the right of its title. */
export function InspectorSection(props: {
  readonly title: string;
  readonly action?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <section className="inspector__section" aria-label={props.title}>
      <div className="inspector__heading">
        <h2>{props.title}</h2>
        {props.action}
      </div>
      {props.children}
    </section>
  );
}
