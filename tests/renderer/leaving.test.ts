import { describe, expect, it } from 'vitest';
import { createLeaving } from '../../renderer/data/leaving.ts';

describe('going elsewhere', () => {
  it('goes at once while nothing holds work', () => {
    const leaving = createLeaving();
    let gone = 0;
    expect(leaving.ask(() => (gone += 1))).toBe(true);
    expect(gone).toBe(1);
    expect(leaving.unsaved()).toBe(false);
  });

  it('leaves the decision to the last holder, and forgets one that let go', () => {
    const leaving = createLeaving();
    const asked: string[] = [];
    const holder = (name: string, unsaved: boolean) => ({
      unsaved: () => unsaved,
      leave: (go: () => void) => {
        asked.push(name);
        if (!unsaved) go();
      },
    });
    const first = leaving.hold(holder('saved', false));
    const second = leaving.hold(holder('unsaved', true));
    let gone = 0;
    const go = (): number => (gone += 1);
    expect(leaving.ask(go)).toBe(false);
    expect([asked, gone, leaving.unsaved()]).toEqual([['unsaved'], 0, true]);
    second();
    second();
    leaving.ask(go);
    expect([asked, gone, leaving.unsaved()]).toEqual([['unsaved', 'saved'], 1, false]);
    first();
    expect(leaving.ask(go)).toBe(true);
    expect(gone).toBe(2);
  });
});
