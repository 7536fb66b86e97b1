import { describe, expect, it } from 'vitest';
import { tagNameKey } from '../../shared/tagName.ts';

describe('tag names', () => {
  it.each([
    ['Crete', ' crete '],
    ['Café', 'CAFÉ'],
    ['straße', 'STRASSE'],
    ['Οδός', 'ΟΔΌΣ'],
    ['two  words', 'Two words'],
  ])('%s and %s are one name', (one, other) => {
    expect(tagNameKey(one)).toBe(tagNameKey(other));
  });
  it('names that differ by a letter or an accent stay apart', () => {
    expect(new Set(['Crete', 'Creta', 'Café', 'Cafe'].map(tagNameKey)).size).toBe(4);
  });
});
