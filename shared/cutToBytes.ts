/**
 * The beginning of a text that takes at most so many bytes in UTF-8, which is how file systems count. No character is cut
 * in two.
 */
export function cutToBytes(text: string, most: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += bytesOf(character.codePointAt(0) ?? 0);
    if (bytes > most) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** RFC 3629, section 3; half a surrogate pair is written as U+FFFD. */
function bytesOf(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
