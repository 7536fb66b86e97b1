/**
 * The key under which two spellings of a tag's name are the same tag: NFC, trimmed, inner white space single, letters
 * folded. Folding goes down and then up, which joins what either way alone leaves apart (ß and SS, ς and Σ), and does
 * not depend on the person's language. Two devices must compute the same key: it decides which tags merge.
 */
export function tagNameKey(name: string): string {
  return name.normalize('NFC').trim().replace(/\s+/gu, ' ').toLowerCase().toUpperCase().normalize('NFC');
}
