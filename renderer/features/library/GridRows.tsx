import { memo } from 'react';
import type { PhotoID } from '../../../shared/ids.ts';
import { Tile } from './Tile.tsx';
import type { TimelineLayout } from './justifiedLayout.ts';

type RowProps = {
  readonly layout: TimelineLayout;
  readonly ids: readonly PhotoID[];
  readonly row: number;
  /** Subtracted from every top, so that numbers stay small far down the list. */
  readonly base: number;
};

/** One line of photos. */
export const GridRow = memo(function GridRow({ layout, ids, row, base }: RowProps) {
  const first = layout.rowFirst[row] ?? 0;
  const end = layout.rowFirst[row + 1] ?? first;
  const height = layout.rowHeight[row] ?? 0;
  const tiles = [];
  for (let index = first; index < end; index += 1) {
    const id = ids[index];
    if (id === undefined) continue;
    tiles.push(
      <Tile
        key={id}
        id={id}
        index={index}
        column={index - first + 1}
        left={layout.left[index] ?? 0}
        width={layout.widths[index] ?? 0}
        height={height}
      />,
    );
  }
  return (
    <div
      role="row"
      aria-rowindex={row + 1}
      className="grid__row"
      style={{ top: (layout.rowTop[row] ?? 0) - base, height }}
    >
      {tiles}
    </div>
  );
});

type HeaderProps = {
  readonly layout: TimelineLayout;
  readonly section: number;
  readonly base: number;
  readonly title: string;
};

/** The date over a section; its circle selects the whole section. */
export const SectionHeader = memo(function SectionHeader({ layout, section, base, title }: HeaderProps) {
  return (
    <div
      role="presentation"
      className="grid__header"
      data-section={section}
      style={{
        top: (layout.sectionTop[section] ?? 0) - base,
        left: layout.sectionLeft[section] ?? 0,
        width: layout.sectionWidth[section] ?? 0,
        height: layout.headerHeight,
      }}
    >
      <span className="grid__title" aria-hidden>
        {title}
      </span>
      <span className="grid__select-section" data-action="section" aria-hidden />
    </div>
  );
});
