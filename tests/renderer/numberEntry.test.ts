import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { numberEntry } from '../../renderer/components/numberEntry.ts';
import type { Core } from '../../renderer/data/core.ts';
import { createTranslate } from '../../renderer/data/messages.ts';
import { CoreContext } from '../../renderer/data/useCore.ts';
import { StoragePage } from '../../renderer/features/settings/pages.tsx';
import { defaultSettings, type Settings } from '../../shared/model/app.ts';

/** A box for a number from 1 to 10 000 in which 50 is set, used as the window would. */
function createBox() {
  let typed: string | null = null;
  let value = 50;
  const set: number[] = [];
  const box = () =>
    numberEntry({
      typed,
      value,
      min: 1,
      max: 10_000,
      onType: (next) => (typed = next),
      onChange: (next) => {
        value = next;
        set.push(next);
      },
    });
  return {
    set,
    shown: () => box().value,
    type: (...texts: readonly string[]) => texts.forEach((text) => box().onChange({ target: { value: text } })),
    press: (key: string) => box().onKeyDown({ key }),
    leave: () => box().onBlur(),
  };
}

describe('a number typed into a box', () => {
  it('is set when the box is left, and none of the numbers it begins with', () => {
    const box = createBox();
    box.type('', '6', '60', '600');
    expect([box.shown(), box.set]).toEqual(['600', []]);
    box.leave();
    expect([box.shown(), box.set]).toEqual(['600', [600]]);
  });

  it('is set by Return, once', () => {
    const box = createBox();
    box.type('7');
    box.press('0');
    expect(box.set).toEqual([]);
    box.press('Enter');
    expect(box.set).toEqual([7]);
    box.leave();
    expect(box.set).toEqual([7]);
  });

  it('may be emptied while typing', () => {
    const box = createBox();
    box.type('');
    expect([box.shown(), box.set]).toEqual(['', []]);
  });

  it.each(['', ' ', '0', '-3', '10001', '2.5', '1e9', 'many'])('gives way to what was set when it is %j', (text) => {
    const box = createBox();
    box.type(text);
    box.leave();
    expect([box.shown(), box.set]).toEqual(['50', []]);
  });

  it('is not set again when it is the same, nor when the box is only passed through', () => {
    const box = createBox();
    box.leave();
    box.type('5', '50');
    box.leave();
    expect(box.set).toEqual([]);
  });
});

describe('the page about storage', () => {
  const page = (settings: Partial<Settings>): string => {
    const core: Pick<Core, 't' | 'settings'> = {
      t: createTranslate(['en']),
      settings: createStore<Settings>(() => ({ ...defaultSettings, ...settings })),
    };
    return renderToStaticMarkup(createElement(CoreContext, { value: core as Core }, createElement(StoragePage)));
  };

  it('asks how much room originals may take only where they are fetched on demand', () => {
    expect(page({ originals: 'everywhere' })).not.toContain('type="number"');
    expect(page({ originals: 'onDemand', cacheLimitGB: 600 })).toMatch(/type="number"[^>]* value="600"/u);
  });
});
