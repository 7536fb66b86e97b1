import type { PhotoID } from '../../../shared/ids.ts';
import type { Core, WindowState } from '../../data/core.ts';

/** The comment begun on a photo and not sent yet. */
export function commentDraft({ commentDrafts }: WindowState, id: PhotoID): string {
  return commentDrafts.get(id) ?? '';
}

/** Keeps what is written so far; an empty text is none. */
export function keepCommentDraft(core: Core, id: PhotoID, text: string): void {
  core.window.setState(({ commentDrafts }) => {
    const drafts = new Map(commentDrafts);
    if (text === '') drafts.delete(id);
    else drafts.set(id, text);
    return { commentDrafts: drafts };
  });
}
