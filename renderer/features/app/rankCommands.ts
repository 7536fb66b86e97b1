import type { ShownCommand } from '../../data/commandRunner.ts';

/** How well a label fits typed text: 0 at its start, 1 at the start of a word, 2 inside, 3 as scattered letters; null not at all. */
export function fit(label: string, text: string): number | null {
  const name = label.toLowerCase();
  const wanted = text.trim().toLowerCase();
  if (name.startsWith(wanted)) return 0;
  if (name.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(wanted))) return 1;
  if (name.includes(wanted)) return 2;
  let at = 0;
  for (const letter of wanted) {
    at = name.indexOf(letter, at) + 1;
    if (at === 0) return null;
  }
  return 3;
}

/** The commands that fit, best first; usable ones before those that are not, otherwise in menu order. */
export function rankCommands(all: readonly ShownCommand[], text: string): readonly ShownCommand[] {
  return all
    .map((shown) => ({ shown, rank: fit(shown.label, text) }))
    .filter((each): each is { shown: ShownCommand; rank: number } => each.rank !== null)
    .toSorted(
      (left, right) =>
        left.rank - right.rank || Number(left.shown.obstacle !== null) - Number(right.shown.obstacle !== null),
    )
    .map((each) => each.shown);
}
