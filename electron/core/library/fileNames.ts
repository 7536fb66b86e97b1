import { rawEndings } from '../../../shared/model/photoFiles.ts';
import type { ItemRole } from './sessionRows.ts';

/** Names only suggest how files belong together; content decides what they are. */
const stillEndings = new Set(['jpg', 'jpeg', 'heic', 'heif', 'hif', 'png', 'webp', 'avif', 'tif', 'tiff']);
const movingEndings = new Set(['mov', 'mp4', 'm4v']);
const sidecarEndings = new Set(['xmp', 'aae', 'json']);

/** "a/b/IMG_1.HEIC" to {folder: "a/b", stem: "img_1", ending: "heic"}; names compare without case and in NFC. */
export function nameParts(path: string): { folder: string; name: string; stem: string; ending: string } {
  const slash = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  const name = path.slice(slash + 1);
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  return {
    folder: slash < 0 ? '' : path.slice(0, slash),
    name,
    stem: fold(stem),
    ending: dot > 0 ? name.slice(dot + 1).toLowerCase() : '',
  };
}

function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/**
 * The role of each file among its neighbours. A video or RAW beside a still of the same stem is a `pair`: it is looked
 * at after the stills, when their ids are known. `all` holds the names of every file of the folders concerned.
 */
export function rolesOf(paths: readonly string[], all: readonly string[] = paths): Map<string, ItemRole> {
  const stills = new Set<string>();
  for (const path of all) {
    const { folder, stem, ending } = nameParts(path);
    if (stillEndings.has(ending)) stills.add(`${folder}/${stem}`);
  }
  return new Map(
    paths.map((path) => {
      const { folder, stem, ending } = nameParts(path);
      if (sidecarEndings.has(ending)) return [path, 'sidecar'];
      const mayPair = movingEndings.has(ending) || rawEndings.has(ending);
      return [path, mayPair && stills.has(`${folder}/${stem}`) ? 'pair' : 'main'];
    }),
  );
}

/** Google cuts JSON names so that the whole name has at most 51 characters: 46 of the photo's, then ".json". */
const takeoutNameLimit = 46;

/**
 * The files of the same folder a sidecar may belong to, best first, by name. `names` are the names in that folder.
 * Covers `a.jpg.xmp`, `a.xmp`, `a.aae`, and Takeout's `a.jpg.json`, `a.jpg.supplemental-metadata.json` (also cut
 * short), `a.jpg(1).json` for `a(1).jpg`, and names cut at 46 characters. Edited variants (`a-edited.jpg`,
 * `IMG_E1.JPG`) share the original's sidecar.
 */
export function sidecarTargets(sidecar: string, names: readonly string[]): readonly string[] {
  const { name, ending } = nameParts(sidecar);
  const base = fold(name.slice(0, -(ending.length + 1)));
  const media = names.filter((one) => !sidecarEndings.has(nameParts(one).ending));
  const folded = media.map((one) => ({ name: one, full: fold(one), stem: nameParts(one).stem }));
  const found = folded.filter((one) => one.full === base);
  if (found.length === 0 && ending === 'json') found.push(...folded.filter((one) => takeoutNames(one.full).has(base)));
  if (found.length === 0) found.push(...folded.filter((one) => one.stem === base));
  if (ending === 'json' && found.length === 0) {
    found.push(...folded.filter(({ stem }) => stem.length > takeoutNameLimit && stem.startsWith(base)));
  }
  const variants = folded.filter(
    (one) => !found.includes(one) && found.some((original) => isEditedVariant(one.stem, original.stem)),
  );
  return (ending === 'json' ? [...found, ...variants] : found).map((one) => one.name);
}

/** The JSON names Takeout gives a photo, without ".json". */
function takeoutNames(full: string): ReadonlySet<string> {
  const result = new Set([full, full.slice(0, takeoutNameLimit)]);
  const supplement = '.supplemental-metadata';
  for (let length = 2; length <= supplement.length; length += 1) {
    result.add(`${full}${supplement.slice(0, length)}`);
    result.add(`${full}${supplement.slice(0, length)}`.slice(0, takeoutNameLimit));
  }
  // "a(1).jpg" has its facts in "a.jpg(1).json".
  const counted = /^(.*)(\(\d+\))(\.[^.]+)$/.exec(full);
  if (counted !== null) {
    const [, stem = '', count = '', ending = ''] = counted;
    result.add(`${stem}${ending}${count}`);
    result.add(`${stem}${ending}${supplement}${count}`);
  }
  return result;
}

function isEditedVariant(stem: string, original: string): boolean {
  return stem === `${original}-edited` || stem === original.replace(/^img_/, 'img_e');
}
