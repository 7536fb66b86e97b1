import { civilDate } from './civilDate.ts';

export type Grouping = 'day' | 'month' | 'year' | 'none';

export type LayoutInput = {
  readonly count: number;
  /** Display width over height times 1,000; may be longer than count. */
  readonly ratios: Int32Array;
  /** Local days since 1970; may be longer than count. */
  readonly days: Int32Array;
  /** Space for photos, px. */
  readonly width: number;
  /** Height a row tends to, px. */
  readonly rowHeight: number;
  readonly gap: number;
  readonly grouping: Grouping;
  /** Height of a section's header, px; 0 where there are none. */
  readonly headerHeight: number;
};

/**
 * Where everything is, px from the top left of the whole list. Columns side by side: `row*` by row, `section*` by
 * section, `left` and `widths` by photo. `rowFirst` and `sectionFirst` have one more entry than there are rows and
 * sections, so that the end of each is the start of the next.
 */
export type TimelineLayout = {
  readonly count: number;
  readonly rows: number;
  readonly rowFirst: Int32Array;
  readonly rowTop: Float64Array;
  readonly rowHeight: Float32Array;
  readonly left: Float32Array;
  readonly widths: Float32Array;
  readonly sections: number;
  readonly sectionFirst: Int32Array;
  readonly sectionTop: Float64Array;
  readonly sectionLeft: Float32Array;
  readonly sectionWidth: Float32Array;
  readonly sectionDay: Int32Array;
  readonly headerHeight: number;
  readonly height: number;
};

/** Narrowest and widest shapes that are shown as they are; a panorama beyond is cropped on its tile. */
const narrowest = 0.4;
const widest = 3.2;
/** A short section still needs room for its date. */
const narrowestSection = 148;
/** Space between sections that share a line, and below every section. */
const besideSections = 20;
const belowSections = 12;
/** Space over a list without headers. */
const aboveList = 12;
/** A last row that nearly fills the width is stretched to fill it; anything shorter keeps its height. */
const stretchLimit = 1.12;

/**
 * Justified rows in sections. Each row fills the width at a height near `rowHeight`; a section's last row does not.
 * Short days share a line with the days after them, so that sparse years do not become a page of white.
 */
export function layoutTimeline(input: LayoutInput): TimelineLayout {
  const { count, ratios, days, gap, headerHeight } = input;
  const width = Math.max(1, input.width);
  const target = Math.min(input.rowHeight, width);
  const undated = count === 0 || (days[0] === 0 && days[count - 1] === 0);
  const grouping = undated ? 'none' : input.grouping;
  const header = grouping === 'none' ? 0 : headerHeight;

  const rowFirst = new Int32Array(count + 1);
  const rowTop = new Float64Array(count);
  const rowHeight = new Float32Array(count);
  const left = new Float32Array(count);
  const widths = new Float32Array(count);
  const sectionFirst = new Int32Array(count + 1);
  const sectionTop = new Float64Array(count);
  const sectionLeft = new Float32Array(count);
  const sectionWidth = new Float32Array(count);
  const sectionDay = new Int32Array(count);
  let rows = 0;
  let sections = 0;
  let top = header === 0 ? aboveList : 0;
  /** Right edge of the last section on the open line, or -1 when the line is full. */
  let lineRight = -1;

  const shape = (index: number): number => Math.min(widest, Math.max(narrowest, (ratios[index] ?? 1_000) / 1_000));

  function placeRow(from: number, to: number, x: number, height: number): void {
    rowFirst[rows] = from;
    rowTop[rows] = top;
    rowHeight[rows] = height;
    rows += 1;
    let at = x;
    for (let index = from; index < to; index += 1) {
      const tile = Math.min(shape(index) * height, width);
      left[index] = at;
      widths[index] = tile;
      at += tile + gap;
    }
  }

  function placeRows(from: number, to: number): void {
    let start = from;
    let sum = 0;
    for (let index = from; index < to; index += 1) {
      const before = sum;
      sum += shape(index);
      const gaps = (index - start) * gap;
      if (sum * target + gaps < width) continue;
      const withIt = (width - gaps) / sum;
      const withoutIt = index > start ? (width - gaps + gap) / before : Number.POSITIVE_INFINITY;
      const keep = target / withIt <= withoutIt / target;
      const height = keep ? withIt : withoutIt;
      const end = keep ? index + 1 : index;
      placeRow(start, end, 0, height);
      top += height + gap;
      start = end;
      sum = keep ? 0 : shape(index);
      // The one left over may already be wider than a row.
      if (!keep && sum * target >= width) {
        const own = width / sum;
        placeRow(start, index + 1, 0, own);
        top += own + gap;
        start = index + 1;
        sum = 0;
      }
    }
    if (start < to) {
      const filling = (width - (to - start - 1) * gap) / sum;
      const height = filling <= target * stretchLimit ? filling : target;
      placeRow(start, to, 0, height);
      top += height + gap;
    }
  }

  for (let from = 0; from < count;) {
    const to = sectionEnd(days, from, count, grouping);
    let natural = -gap;
    for (let index = from; index < to && natural <= width; index += 1) natural += shape(index) * target + gap;
    const oneRow = natural <= width / stretchLimit && grouping === 'day';
    const needed = Math.max(natural, narrowestSection);
    const shares = oneRow && lineRight >= 0 && lineRight + besideSections + needed <= width;
    const x = shares ? lineRight + besideSections : 0;
    if (shares) {
      top = (sectionTop[sections - 1] ?? 0) + header;
    } else {
      if (sections > 0) top += belowSections;
      top += header;
    }
    sectionFirst[sections] = from;
    sectionTop[sections] = top - header;
    sectionLeft[sections] = x;
    sectionDay[sections] = days[from] ?? 0;
    sectionWidth[sections] = oneRow ? needed : width;
    sections += 1;
    if (oneRow) {
      placeRow(from, to, x, target);
      top += target + gap;
      lineRight = x + needed;
    } else {
      placeRows(from, to);
      lineRight = -1;
    }
    from = to;
  }
  rowFirst[rows] = count;
  sectionFirst[sections] = count;
  return {
    count,
    rows,
    rowFirst: rowFirst.subarray(0, rows + 1),
    rowTop: rowTop.subarray(0, rows),
    rowHeight: rowHeight.subarray(0, rows),
    left,
    widths,
    sections,
    sectionFirst: sectionFirst.subarray(0, sections + 1),
    sectionTop: sectionTop.subarray(0, sections),
    sectionLeft: sectionLeft.subarray(0, sections),
    sectionWidth: sectionWidth.subarray(0, sections),
    sectionDay: sectionDay.subarray(0, sections),
    headerHeight: header,
    height: count === 0 ? 0 : top,
  };
}

