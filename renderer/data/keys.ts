import { commands } from '../../shared/commands.ts';
import type { CommandID } from '../../shared/commands.ts';

/** The part of a keyboard event that decides. */
export type KeyPress = {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
};

type Parsed = { readonly mod: boolean; readonly alt: boolean; readonly shift: boolean; readonly key: string };

function parse(text: string): Parsed {
  const parts = text === '+' ? ['+'] : text.split('+');
  const key = parts.at(-1) ?? '';
  return {
    mod: parts.includes('Mod'),
    alt: parts.includes('Alt'),
    shift: parts.includes('Shift'),
    key: key === 'Space' ? ' ' : key.length === 1 ? key.toLowerCase() : key,
  };
}

const table: readonly (readonly [Parsed, CommandID])[] = commands.flatMap((command) =>
  command.keys.map((key) => [parse(key), command.id] as const),
);

/** Letters and digits keep their Shift; other characters (`?`) are typed with it on some keyboards and not on others. */
const shiftMatters = (key: string): boolean => key.length > 1 || key === ' ' || /[\p{L}\d]/u.test(key);

/**
 * The command of a key press, or null.
 * @param mac Command instead of Control is the main modifier
 * @param typing a text field has the focus: only keys with the main modifier count
 */
export function commandOfKey(press: KeyPress, mac: boolean, typing: boolean): CommandID | null {
  const mod = mac ? press.metaKey : press.ctrlKey;
  const otherMod = mac ? press.ctrlKey : press.metaKey;
  if (otherMod || (typing && !mod)) return null;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  const found = table.find(
    ([parsed]) =>
      parsed.key === key &&
      parsed.mod === mod &&
      parsed.alt === press.altKey &&
      (parsed.shift === press.shiftKey || !shiftMatters(key)),
  );
  return found?.[1] ?? null;
}

const signs: Readonly<Record<string, string>> = {
  Delete: 'Del',
  Backspace: '⌫',
  ArrowLeft: '←',
  ArrowRight: '→',
  Enter: '↩',
};

/** A key as the person reads it: `⇧⌘I` on a Mac, `Ctrl+Shift+I` elsewhere. */
export function keyLabel(text: string, mac: boolean): string {
  const { mod, alt, shift } = parse(text);
  const last = text === '+' ? '+' : (text.split('+').at(-1) ?? '');
  const key = signs[last] ?? last;
  if (mac) return `${alt ? '⌥' : ''}${shift ? '⇧' : ''}${mod ? '⌘' : ''}${key}`;
  return [mod ? 'Ctrl' : '', alt ? 'Alt' : '', shift ? 'Shift' : '', key].filter((part) => part !== '').join('+');
}
