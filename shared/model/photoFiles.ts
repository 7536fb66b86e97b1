/** Endings of RAW files, in lower case and without the dot. */
export const rawEndings: ReadonlySet<string> = new Set(
  'dng cr2 cr3 crw nef nrw arw sr2 srf raf rw2 orf mrw x3f kdc dcr pef srw'.split(' '),
);

/**
 * Endings of files that are taken. A hint only, where nobody has looked into the file yet: what a file is, its content
 * decides.
 */
const endings = new Set([
  ...'jpg jpeg png webp avif gif tif tiff heic heif hif mp4 m4v mov webm mkv 3gp'.split(' '),
  ...rawEndings,
]);

/** Whether a file looks like a photo or a video by the ending of its name, which may be a whole path. */
export function looksLikePhoto(name: string): boolean {
  const dot = name.lastIndexOf('.');
  return dot > 0 && endings.has(name.slice(dot + 1).toLowerCase());
}
