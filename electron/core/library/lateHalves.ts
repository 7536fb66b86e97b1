import { absorbPhoto } from './absorb.ts';
import { nameParts } from './fileNames.ts';
import type { KnownPhoto } from './photoRows.ts';
import type { PassContext } from './session.ts';

/** A camera writes the RAW and the JPEG of one shot with times this close, in ms. */
const sameMomentMs = 2_000;

/** What of a file's facts says which shot it is of. Local time without zone. */
export interface ShotFacts {
  readonly takenAt: string | null;
  readonly make: string | null;
}

/** True when a RAW and a still of the same name come from one press of the button: same moment, no other camera. */
export function isSameShot(one: ShotFacts, other: ShotFacts): boolean {
  if (one.takenAt === null || other.takenAt === null) return false;
  const apart = Math.abs(Date.parse(`${one.takenAt}Z`) - Date.parse(`${other.takenAt}Z`));
  return apart <= sameMomentMs && (one.make === null || other.make === null || one.make === other.make);
}

/**
 * Joins a photo whose facts have just been read with its other half, when that came on its own: in an earlier session, or
 * in another folder of this one. The video of a Live Photo is told by its content identifier; the RAW of a JPEG by equal
 * names in one folder (of the library for copies, of the watched folder for files in place), moment and camera. Halves a
 * person has edited or thrown away stay as they are. Call it inside an `ingest` transaction.
 */
export function joinHalves({ store, photos, files, now }: PassContext, photoID: string): void {
  const photo = photos.photo(photoID);
  if (photo === undefined || !isFree(photo)) return;
  const live = movingHalf(photo);
  if (live !== undefined) return join(live.video, live.still, 'pairedVideo', 'live');
  const shot = rawHalf(photo);
  if (shot !== undefined) join(shot.raw, shot.still, 'raw', 'rawJpeg');

  function join(part: KnownPhoto, still: KnownPhoto, kind: 'pairedVideo' | 'raw', whole: 'live' | 'rawJpeg'): void {
    absorbPhoto(store.connection, part.id, still, kind, now());
    photos.setKind(still.id, whole, now());
  }

  function movingHalf(one: KnownPhoto): { video: KnownPhoto; still: KnownPhoto } | undefined {
    if (one.content_identifier === null) return undefined;
    const other = photos
      .photosByContentIdentifier(one.content_identifier)
      .find((candidate) => candidate.media_type !== one.media_type && mayJoin(one, candidate));
    if (other === undefined) return undefined;
    const [still, video] = one.media_type === 'image' ? [one, other] : [other, one];
    return still.kind === 'photo' && !photos.hasEdits(video.id) ? { video, still } : undefined;
  }

  function rawHalf(one: KnownPhoto): { raw: KnownPhoto; still: KnownPhoto } | undefined {
    if (one.taken_at === null || (one.kind !== 'raw' && one.kind !== 'photo')) return undefined;
    const wanted = one.kind === 'raw' ? 'photo' : 'raw';
    const names = namesOf(one);
    const other = photos
      .photosAround(one.taken_at, sameMomentMs)
      .find(
        (candidate) =>
          candidate.kind === wanted &&
          mayJoin(one, candidate) &&
          isSameShot(
            { takenAt: one.taken_at, make: one.make },
            { takenAt: candidate.taken_at, make: candidate.make },
          ) &&
          namesOf(candidate).some((name) => names.includes(name)),
      );
    if (other === undefined) return undefined;
    const [still, raw] = one.kind === 'photo' ? [one, other] : [other, one];
    return photos.hasEdits(raw.id) ? undefined : { raw, still };
  }

  /** Where a photo's file lies and what it is called without its ending; copies may have got a number behind theirs. */
  function namesOf(one: KnownPhoto): string[] {
    const original = photos.originalOf(one.id);
    if (original === undefined) return [];
    return files.filesOfResource(original.id).flatMap((file) => {
      if (file.state !== 'present') return [];
      const { folder, stem } = nameParts(file.path);
      const copied = files.folder(file.folder_id)?.kind === 'originals';
      return [`${file.folder_id}/${folder}/${copied ? nameParts(one.file_name).stem : stem}`];
    });
  }
}

/** In nobody's trash, and read to its end. What joins a photo in the trash would be thrown away with it, unseen. */
export function isFree(photo: Pick<KnownPhoto, 'trashed_at' | 'state'>): boolean {
  return photo.trashed_at === null && photo.state !== 'header';
}

function mayJoin(one: KnownPhoto, other: KnownPhoto): boolean {
  return other.id !== one.id && other.zone_id === one.zone_id && isFree(other);
}
