/** A part of a body, both ends included, as in RFC 9110 section 14. */
export type ByteRange = { readonly start: number; readonly end: number };

/**
 * Reads a Range header with one byte range.
 * @param header as sent; undefined when there was none
 * @param size bytes in the whole body
 * @returns `whole` when there is no range or one we do not understand (a server may then ignore it), `unsatisfiable` when
 * it lies outside the body
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/u.exec(header ?? '');
  if (match === null) return 'whole';
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return 'whole';
  if (from === '') {
    const length = Number(to);
    if (length === 0 || size === 0) return 'unsatisfiable';
    return { start: Math.max(0, size - length), end: size - 1 };
  }
  const start = Number(from);
  const end = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (start >= size) return 'unsatisfiable';
  return end < start ? 'whole' : { start, end };
}
