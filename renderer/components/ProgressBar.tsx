/** How far something is: `done` of `total`. Without a text the share is read out in percent. */
export function ProgressBar({
  label,
  done,
  total,
  text,
}: {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  /** What is read out instead of the number. */
  readonly text?: string;
}) {
  const fraction = total === 0 ? 0 : Math.min(1, done / total);
  return (
    <div
      className="progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={done}
      aria-valuetext={text}
    >
      <div className="progress__bar" style={{ width: `${fraction * 100}%` }} />
    </div>
  );
}
