import { Plus, RotateCcw } from 'lucide-react';
import { useId, useMemo, useRef, useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { curveThrough } from '../../../shared/edits/tone.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { addPoint, movePoint, removePoint, straightCurve, widestGap } from './curvePoints.ts';
import type { CurvePoints } from './curvePoints.ts';

type Props = {
  /** The points of the stack's curve, or null when it has none. */
  readonly points: CurvePoints | null;
  readonly disabled: boolean;
  /** `gesture` is true while the change belongs to a drag or a row of keys, which is one step of undo. */
  readonly onChange: (points: CurvePoints, gesture: boolean) => void;
  readonly onEnd: () => void;
  readonly onReset: () => void;
};

/** How far an arrow key moves a point, and with Shift. */
const keyStep = 0.01;
const longKeyStep = 0.1;
/** The line is drawn through this many pieces, finer than a pixel of the panel's width needs to look smooth. */
const pieces = 64;

/**
 * The tone curve as points in a square: dark to the left, light to the right, what becomes of it upwards. Points are
 * added, moved and taken away by pointer, or by keys: each is a slider of its own, for both directions.
 */
export function CurveField({ points, disabled, onChange, onEnd, onReset }: Props) {
  const t = useT();
  const core = useCore();
  const help = useId();
  const plot = useRef<HTMLDivElement>(null);
  const dragged = useRef<number | null>(null);
  // A double click removes the point under it, unless its own first click put the point there.
  const pressed = useRef({ index: 0, times: 0 });
  // A stack keeps no curve that changes nothing; a point just added on the straight line has to stay all the same.
  const [straight, setStraight] = useState<CurvePoints>(straightCurve);
  const shown = points ?? straight;
  const line = useMemo(() => {
    const curve = curveThrough(shown);
    return Array.from({ length: pieces + 1 }, (_, i) => {
      const x = i / pieces;
      return `${i === 0 ? 'M' : 'L'}${(x * 100).toFixed(2)} ${((1 - curve(x)) * 100).toFixed(2)}`;
    }).join('');
  }, [shown]);
  const percent = useMemo(() => new Intl.NumberFormat([...core.locales], { style: 'percent' }), [core.locales]);

  const change = (next: CurvePoints, gesture = true): void => {
    setStraight(next.every(([x, y]) => x === y) ? next : straightCurve);
    onChange(next, gesture);
  };
  const focusPoint = (index: number): void => {
    requestAnimationFrame(() => plot.current?.querySelectorAll<HTMLElement>('[role="slider"]')[index]?.focus());
  };
  const add = (input: number, output: number): number | null => {
    const added = addPoint(shown, input, output);
    if (added === null) return null;
    change(added.points);
    focusPoint(added.index);
    return added.index;
  };
  const remove = (index: number): void => {
    const next = removePoint(shown, index);
    if (next === shown) return;
    change(next, false);
    focusPoint(index - 1);
  };

  /** Where a pointer is in the square, as input and output. */
  const placeOf = (event: React.PointerEvent): readonly [number, number] => {
    const box = event.currentTarget.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
  };
  const onPointerDown = (event: React.PointerEvent<HTMLDivElement>): void => {
    if (disabled || event.button !== 0) return;
    event.preventDefault();
    const point = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-point]') : null;
    const index = point === null ? add(...placeOf(event)) : Number(point.dataset['point']);
    if (index === null) return;
    point?.focus();
    pressed.current = { index, times: point === null ? 0 : pressed.current.times + 1 };
    dragged.current = index;
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: React.PointerEvent<HTMLDivElement>): void => {
    if (dragged.current !== null) change(movePoint(shown, dragged.current, ...placeOf(event)));
  };
  const onPointerEnd = (): void => {
    if (dragged.current === null) return;
    dragged.current = null;
    onEnd();
  };
  const onPointKey = (event: React.KeyboardEvent, index: number): void => {
    if (disabled || event.ctrlKey || event.metaKey || event.altKey) return;
    const by = event.shiftKey ? longKeyStep : keyStep;
    const [x, y] = shown[index] ?? [0, 0];
    const moves: Readonly<Record<string, () => void>> = {
      ArrowUp: () => change(movePoint(shown, index, x, y + by)),
      ArrowDown: () => change(movePoint(shown, index, x, y - by)),
      ArrowLeft: () => change(movePoint(shown, index, x - by, y)),
      ArrowRight: () => change(movePoint(shown, index, x + by, y)),
      Delete: () => remove(index),
      Backspace: () => remove(index),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move();
    onEnd();
  };

  const name = t('editor.step.curve');
  return (
    <div className="curve" role="group" aria-label={name} data-disabled={disabled || undefined}>
      <div className="curve__head">
        <span className="step__label">{name}</span>
        <AriaButton
          className="icon-button step__reset"
          aria-label={t('editor.curve.add')}
          isDisabled={disabled}
          onPress={() => {
            const input = widestGap(shown);
            add(input, curveThrough(shown)(input));
            onEnd();
          }}
        >
          <Plus size={12} aria-hidden />
        </AriaButton>
        <AriaButton
          className="icon-button step__reset"
          aria-label={t('editor.reset', { step: name })}
          isDisabled={disabled || (points === null && shown.length === straightCurve.length)}
          onPress={() => {
            setStraight(straightCurve);
            onReset();
          }}
        >
          <RotateCcw size={12} aria-hidden />
        </AriaButton>
      </div>
      <div
        ref={plot}
        className="curve__plot"
        role="presentation"
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerEnd}
        onPointerCancel={onPointerEnd}
        onDoubleClick={() => (pressed.current.times >= 2 ? remove(pressed.current.index) : undefined)}
      >
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden>
          <path className="curve__grid" d="M25 0V100M50 0V100M75 0V100M0 25H100M0 50H100M0 75H100M0 100L100 0" />
          <path className="curve__line" d={line} />
        </svg>
        {shown.map(([x, y], index) => (
          <div
            // oxlint-disable-next-line react/no-array-index-key -- a point is known by its place among the others
            key={index}
            className="curve__point"
            data-point={index}
            role="slider"
            tabIndex={disabled ? -1 : 0}
            aria-label={t('editor.curve.point', { index: index + 1, count: shown.length })}
            aria-describedby={help}
            aria-disabled={disabled || undefined}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.round(y * 100)}
            aria-valuetext={t('editor.curve.value', { input: percent.format(x), output: percent.format(y) })}
            style={{ left: `${x * 100}%`, top: `${(1 - y) * 100}%` }}
            onKeyDown={(event) => onPointKey(event, index)}
          />
        ))}
      </div>
      <p id={help} className="curve__help">
        {t('editor.curve.help')}
      </p>
    </div>
  );
}
