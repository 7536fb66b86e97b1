/**
 * Waits, for a minute at most, for something that other threads bring about.
 * @param look what is there; undefined or false while it is not
 * @param what it is, for the error
 */
export async function until<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
): Promise<T> {
  const end = Date.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`Waited in vain for: ${what}`);
    await new Promise((done) => setTimeout(done, 15));
  }
}
