/**
 * Runs work that a person asks for, one piece at a time: what is asked for meanwhile is dropped, because a second press
 * may come before the window has drawn that the first one works.
 * @param show told when work begins and when it has ended
 * @param report told what went wrong; the result itself never rejects
 */
export function oneAtATime(
  show: (busy: boolean) => void,
  report: (error: unknown) => void,
): (work: () => Promise<unknown>) => Promise<void> {
  let busy = false;
  return async (work) => {
    if (busy) return;
    busy = true;
    show(true);
    try {
      await work();
    } catch (error) {
      report(error);
    } finally {
      busy = false;
      show(false);
    }
  };
}
