import { describe, expect, it } from 'vitest';
import { createStore } from 'zustand/vanilla';
import type { Core } from '../../renderer/data/core.ts';
import type { Place } from '../../renderer/data/navigation.ts';
import { createSelection, emptySelection, selectOnly, toggle } from '../../renderer/data/selection.ts';
import { selectAll } from '../../renderer/features/library/selectAll.ts';
import type { PhotoID } from '../../shared/ids.ts';

const photos = ['a', 'b', 'c'] as PhotoID[];
const [a = '' as PhotoID, b = '' as PhotoID] = photos;

/** A window on a list it has read in part; the rest comes when `answer` is called. */
function openList() {
  const asked = Promise.withResolvers<readonly PhotoID[]>();
  const navigation = createStore(() => ({ place: { kind: 'library' } as Place, query: '' }));
  const selection = createSelection();
  const core = {
    navigation,
    selection,
    settings: createStore(() => ({ scope: 'both' })),
    timeline: () => ({ snapshot: () => ({ complete: false, ids: [a] }) }),
    client: { photos: { allIDs: () => asked.promise } },
  } as unknown as Core;
  return { core, navigation, selection, answer: () => asked.resolve(photos) };
}

describe('Select All in a list the window has not read to its end', () => {
  it('selects every photo once they are known', async () => {
    const { core, selection, answer } = openList();
    selection.setState(selectOnly(b));
    const selecting = selectAll(core);
    answer();
    await selecting;
    expect([...selection.getState().ids]).toEqual(photos);
  });

  it.each([
    ['chose one photo', ({ selection }: ReturnType<typeof openList>) => selection.setState(selectOnly(b)), [b]],
    ['added one', ({ selection }: ReturnType<typeof openList>) => selection.setState(toggle(selectOnly(a), b)), [a, b]],
    [
      'went elsewhere',
      ({ navigation }: ReturnType<typeof openList>) => navigation.setState({ place: { kind: 'trash' } }),
      [a],
    ],
  ])('leaves alone somebody who %s meanwhile', async (_what, act, expected) => {
    const list = openList();
    list.selection.setState(selectOnly(a));
    const selecting = selectAll(list.core);
    act(list);
    list.answer();
    await selecting;
    expect([...list.selection.getState().ids]).toEqual(expected);
  });

  it('goes on when a selected photo left the list by itself meanwhile', async () => {
    const { core, selection, answer } = openList();
    selection.setState({ ...toggle(selectOnly(b), a) });
    const { anchor } = selection.getState();
    const selecting = selectAll(core);
    selection.setState({ ...emptySelection, anchor, ids: new Set([a]) });
    answer();
    await selecting;
    expect([...selection.getState().ids]).toEqual(photos);
  });
});
