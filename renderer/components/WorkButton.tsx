import type { ReactNode } from 'react';
import { useState } from 'react';
import { useCore } from '../data/useCore.ts';
import { Button } from './buttons.tsx';
import { oneAtATime } from './oneAtATime.ts';

type WorkButtonProps = {
  readonly children: ReactNode;
  /** What it does; while that lasts it cannot be pressed, and what goes wrong is said in words. */
  readonly work: () => Promise<unknown>;
};

/** A button for what takes a moment and may fail. */
export function WorkButton({ children, work }: WorkButtonProps) {
  const { report } = useCore();
  const [busy, setBusy] = useState(false);
  const [run] = useState(() => oneAtATime(setBusy, report));
  return (
    <Button pending={busy} onPress={() => void run(work)}>
      {children}
    </Button>
  );
}
