import type { AlbumID, PhotoID } from '../../shared/ids.ts';
import type { Core } from './core.ts';
import type { MessageID } from '../strings/en.ts';
import { showToast } from './toasts.ts';

/** Most ids one call takes; the contract's own limit. */
const mostIDs = 100_000;

/** Shared photos whose share is looked up for its title; of more it is said that they are in shares. */
const mostLookedUp = 50;

/** Undoes the last step, or the one that is named, and says which. */
export async function undoStep(core: Core, id?: string): Promise<void> {
  const { step, skipped } = await core.client.undo.undo(id === undefined ? {} : { step: id });
  if (step === null) return nothingTo(core, 'need.canUndo');
  const { t } = core;
  const text =
    skipped > 0 ? t('undo.undoneSkipped', { label: step.label, skipped }) : t('undo.undone', { label: step.label });
  showToast(core.toasts, {
    tone: 'plain',
    text,
    action: { label: t('action.redo'), run: () => void redoStep(core).catch(core.report) },
  });
}

/** Does the last undone step again and says which. */
export async function redoStep(core: Core): Promise<void> {
  const { step, skipped } = await core.client.undo.redo({});
  if (step === null) return nothingTo(core, 'need.canRedo');
  const { t } = core;
  const text =
    skipped > 0 ? t('undo.redoneSkipped', { label: step.label, skipped }) : t('undo.redone', { label: step.label });
  showToast(core.toasts, { tone: 'plain', text, action: null });
}

function nothingTo(core: Core, reason: MessageID): void {
  showToast(core.toasts, { tone: 'plain', text: core.t(reason), action: null });
}

/** The step just done, asked for before anything else is: undefined where none was recorded. */
function newestStep(core: Core): Promise<string | undefined> {
  const step = core.client.undo.list({ limit: 1 }).then(([newest]) => newest?.id);
  // What goes wrong is said when its way back is pressed.
  step.catch(() => undefined);
  return step;
}

/** Says what was done, with a way back: of this step, whatever else is done before it is pressed. */
export function announce(core: Core, text: string, done = newestStep(core)): void {
  showToast(core.toasts, {
    tone: 'plain',
    text,
    action: {
      label: core.t('action.undo'),
      run: () => void done.then((step) => undoStep(core, step)).catch(core.report),
    },
  });
}

/** Says how many photos were changed, with a way back, and how many may not be. Nothing where nothing was to be done. */
export function announceCount(core: Core, id: MessageID, changed: number, refused: number): void {
  if (changed > 0) announce(core, core.t(id, { count: changed }));
  sayRefused(core, refused);
}

/** Says how many photos were left alone because I may not change them; nothing where that is none. */
export function sayRefused(core: Core, refused: number): void {
  if (refused === 0) return;
  showToast(core.toasts, { tone: 'error', text: core.t('photos.refused', { count: refused }), action: null });
}

/** As many photos as one step takes; of more it is said how many those are. */
export function limited(core: Core, ids: readonly PhotoID[]): PhotoID[] {
  if (ids.length > mostIDs) {
    const text = core.t('photos.limited', { count: mostIDs, all: ids.length });
    showToast(core.toasts, { tone: 'error', text, action: null });
  }
  return ids.slice(0, mostIDs);
}

/** Whether all of them have a mark. Of photos never on screen no tile is known: the list they are in tells it of them. */
export function allHave(core: Core, ids: readonly PhotoID[], mark: 'favourite' | 'hidden'): boolean {
  const { place } = core.navigation.getState();
  const listed = place.kind === (mark === 'favourite' ? 'favourites' : 'hidden');
  return ids.every((id) => core.tiles.get(id)?.[mark] ?? listed);
}

/** Marks photos as favourites, or takes the mark away when all have it. */
export async function toggleFavourite(core: Core, ids: readonly PhotoID[]): Promise<void> {
  const favourite = !allHave(core, ids, 'favourite');
  const asked = limited(core, ids);
  const made = core.client.photos.setFavourite({ ids: asked, favourite });
  core.tiles.show(asked, { favourite }, made);
  await made;
}

/** Gives my rating; the same rating again takes it away. */
export async function rate(core: Core, ids: readonly PhotoID[], rating: number): Promise<void> {
  const again = rating > 0 && ids.every((id) => core.tiles.get(id)?.rating === rating);
  const value = again ? 0 : rating;
  const asked = limited(core, ids);
  const made = core.client.photos.setRating({ ids: asked, rating: value });
  core.tiles.show(asked, { rating: value }, made);
  await made;
}

