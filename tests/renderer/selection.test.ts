import { fc } from '../helpers/properties.ts';
import { describe, expect, it } from 'vitest';
import type { PhotoID } from '../../shared/ids.ts';
import { moveByKey } from '../../renderer/features/library/gridKeys.ts';
import { layoutTimeline } from '../../renderer/features/library/justifiedLayout.ts';
import {
  emptySelection,
  extendTo,
  inListOrder,
  keepListed,
  selectOnly,
  toggle,
} from '../../renderer/data/selection.ts';
import type { Selection, SelectionOrder } from '../../renderer/data/selection.ts';

function order(names: readonly string[]): SelectionOrder {
  const ids = names as readonly PhotoID[];
  return { ids, count: ids.length, indexOf: (id) => ids.indexOf(id) };
}

const list = order(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
const ids = (selection: Selection): string[] => inListOrder(selection, list);
const press = (key: string, modifiers: { shiftKey?: boolean; ctrlKey?: boolean } = {}) => ({
  key,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  ...modifiers,
});
const layout = layoutTimeline({
  count: 8,
  ratios: new Int32Array(8).fill(1_000),
  days: new Int32Array(8),
  width: 412,
  rowHeight: 100,
  gap: 4,
  grouping: 'none',
  headerHeight: 0,
});

describe('selecting photos', () => {
  it('Shift selects from the anchor to the photo, whichever comes first', () => {
    expect(ids(extendTo(selectOnly('f' as PhotoID), list, 'c' as PhotoID, false))).toEqual(['c', 'd', 'e', 'f']);
    const again = extendTo(
      extendTo(selectOnly('c' as PhotoID), list, 'f' as PhotoID, false),
      list,
      'a' as PhotoID,
      false,
    );
    expect(ids(again)).toEqual(['a', 'b', 'c']);
  });

  it('Ctrl adds and takes out, and the last one is the next anchor', () => {
    let selection = toggle(selectOnly('a' as PhotoID), 'c' as PhotoID);
    selection = toggle(selection, 'a' as PhotoID);
    expect(ids(selection)).toEqual(['c']);
    expect(selection.anchor).toBe('a');
  });

  it('an update keeps what is still listed and drops what is gone', () => {
    const before = extendTo(selectOnly('b' as PhotoID), list, 'e' as PhotoID, false);
    const after = keepListed(before, order(['x', 'a', 'c', 'e', 'y']));
    expect([...after.ids]).toEqual(['c', 'e']);
    expect(after.anchor).toBeNull();
    expect(after.focus).toBe('e');
    expect(keepListed(before, list)).toBe(before);
  });

  it.each([
    ['one is gone: the next one waits for the keyboard', 'd', 'd', ['a', 'b', 'c', 'e', 'f', 'g', 'h'], 'e'],
    ['several are gone: the first that stayed behind them', 'd', 'f', ['a', 'b', 'c', 'g', 'h'], 'g'],
    ['the last is gone: the one before', 'h', 'h', ['a', 'b', 'c', 'd', 'e', 'f', 'g'], 'g'],
    ['another list is shown: none', 'd', 'd', ['x', 'y'], null],
  ] as const)('%s', (_what, from, to, left, focus) => {
    const before = extendTo(selectOnly(from as PhotoID), list, to as PhotoID, false);
    const now = order(left);
    const after = keepListed(before, now, list);
    expect(after).toEqual({ ids: new Set(), anchor: focus, focus, ...(focus === null ? {} : { waits: true }) });
    if (focus === null) return;
    // Not selected: a key pressed in that moment acts on nothing that nobody chose.
    expect([...(moveByKey(after, now, layout, press('ArrowRight'), 4)?.ids ?? [])]).toEqual([focus]);
  });

  it('where nothing has gone the arrow moves on, after a photo was taken out and after Escape', () => {
    const emptied = toggle(selectOnly('c' as PhotoID), 'c' as PhotoID);
    expect([...(moveByKey(emptied, list, layout, press('ArrowRight'), 4)?.ids ?? [])]).toEqual(['d']);
    const left = moveByKey(selectOnly('c' as PhotoID), list, layout, press('Escape'), 4) ?? emptySelection;
    const reread = keepListed(left, order([...list.ids, 'new']), list);
    expect(reread).toBe(left);
    expect([...(moveByKey(reread, list, layout, press('ArrowRight'), 4)?.ids ?? [])]).toEqual(['d']);
  });

  it('what the list before did not have is not looked for', () => {
    expect(keepListed(selectOnly('q' as PhotoID), list, list).focus).toBeNull();
  });

  it('arrows move by photo and by line, Shift extends, Ctrl moves the focus alone', () => {
    const start = moveByKey(emptySelection, list, layout, press('ArrowRight'), 4);
    expect(start?.focus).toBe('a');
    const down = moveByKey(selectOnly('a' as PhotoID), list, layout, press('ArrowDown'), 4);
    expect(down?.focus).toBe('e');
    const range = moveByKey(selectOnly('b' as PhotoID), list, layout, press('End', { shiftKey: true }), 4);
    expect(range?.ids.size).toBe(7);
    const moved = moveByKey(selectOnly('b' as PhotoID), list, layout, press('ArrowRight', { ctrlKey: true }), 4);
    expect([...(moved?.ids ?? [])]).toEqual(['b']);
    expect(moved?.focus).toBe('c');
    expect(moveByKey(emptySelection, list, layout, press('x'), 4)).toBeNull();
    expect(moveByKey(emptySelection, order([]), layout, press('Home'), 4)).toBeNull();
  });

  it('no sequence of keys leaves the list or an empty range', () => {
    const keys = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End', 'PageUp', 'PageDown'];
    fc.assert(
      fc.property(
        fc.array(fc.record({ key: fc.constantFrom(...keys), shiftKey: fc.boolean() }), { maxLength: 40 }),
        (presses) => {
          let selection = emptySelection;
          for (const { key, shiftKey } of presses) {
            selection = moveByKey(selection, list, layout, press(key, { shiftKey }), 4) ?? selection;
            expect(selection.focus === null ? -1 : list.indexOf(selection.focus)).toBeGreaterThanOrEqual(0);
            expect(selection.ids.size).toBeGreaterThan(0);
          }
        },
      ),
    );
  });
});
