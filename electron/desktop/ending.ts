import type { App, RelaunchOptions } from 'electron';
import { argumentsForAnother } from './desktopLibrary.ts';

export type EndingDeps = {
  readonly app: Pick<App, 'on' | 'quit' | 'relaunch'>;
  /** Lets go of everything that is open. Runs once, when no window is left that could still need it. */
  readonly dispose: () => Promise<void>;
  /** Writes down the library the next start opens. */
  readonly remember: (directory: string) => void;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly execPath: string;
  /** Says why no other library opens; there is no page any more that could. */
  readonly explain: (error: unknown) => void;
  readonly log: (error: unknown) => void;
};

/** How the program ends: it may be asked to, kept by a page with unsaved edits, and started again with another library. */
export interface Ending {
  /** True once the library is being closed: a window opened now would have nothing behind it. */
  readonly begun: () => boolean;
  /** Quits, and starts again with another library if the quit goes through. */
  readonly restartWith: (directory: string) => void;
  /** A page keeps its window: the quit under way is over, and what was to follow it is forgotten. */
  readonly kept: () => void;
}

/**
 * Closes the library in `will-quit`, which Electron emits only after every window has agreed to close. `before-quit`
 * comes before the pages are asked: one that keeps its window would keep it with nothing behind it.
 */
export function createEnding(deps: EndingDeps): Ending {
  const { app } = deps;
  let next: string | undefined;
  let phase: 'running' | 'closing' | 'closed' = 'running';

  function startNext(directory: string): void {
    try {
      deps.remember(directory);
      app.relaunch(relaunchOptions(deps));
    } catch (error) {
      deps.explain(error);
    }
  }

  app.on('will-quit', (event) => {
    if (phase === 'closed') return;
    event.preventDefault();
    if (phase === 'closing') return;
    phase = 'closing';
    if (next !== undefined) startNext(next);
    void deps
      .dispose()
      .catch(deps.log)
      .finally(() => {
        phase = 'closed';
        app.quit();
      });
  });

  return {
    begun: () => phase !== 'running',
    restartWith: (directory) => {
      next = directory;
      // In the next turn, so that the page hears that it worked.
      setImmediate(() => app.quit());
    },
    kept: () => {
      next = undefined;
    },
  };
}

/** An AppImage runs from a mount that goes away with it; the file itself is what can be started again. */
function relaunchOptions({ argv, env, execPath }: EndingDeps): RelaunchOptions {
  return { execPath: env['APPIMAGE'] ?? execPath, args: argumentsForAnother(argv) };
}
