import { describe, expect, it } from 'vitest';
import { placeAfterMove } from '../../renderer/features/albums/moveInAlbum.ts';
import type { PhotoID } from '../../shared/ids.ts';

const ids = [...'abcdef'] as PhotoID[];

/** The order after the photos were put before the place that the move names. */
function moved(which: string, direction: 'earlier' | 'later'): string {
  const set = new Set([...which] as PhotoID[]);
  const before = placeAfterMove(ids, set, direction);
  if (before === undefined) return ids.join('');
  const rest = ids.filter((id) => !set.has(id));
  const at = before === null ? rest.length : rest.indexOf(before);
  return [...rest.slice(0, at), ...ids.filter((id) => set.has(id)), ...rest.slice(at)].join('');
}

describe('moving photos in an album by key', () => {
  it('one photo goes one place on, and stays at the ends', () => {
    expect(moved('c', 'earlier')).toBe('acbdef');
    expect(moved('c', 'later')).toBe('abdcef');
    expect(moved('a', 'earlier')).toBe('abcdef');
    expect(moved('f', 'later')).toBe('abcdef');
    expect(moved('e', 'later')).toBe('abcdfe');
  });

  it('several go together and keep their order', () => {
    expect(moved('cd', 'earlier')).toBe('acdbef');
    expect(moved('cd', 'later')).toBe('abecdf');
    expect(moved('ab', 'earlier')).toBe('abcdef');
    expect(moved('ef', 'later')).toBe('abcdef');
  });

  it('scattered ones come together, at an end as well', () => {
    expect(moved('bd', 'earlier')).toBe('bdacef');
    expect(moved('bd', 'later')).toBe('acebdf');
    expect(moved('ad', 'earlier')).toBe('adbcef');
    expect(moved('cf', 'later')).toBe('abdecf');
  });

  it('photos that are not in the list move nothing', () => {
    expect(moved('z', 'later')).toBe('abcdef');
  });
});
