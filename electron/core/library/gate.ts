import { AppError } from '../../../shared/errors.ts';

/** Lets work pass, hold, or end: between two files a session asks here whether it may go on. */
export interface Gate {
  /** Resolves when work may go on. @throws AppError cancelled once closed. */
  pass(): Promise<void>;
  hold(): void;
  release(): void;
  /** Ends the work for good; `signal` aborts what is in flight. */
  close(): void;
  readonly held: boolean;
  readonly signal: AbortSignal;
}

export function createGate(): Gate {
  const controller = new AbortController();
  let waiting: (() => void)[] = [];
  let held = false;
  const wake = () => {
    const woken = waiting;
    waiting = [];
    for (const resume of woken) resume();
  };
  return {
    signal: controller.signal,
    get held() {
      return held;
    },
    pass: async () => {
      while (held && !controller.signal.aborted) {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
        });
      }
      if (controller.signal.aborted) throw new AppError('cancelled', 'The import was cancelled.');
    },
    hold: () => {
      held = true;
    },
    release: () => {
      held = false;
      wake();
    },
    close: () => {
      controller.abort();
      wake();
    },
  };
}
