/**
 * Work that goes round: one round at a time, and when it is asked for while one runs, one more after it, for what that one
 * may have passed already.
 * @param round one round; it deals with its own errors
 * @param isOver true once no round may begin any more
 * @returns asks for a round; resolves when no round is left to run
 */
export function createRounds(round: () => Promise<void>, isOver: () => boolean = () => false): () => Promise<void> {
  let running: Promise<void> | undefined;
  let again = false;
  const goRound = async (): Promise<void> => {
    while (again && !isOver()) {
      again = false;
      await round();
    }
    running = undefined;
  };
  return () => {
    again = true;
    running ??= goRound();
    return running;
  };
}
