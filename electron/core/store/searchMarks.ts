import { createHash } from 'node:crypto';

/**
 * Marks: exact facts of a photo as words of the full-text index, so that "rating 4 or more, tagged Crete, not a video"
 * is one expression the index answers in the order of the timeline. A mark begins with a private-use character that no
 * typed or stored text keeps (library/search/fold.ts), so nobody can search for one by accident.
 */
const begin = '\u{E000}';
const mark = (text: string): string => `${begin}${text}`;

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

export const marks = {
  visible: mark('v'),
  hidden: mark('h'),
  trashed: mark('x'),
  favourite: mark('f'),
  edited: mark('e'),
  located: mark('g'),
  landscape: mark('ol'),
  portrait: mark('op'),
  square: mark('os'),
  /** Carried by no photo. */
  never: mark('0'),
  /** Carried by every photo. */
  always: mark('1'),
  kind: (kind: string) => mark(`k${kind.toLowerCase()}`),
  rating: (rating: number) => mark(`r${rating}`),
  tag: (tagID: string) => mark(`t${tagID.replaceAll('-', '').toLowerCase()}`),
  camera: (value: string) => mark(`c${hash(value)}`),
  lens: (value: string) => mark(`l${hash(value)}`),
  place: (value: string) => mark(`p${hash(value)}`),
  person: (userName: string | null) => mark(userName === null ? 'ume' : `u${hash(userName)}`),
} as const;

/** A mark, or any of several, as an expression. None of none. */
export function anyMark(wanted: readonly string[]): string {
  if (wanted.length === 0) return `"${marks.never}"`;
  return wanted.length === 1 ? `"${wanted[0] ?? ''}"` : `(${wanted.map((one) => `"${one}"`).join(' OR ')})`;
}

const separator = '\u001F';

/** The store's key of a facet (photo_facet_count.value) for the columns of a photo. */
export const cameraValue = (make: string | null, model: string | null): string | undefined =>
  make === null && model === null ? undefined : [make ?? '', model ?? ''].join(separator);
export const placeValue = (country: string | null, region: string | null, place: string | null): string | undefined =>
  country === null && region === null && place === null
    ? undefined
    : [country ?? '', region ?? '', place ?? ''].join(separator);

/** A facet as a person reads it: "Canon EOS R5" (makers repeat themselves), "Chania, Crete, Greece". */
export function facetLabel(kind: 'camera' | 'lens' | 'place', value: string): string {
  const parts = value.split(separator).filter((part) => part !== '');
  if (kind === 'place') return parts.reverse().join(', ');
  const [make = '', model] = parts;
  if (kind === 'lens' || model === undefined) return make;
  return model.toLowerCase().startsWith(make.toLowerCase()) ? model : `${make} ${model}`;
}
