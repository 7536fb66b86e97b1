/** Something open that holds work nobody has saved yet. */
export type WorkHolder = {
  readonly unsaved: () => boolean;
  /** Closes, asking first while there is unsaved work, and goes on with `go` unless the person stays. */
  readonly leave: (go: () => void) => void;
};

/** Ways out of what is shown that do not pass through it: an address, the browser's back, closing the window. */
export type Leaving = {
  /** Goes at once when nothing holds work; otherwise the holder decides when. @returns whether it went at once */
  readonly ask: (go: () => void) => boolean;
  readonly unsaved: () => boolean;
  /** Takes part in the decision until the returned function is called. The last one that came is asked. */
  readonly hold: (holder: WorkHolder) => () => void;
};

/** Keeps work from being lost by going elsewhere. */
export function createLeaving(): Leaving {
  const holders: WorkHolder[] = [];
  return {
    ask: (go) => {
      const holder = holders.at(-1);
      if (holder === undefined) {
        go();
        return true;
      }
      holder.leave(go);
      return false;
    },
    unsaved: () => holders.some((holder) => holder.unsaved()),
    hold: (holder) => {
      holders.push(holder);
      return () => {
        const at = holders.indexOf(holder);
        if (at >= 0) holders.splice(at, 1);
      };
    },
  };
}
