/**
 * Ends a stream as soon as its caller is gone. A producer that waits for the next event would otherwise hold its listeners
 * until that event comes, which for a quiet library is never.
 * @param source the procedure's own stream; it is returned (its `finally` runs) once it next yields, ends, or at once when idle
 * @param signal aborts when the caller cancels or its wire closes
 * @param onError what an error of the stream becomes before it crosses
 */
export function abortable<T>(
  source: AsyncIterator<T>,
  signal: AbortSignal | undefined,
  onError: (error: unknown) => unknown,
): AsyncIteratorObject<T, unknown, void> {
  const ended: IteratorReturnResult<undefined> = { done: true, value: undefined };
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await source.return?.();
  };
  const aborted = new Promise<typeof ended>((resolve) => {
    const stop = (): void => {
      resolve(ended);
      // The caller is gone; a producer that fails while it tidies up has nobody left to tell.
      close().catch(() => undefined);
    };
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
  return {
    async next() {
      if (closed) return ended;
      try {
        const result = await Promise.race([source.next(), aborted]);
        if (result.done === true) closed = true;
        return result;
      } catch (error) {
        closed = true;
        throw onError(error);
      }
    },
    async return() {
      await close();
      return ended;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await close();
    },
  };
}
