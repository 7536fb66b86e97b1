/** `UTC+2` for minutes east of UTC. */
export function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? '−' : '+'}${Math.floor(size / 60)}${size % 60 === 0 ? '' : `:${String(size % 60).padStart(2, '0')}`}`;
}

/** `1/250 s`, `0.5 s`, `8 s`. */
export function exposureText(seconds: number): string {
  return seconds > 0 && seconds < 0.4 ? `1/${Math.round(1 / seconds)} s` : `${Math.round(seconds * 10) / 10} s`;
}
