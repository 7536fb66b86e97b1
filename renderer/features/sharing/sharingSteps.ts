import type { AlbumID, PhotoID, ZoneID } from '../../../shared/ids.ts';
import type { Share } from '../../../shared/model/share.ts';
import { limited } from '../../data/actions.ts';
import { copyText } from '../../data/clipboard.ts';
import type { Core } from '../../data/core.ts';
import { showToast } from '../../data/toasts.ts';

/** Puts a share's address on the clipboard; where that is not allowed, shows it instead. */
export async function copyLink(core: Core, title: string, link: string): Promise<void> {
  const text = (await copyText(link))
    ? core.t('sharing.linkCopied', { title })
    : core.t('sharing.linkNotCopied', { link });
  showToast(core.toasts, { tone: 'plain', text, action: null });
}

/** The share a photo lies in, or undefined. */
export async function shareOf(core: Core, photoID: PhotoID | undefined): Promise<Share | undefined> {
  if (photoID === undefined) return undefined;
  const [{ zoneID }, shares] = await Promise.all([
    core.client.photos.get({ id: photoID }),
    core.client.sharing.list({}),
  ]);
  return shares.find((share) => share.id === zoneID);
}

/** A day as the person writes it. */
export function dayText(core: Core, at: number): string {
  return new Intl.DateTimeFormat([...core.locales], { day: 'numeric', month: 'short', year: 'numeric' }).format(at);
}

/** Photos of one call: as many as fit well into one frame. */
const copiedAtOnce = 10_000;

/** Copies every photo of a share into my own library and says how many that were. */
export async function copyAllToLibrary(core: Core, shareID: ZoneID): Promise<void> {
  const photoIDs = await core.client.photos.allIDs({
    view: { source: { kind: 'share', id: shareID }, scope: 'both', query: '' },
  });
  let count = 0;
  for (let start = 0; start < photoIDs.length; start += copiedAtOnce) {
    const { copied } = await core.client.sharing.copyToLibrary({
      photoIDs: photoIDs.slice(start, start + copiedAtOnce),
    });
    count += copied;
  }
  showToast(core.toasts, { tone: 'plain', text: core.t('sharing.list.copied', { count }), action: null });
}

/** Most photos one step of sharing takes; the contract's own limit. */
export const mostShared = 100_000;

type NewShare = Omit<Parameters<Core['client']['sharing']['create']>[0], 'what'> & {
  readonly photoIDs: readonly PhotoID[];
  readonly albumID: AlbumID | null;
};

/** Makes a share of photos, of the first ones where they are too many for one step, or of an album, and says so. */
export async function createShare(core: Core, { photoIDs, albumID, ...share }: NewShare): Promise<void> {
  const { title } = share;
  const what = { photoIDs: limited(core, photoIDs), albumID };
  const made = await core.client.sharing.create({ ...share, what });
  const { link } = await core.client.sharing.get({ id: made.shareID, links: 'stored' });
  showToast(core.toasts, {
    tone: 'plain',
    text: core.t('sharing.sheet.shared', { count: made.moved + made.copied, title }),
    action: link === null ? null : { label: core.t('sharing.copyLink'), run: () => void copyLink(core, title, link) },
  });
}

/** Adds photos to a share and says what became of them. */
export async function addToShare(core: Core, share: Share, photoIDs: readonly PhotoID[]): Promise<void> {
  const added = await core.client.sharing.addTo({
    id: share.id,
    what: { photoIDs: limited(core, photoIDs), albumID: null },
  });
  const { t } = core;
  const say = (text: string): void => showToast(core.toasts, { tone: 'plain', text, action: null });
  if (added.moved > 0) say(t('sharing.add.added', { count: added.moved, title: share.title }));
  if (added.copied > 0) say(t('sharing.add.copied', { count: added.copied, title: share.title }));
  if (added.moved + added.copied === 0 && added.already > 0) say(t('sharing.add.already', { title: share.title }));
  const [refused] = added.refused;
  if (refused !== undefined) {
    showToast(core.toasts, {
      tone: 'error',
      text: t('sharing.sheet.refused', { count: added.refused.length, reason: refused.reason }),
      action: null,
    });
  }
}
