import { expect, it } from 'vitest';
import { allHave, limited, neighbour } from '../../renderer/data/actions.ts';
import type { Core } from '../../renderer/data/core.ts';
import { localTime } from '../../renderer/data/describe.ts';
import { createTranslate } from '../../renderer/data/messages.ts';
import { createToasts } from '../../renderer/data/toasts.ts';
import type { PhotoID } from '../../shared/ids.ts';

/** A window that shows a list, in a place, and knows the tiles of some of it. */
function windowWith(ids: readonly string[], place = 'library', tiles: Readonly<Record<string, boolean>> = {}) {
  const toasts = createToasts();
  const core = {
    t: createTranslate(['en']),
    toasts,
    viewerTimeline: () => ({ indexOf: (id: string) => ids.indexOf(id), snapshot: () => ({ ids, count: ids.length }) }),
    navigation: { getState: () => ({ place: { kind: place } }) },
    tiles: { get: (id: string) => (id in tiles ? { favourite: tiles[id], hidden: tiles[id] } : undefined) },
  } as unknown as Core;
  return { core, said: () => toasts.getState().toasts.map(({ text }) => text) };
}
const beside = (left: readonly string[], direction: 1 | -1, was: number) =>
  neighbour(windowWith(left).core, 'b' as PhotoID, direction, was);

it.each([
  ['the next of a listed photo', ['a', 'b', 'c'], 1, 1, 'c'],
  ['the one before a listed photo', ['a', 'b', 'c'], -1, 1, 'a'],
  ['none behind the last', ['a', 'b'], 1, 1, null],
  ['of a photo that left the list, what took its place', ['a', 'c', 'd'], 1, 1, 'c'],
  ['of a photo that left the list, the one before', ['a', 'c', 'd'], -1, 1, 'a'],
  ['none where it was the last that left', ['a'], 1, 1, null],
  ['the last where the list became shorter than that', ['a'], -1, 4, 'a'],
  ['none of a photo that was never listed', ['a', 'c'], -1, -1, null],
  ['none in an empty list', [], -1, 0, null],
] as const)('%s', (_what, left, direction, was, expected) => {
  expect(beside(left, direction, was)).toBe(expected);
});

it('photos never on screen count as the list says: everything among the favourites is one', () => {
  const ids = ['seen', 'far below'] as PhotoID[];
  expect(allHave(windowWith([], 'favourites', { seen: true }).core, ids, 'favourite')).toBe(true);
  expect(allHave(windowWith([], 'hidden', { seen: true }).core, ids, 'hidden')).toBe(true);
  expect(allHave(windowWith([], 'library', { seen: true }).core, ids, 'favourite')).toBe(false);
  expect(allHave(windowWith([], 'favourites', { seen: false }).core, ids, 'favourite')).toBe(false);
});

it('of more photos than one step takes it is said that the rest was left', () => {
  const { core, said } = windowWith([]);
  const ids = Array.from({ length: 100_001 }, (_, index) => String(index)) as PhotoID[];
  expect(limited(core, ids.slice(1))).toHaveLength(100_000);
  expect(said()).toEqual([]);
  expect(limited(core, ids)).toHaveLength(100_000);
  expect(said()).toEqual(['Only 100,000 of 100,001 photos can be changed at once; the others were left as they are']);
});

it('a capture time nobody can write out is none', () => {
  expect(localTime('2020-06-15T10:20:59')?.toISOString()).toBe('2020-06-15T10:20:59.000Z');
  expect(localTime('2020-06-15T10:20:60')).toBeNull();
  expect(localTime('yesterday')).toBeNull();
});
