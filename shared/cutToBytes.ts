/**
 * The beginning of a text that takes at most so many bytes in UTF-8, which is how file systems and the wire count. No
 * character is cut in two.
 */
export function cutToBytes(text: string, most: number): string {
  const encoder = new TextEncoder();
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += encoder.encode(character).length;
    if (bytes > most) break;
    end += character.length;
  }
  return text.slice(0, end);
}
