import { cutToBytes } from '../../../shared/cutToBytes.ts';

/** Bytes of a name's ending; what is longer belongs to the name. */
const longestEnding = 32;
/** In bytes: with a number and an ending a name stays below the 255 that file systems take. */
const longestName = 200;

/** What Windows keeps for its devices, whatever ending or blanks stand behind it. */
const reserved = /^(con|prn|aux|nul|com[\d\u00b9\u00b2\u00b3]|lpt[\d\u00b9\u00b2\u00b3]) *(\.|$)/i;

/** A name every system can hold: no separators, control characters or names Windows keeps for itself; 200 bytes. */
export function portableName(name: string): string {
  const { stem, ending } = portableParts(name);
  const whole = cutToBytes(stem, longestName - Buffer.byteLength(ending)) + ending;
  return whole === '' ? 'photo' : whole;
}

/** The same for a name that a number comes into: its stem, of 200 bytes and never empty, and its ending or none. */
export function portableStem(name: string): { readonly stem: string; readonly ending: string } {
  const { stem, ending } = portableParts(name);
  // Whole it kept what stood before its ending; alone it would end in it.
  const alone = cutToBytes(stem, longestName).replace(/[. ]+$/, '');
  return { stem: alone === '' ? 'photo' : alone, ending };
}

/** A name taken apart at its last dot, cleaned and not cut. */
function portableParts(name: string): { readonly stem: string; readonly ending: string } {
  const cleaned = [...name.normalize('NFC')]
    .map((one) => (/[<>:"/\\|?*\p{Cc}]/u.test(one) ? '_' : one))
    .join('')
    .replace(/[. ]+$/, '')
    .replace(/^\.+/, '_');
  const safe = reserved.test(cleaned) ? `_${cleaned}` : cleaned;
  const dot = safe.lastIndexOf('.');
  // What stands behind the last dot of a long title is no ending, and would leave nothing of the name to cut.
  const ending = dot > 0 && Buffer.byteLength(safe.slice(dot)) <= longestEnding ? safe.slice(dot) : '';
  return { stem: safe.slice(0, safe.length - ending.length), ending };
}
