/** A command line that cannot be understood; ends with exit code 2 and the command's usage. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