export async function toggleHidden(core: Core, ids: readonly PhotoID[]): Promise<void> {
  const hidden = !allHave(core, ids, 'hidden');
  leaveViewer(core, ids);
  const { changed, refused } = await core.client.photos.setHidden({ ids: limited(core, ids), hidden });
  announceCount(core, hidden ? 'photos.hidden' : 'photos.unhidden', changed, refused);
}

export async function trash(core: Core, ids: readonly PhotoID[]): Promise<void> {
  leaveViewer(core, ids);
  const { changed, refused } = await core.client.photos.trash({ ids: limited(core, ids) });
  if (changed > 0) {
    const step = newestStep(core);
    // Without that word the step is told nevertheless: its message is the way back.
    const others = await othersLose(core, ids, changed).catch(() => null);
    const text = core.t('photos.trashed', { count: changed });
    announce(core, others === null ? text : `${text}. ${others}`, step);
  }
  sayRefused(core, refused);
}

/** The photos of the trash: all, or those in shares, which others see there as well. */
export const trashedIDs = (core: Core, scope: 'both' | 'shared'): Promise<readonly PhotoID[]> =>
  core.client.photos.allIDs({ view: { source: { kind: 'trash' }, scope, query: '' } });

/**
 * What moving photos to the trash means for others: those of a share are in its trash. Null where none is shared.
 * @param changed how many went there; the others may not be changed
 */
async function othersLose(core: Core, ids: readonly PhotoID[], changed: number): Promise<string | null> {
  if (ids.every((id) => core.tiles.get(id)?.shared === 'none')) return null;
  const there = new Set(await trashedIDs(core, 'shared'));
  const shared = ids.filter((id) => there.has(id));
  if (shared.length === 0) return null;
  const counts = { count: shared.length, rest: changed - shared.length };
  const photos =
    shared.length > mostLookedUp ? [] : await Promise.all(shared.map((id) => core.client.photos.get({ id })));
  const zones = new Set(photos.map((photo) => photo.zoneID));
  const share = zones.size === 1 ? (await core.client.sharing.list({})).find(({ id }) => zones.has(id)) : undefined;
  return share === undefined
    ? core.t('photos.trashedInShares', counts)
    : core.t('photos.trashedInShare', { ...counts, title: share.title });
}

export async function restore(core: Core, ids: readonly PhotoID[]): Promise<void> {
  leaveViewer(core, ids);
  const { changed, refused } = await core.client.photos.restore({ ids: limited(core, ids) });
  announceCount(core, 'photos.restored', changed, refused);
}

/** Adds photos to an album and says how many were new there. */
export async function addToAlbum(
  core: Core,
  album: { readonly id: AlbumID; readonly title: string },
  ids: readonly PhotoID[],
): Promise<void> {
  if (ids.length === 0) return;
  const { added, already } = await core.client.albums.addPhotos({ id: album.id, photoIDs: limited(core, ids) });
  if (added > 0) announce(core, core.t('albums.added', { count: added, title: album.title }));
  else
    showToast(core.toasts, {
      tone: 'plain',
      text: core.t('albums.already', { count: already, title: album.title }),
      action: null,
    });
}

/** Before the shown photo leaves the list, the viewer goes on to its neighbour, or closes after the last one. */
export function leaveViewer(core: Core, ids: readonly PhotoID[]): void {
  const { photo } = core.navigation.getState();
  if (photo === null || !ids.includes(photo)) return;
  const next = neighbour(core, photo, 1) ?? neighbour(core, photo, -1);
  core.navigation.setState({ photo: next });
}

/**
 * The next (1) or previous (-1) photo of the list behind the viewer, or null at its end.
 * @param was where the photo was before it left the list: what followed it there is the next one now
 */
export function neighbour(core: Core, photo: PhotoID, direction: 1 | -1, was = -1): PhotoID | null {
  const timeline = core.viewerTimeline();
  const index = timeline.indexOf(photo);
  const { ids, count } = timeline.snapshot();
  const wanted = index >= 0 ? index + direction : direction === 1 ? was : Math.min(was, count) - 1;
  return wanted < 0 || wanted >= count ? null : (ids[wanted] ?? null);
}