function sectionEnd(days: Int32Array, from: number, count: number, grouping: Grouping): number {
  if (grouping === 'none') return count;
  const first = days[from] ?? 0;
  let index = from + 1;
  if (grouping === 'day') {
    while (index < count && days[index] === first) index += 1;
    return index;
  }
  const start = civilDate(first);
  let known = first;
  for (; index < count; index += 1) {
    const day = days[index] ?? 0;
    if (day === known) continue;
    const date = civilDate(day);
    if (date.year !== start.year || (grouping === 'month' && date.month !== start.month)) break;
    known = day;
  }
  return index;
}

/** The last entry of an ascending column that is not above the value; -1 when all are. */
export function lastAtMost(column: Float64Array | Int32Array, length: number, value: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((column[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The row a photo is in. */
export function rowOf(layout: TimelineLayout, index: number): number {
  return lastAtMost(layout.rowFirst, layout.rows, index);
}

/** Rows that touch a stretch of the list, as [first, end). Heights differ, so one row of slack is added above. */
export function rowsBetween(layout: TimelineLayout, top: number, bottom: number): readonly [number, number] {
  let first = Math.max(0, lastAtMost(layout.rowTop, layout.rows, top));
  // Sections on one line share their top: start with the first of them.
  while (first > 0 && layout.rowTop[first - 1] === layout.rowTop[first]) first -= 1;
  const end = lastAtMost(layout.rowTop, layout.rows, bottom) + 1;
  return [first, Math.max(first, end)];
}

/** The photo above (-1) or below (1) another: the one on the next line whose middle is nearest. The same at an edge. */
export function verticalNeighbour(layout: TimelineLayout, index: number, direction: -1 | 1): number {
  const from = rowOf(layout, index);
  const top = layout.rowTop[from];
  let row = from;
  while (row >= 0 && row < layout.rows && layout.rowTop[row] === top) row += direction;
  if (row < 0 || row >= layout.rows) return direction < 0 ? 0 : layout.count - 1;
  const line = layout.rowTop[row];
  const middle = (layout.left[index] ?? 0) + (layout.widths[index] ?? 0) / 2;
  let best = index;
  let distance = Number.POSITIVE_INFINITY;
  for (; row >= 0 && row < layout.rows && layout.rowTop[row] === line; row += direction) {
    for (let at = layout.rowFirst[row] ?? 0; at < (layout.rowFirst[row + 1] ?? 0); at += 1) {
      const off = Math.abs((layout.left[at] ?? 0) + (layout.widths[at] ?? 0) / 2 - middle);
      if (off < distance) {
        distance = off;
        best = at;
      }
    }
  }
  return best;
}

/** All photos whose boxes touch a rectangle, in list order. */
export function photosInside(
  layout: TimelineLayout,
  box: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number },
): number[] {
  const found: number[] = [];
  const [first, end] = rowsBetween(layout, box.top, box.bottom);
  for (let row = first; row < end; row += 1) {
    const top = layout.rowTop[row] ?? 0;
    if (top + (layout.rowHeight[row] ?? 0) < box.top) continue;
    for (let index = layout.rowFirst[row] ?? 0; index < (layout.rowFirst[row + 1] ?? 0); index += 1) {
      const left = layout.left[index] ?? 0;
      if (left <= box.right && left + (layout.widths[index] ?? 0) >= box.left) found.push(index);
    }
  }
  return found;
}
