/** Scripts written without spaces between words: every character is indexed as a word, a word is found as a phrase. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const eachUnspaced = new RegExp(unspaced.source, 'gu');
/** Accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic. Vowel signs of other scripts are letters. */
const accents = /[\u0300-\u036F\u0591-\u05C7\u0610-\u061A\u064B-\u065F\u0670]/gu;
const letterThenDigit = /(\p{L})(?=\p{N})|(\p{N})(?=\p{L})/gu;

/**
 * The form in which text is compared: compatibility forms as one, letters folded (ß is ss, ς is σ), accents dropped.
 * Private-use characters go, since marks (marks.ts) are made of them.
 */
export function fold(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll(/[\p{Co}\0]/gu, ' ')
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .normalize('NFD')
    .replaceAll(accents, '')
    .normalize('NFC');
}

/**
 * Folded text as the index takes it: a space around each character of an unspaced script, and between letters and
 * digits, so that "1234" finds DSC1234.
 */
export function indexed(text: string): string {
  return fold(text).replaceAll(eachUnspaced, ' $& ').replaceAll(letterThenDigit, '$& ');
}

/** The words of a text as the index's tokeniser will split it. */
export function wordsOf(text: string): string[] {
  return indexed(text).match(/[\p{L}\p{N}\p{Mn}\p{Mc}]+/gu) ?? [];
}

/**
 * An expression that finds a text: its words in a row. The last one may go on, unless it is a character of an unspaced
 * script, which is a whole word. Undefined when the text holds no word at all, and for a single letter that may go on:
 * it begins a word of nearly every photo, so it narrows nothing and costs most (10 ms at 100,000 photos, growing with
 * them). In quotes it is a word like any other.
 * @param exact the last word must end where the text does
 */
export function phrase(text: string, exact = false): string | undefined {
  const words = wordsOf(text);
  const last = words.at(-1);
  if (last === undefined) return undefined;
  const open = !exact && !unspaced.test(last);
  if (open && words.length === 1 && [...last].length === 1) return undefined;
  return `"${words.join(' ')}"${open ? ' *' : ''}`;
}

/** True when every word of `wanted` begins some word of `text`. */
export function mentions(text: string, wanted: string): boolean {
  const words = wordsOf(text);
  return wordsOf(wanted).every((word) => words.some((one) => one.startsWith(word)));
}
