/** Browsers stop at about 16.7 million px (33.5 million in some); taller lists are scrolled on a shorter scale. */
export const tallestElement = 15_000_000;

export type ScaledScroll = {
  /** Height of the element that is really scrolled, px. */
  readonly elementHeight: number;
  /** What a scroll event means: where in the list the window is now, px. */
  readonly scrolled: (scrollTop: number) => number;
  /** Puts the list at a place and answers the scrollTop to set. */
  readonly moveTo: (listTop: number) => number;
  /** The scrollTop that belongs to where the list is now; set it when scrolling has come to rest. */
  readonly settled: () => number;
};

/**
 * Maps a scroll bar to a list that is taller than an element may be. Small steps (wheel, keys, touch) move the list one
 * to one, large ones (the bar's thumb) in proportion; at rest `settled` brings the bar back to the true place.
 * @param listHeight height of the whole list, px
 * @param windowHeight height of what can be seen, px
 * @param start where the list is, px
 */
export function createScaledScroll(
  listHeight: number,
  windowHeight: number,
  start: number,
  limit: number = tallestElement,
): ScaledScroll {
  const elementHeight = Math.min(listHeight, limit);
  const listRange = Math.max(0, listHeight - windowHeight);
  const elementRange = Math.max(0, elementHeight - windowHeight);
  const scale = elementRange === 0 ? 1 : listRange / elementRange;
  const clamp = (value: number): number => Math.min(listRange, Math.max(0, value));
  let listTop = clamp(start);
  let last = listTop / scale;
  return {
    elementHeight,
    scrolled: (scrollTop) => {
      const step = scrollTop - last;
      last = scrollTop;
      if (scale === 1) listTop = clamp(scrollTop);
      else if (scrollTop <= 0) listTop = 0;
      else if (scrollTop >= elementRange) listTop = listRange;
      else if (Math.abs(step) <= windowHeight * 2) listTop = clamp(listTop + step);
      else listTop = clamp(scrollTop * scale);
      return listTop;
    },
    moveTo: (to) => {
      listTop = clamp(to);
      last = listTop / scale;
      return last;
    },
    settled: () => {
      last = listTop / scale;
      return last;
    },
  };
}
