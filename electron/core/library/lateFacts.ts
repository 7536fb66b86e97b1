import { isAppError } from '../../../shared/errors.ts';
import type { FactsPass } from './factsPass.ts';
import { createQuietRunner } from './quietRunner.ts';
import { isOfOneFile } from './session.ts';
import type { SessionRows } from './sessionRows.ts';

/** Reads the facts that no session will read any more: a photo's disk was away just then, or its import was cancelled. */
export interface LateFacts {
  /** A folder has just been seen: the facts of the photos whose original lies in it are read now, behind this call. */
  read(folderID: string): void;
  /** Resolves when nothing is being read. */
  idle(): Promise<void>;
  dispose(): Promise<void>;
}

/** Photos whose facts are asked for at once: an import that runs comes first. */
const inFlight = 2;

export function createLateFacts(deps: {
  readonly sessions: Pick<SessionRows, 'owedFacts'>;
  readonly facts: Pick<FactsPass, 'take'>;
  readonly reportError: (error: unknown) => void;
}): LateFacts {
  const closing = new AbortController();
  const due = new Set<string>();
  /** Photos whose facts cannot be written down, by a fault of ours: tried again at the next start, not at every look. */
  const failed = new Set<string>();
  let reading: Promise<void> = Promise.resolve();
  const runner = createQuietRunner({ work, reportError: deps.reportError });
  return {
    read: (folderID) => {
      due.add(folderID);
      reading = runner.now();
    },
    idle: async () => {
      for (let last; last !== reading;) {
        last = reading;
        await last;
      }
    },
    dispose: async () => {
      closing.abort();
      await runner.dispose();
    },
  };

  async function work(): Promise<void> {
    const folders = [...due];
    due.clear();
    try {
      // Each photo once: one that still cannot be read waits until its folder is seen again.
      const photos = folders
        .flatMap((folderID) => deps.sessions.owedFacts(folderID))
        .filter((photoID) => !failed.has(photoID));
      for (let start = 0; start < photos.length && !closing.signal.aborted; start += inFlight) {
        const some = photos.slice(start, start + inFlight);
        await Promise.all(some.map((photoID) => take(photoID)));
      }
    } catch (error) {
      // On a full disk the next look at the folder tries again.
      if (isAppError(error) && (error.code === 'cancelled' || error.code === 'diskFull')) return;
      throw error;
    }
  }

  /** One photo that cannot be written down keeps no other from being read. */
  async function take(photoID: string): Promise<void> {
    try {
      await deps.facts.take(photoID, closing.signal);
    } catch (error) {
      if (!isOfOneFile(error)) throw error;
      failed.add(photoID);
      deps.reportError(error);
    }
  }
}
