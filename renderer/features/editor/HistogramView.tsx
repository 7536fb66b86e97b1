import { useMemo } from 'react';
import { histogramHeights } from '../../../shared/edits/histogram.ts';
import type { Histogram } from '../../../shared/edits/histogram.ts';
import { useCore, useT } from '../../data/useCore.ts';

const height = 64;

function path(counts: Uint32Array): string {
  const points = histogramHeights(counts).map((value, x) => `L${x} ${(height * (1 - value)).toFixed(1)}`);
  return `M0 ${height}${points.join('')}L255 ${height}Z`;
}

/** The three channels over each other, and in words how much is clipped. */
export function HistogramView({ histogram }: { readonly histogram: Histogram | null }) {
  const t = useT();
  const core = useCore();
  const paths = useMemo(
    () =>
      histogram === null
        ? []
        : ([
            ['red', path(histogram.red)],
            ['green', path(histogram.green)],
            ['blue', path(histogram.blue)],
          ] as const),
    [histogram],
  );
  const percent = useMemo(
    () => new Intl.NumberFormat([...core.locales], { style: 'percent', maximumFractionDigits: 1 }),
    [core.locales],
  );
  const words =
    histogram === null
      ? ''
      : t('editor.histogram', {
          high: percent.format(histogram.highlightsClipped),
          low: percent.format(histogram.shadowsClipped),
        });
  return (
    <figure className="histogram">
      <figcaption className="visually-hidden">{words}</figcaption>
      <svg viewBox={`0 0 255 ${height}`} preserveAspectRatio="none" aria-hidden>
        {paths.map(([name, d]) => (
          <path key={name} className={`histogram__${name}`} d={d} />
        ))}
      </svg>
    </figure>
  );
}
