/**
 * Ends an exhaustive switch: a new member of the union breaks the build here instead of falling through at run time.
 * @throws Error when a value outside the union arrives anyway (for example from a newer peer).
 */
export function assertNever(value: never, what = 'value'): never {
  throw new Error(`Unexpected ${what}: ${JSON.stringify(value)}`);
}
