import { expect, test } from 'vitest';
import { createTokens, randomText } from '../../server/cloud/tokens.ts';

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

test('a token that was changed anywhere is not accepted', () => {
  const tokens = createTokens(key(1));
  const token = tokens.seal('zone', ['a', 1]);
  for (let at = 0; at < token.length - 1; at += 1) {
    const other = token[at] === 'A' ? 'B' : 'A';
    expect(tokens.open('zone', token.slice(0, at) + other + token.slice(at + 1))).toBeUndefined();
  }
  expect(tokens.open('zone', `${token}AAAA`)).toBeUndefined();
  expect(tokens.open('zone', '')).toBeUndefined();
});

test('no random text begins with a hyphen, which a command line would take for an option', () => {
  const drawn = [0xf8, 0xfb, 0x10].map((first) => Uint8Array.of(first, 1, 2));
  expect(randomText(() => drawn.shift() ?? Uint8Array.of(0), 3)).toBe('EAEC');
  expect(drawn).toEqual([]);
});
