import { expect, test } from 'vitest';
import { createTokens } from '../../server/cloud/tokens.ts';

const key = (fill: number) => new Uint8Array(32).fill(fill);

test('a token opens to its parts again, whatever text they hold', () => {
  const tokens = createTokens(key(1));
  const parts = ['', 'a&b', '%26', 'Zoë 🙂', '7'];
  const token = tokens.seal('zone', parts);
  expect(tokens.open('zone', token)).toEqual(parts);
  expect(createTokens(key(1)).open('zone', token)).toEqual(parts);
  expect(createTokens(key(1)).seal('zone', parts)).toBe(token);
});

test('a token that was sealed and opened for one purpose is none for another, nor for another key', () => {
  const tokens = createTokens(key(1));
  const token = tokens.seal('zone', ['a', 1]);
  expect(tokens.open('zone', token)).toEqual(['a', '1']);
  expect(tokens.open('database', token)).toBeUndefined();
  expect(createTokens(key(2)).open('zone', token)).toBeUndefined();
  expect(tokens.seal('database', ['a', 1])).not.toBe(token);
});

test('a token that was changed anywhere is not accepted, also where the right one is well known', () => {
  const tokens = createTokens(key(1));
  const token = tokens.seal('zone', ['a', 1]);
  for (let at = 0; at < token.length - 1; at += 1) {
    const other = token[at] === 'A' ? 'B' : 'A';
    expect(tokens.open('zone', token.slice(0, at) + other + token.slice(at + 1))).toBeUndefined();
  }
  expect(tokens.open('zone', `${token}AAAA`)).toBeUndefined();
  expect(tokens.open('zone', '')).toBeUndefined();
});

test('what a caller does to the parts it was given changes nothing for the next', () => {
  const tokens = createTokens(key(1));
  const token = tokens.seal('zone', ['a', 1]);
  tokens.open('zone', token)?.push('more');
  expect(tokens.open('zone', token)).toEqual(['a', '1']);
});

test('tokens given out long ago still open, though only the newest are kept in memory', () => {
  const tokens = createTokens(key(1));
  const all = Array.from({ length: 5_000 }, (_, seq) => tokens.seal('zone', ['a', seq]));
  expect(all.map((token) => tokens.open('zone', token)?.[1])).toEqual(all.map((_, seq) => String(seq)));
  expect(new Set(all).size).toBe(all.length);
});
