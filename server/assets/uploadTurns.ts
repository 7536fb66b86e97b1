import { takenOver } from './assetStorage.ts';

/** One request's hold on an upload, until a newer request takes it over. */
export interface UploadTurn {
  /**
   * Does something to the file, when whatever is being done to it has ended. @throws AppError conflict when a newer request has
   * come
   */
  work<T>(work: () => Promise<T>): Promise<T>;
  end(): void;
}

/**
 * Who may touch the file of an upload in this process: the newest request for it, and one thing at a time. A request that
 * hangs and wakes again must not touch what became of it.
 */
export interface UploadTurns {
  /** From now on what older requests begin to do is refused; what they are in the middle of ends first. */
  take(uploadID: string): UploadTurn;
  /** Nobody has the upload. @throws AppError conflict when somebody has, or takes it while this waits */
  workUnheld<T>(uploadID: string, work: () => Promise<T>): Promise<T>;
  forget(uploadID: string): void;
}

export function createUploadTurns(): UploadTurns {
  const newest = new Map<string, symbol>();
  const working = new Map<string, Promise<unknown>>();

  const workAlone = async <T>(uploadID: string, mayWork: () => boolean, work: () => Promise<T>): Promise<T> => {
    for (let before = working.get(uploadID); before !== undefined; before = working.get(uploadID))
      await before.catch(() => undefined);
    // Nothing comes in between this and the next line but one.
    if (!mayWork()) throw takenOver();
    const done = work();
    working.set(uploadID, done);
    try {
      return await done;
    } finally {
      if (working.get(uploadID) === done) working.delete(uploadID);
    }
  };

  return {
    take: (uploadID) => {
      const me = Symbol(uploadID);
      const isNewest = () => newest.get(uploadID) === me;
      newest.set(uploadID, me);
      return {
        work: (work) => workAlone(uploadID, isNewest, work),
        end: () => {
          if (isNewest()) newest.delete(uploadID);
        },
      };
    },
    workUnheld: (uploadID, work) => workAlone(uploadID, () => !newest.has(uploadID), work),
    forget: (uploadID) => {
      newest.delete(uploadID);
    },
  };
}
