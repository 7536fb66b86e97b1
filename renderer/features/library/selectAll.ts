import { currentView } from '../../data/core.ts';
import type { Core } from '../../data/core.ts';
import { selectMany } from '../../data/selection.ts';

/**
 * Selects every photo of the list that is shown, also those the window has not read yet. What was selected, or gone to, while
 * these were asked for is the later wish: the answer comes too late then, and would hand photos to the next key that nobody
 * means any more.
 */
export async function selectAll(core: Core): Promise<void> {
  const view = currentView(core);
  if (view === null) return;
  const snapshot = core.timeline(view).snapshot();
  const before = core.selection.getState();
  const ids = snapshot.complete ? snapshot.ids : await core.client.photos.allIDs({ view });
  const now = core.selection.getState();
  // A photo that left the list by itself leaves the selection too: that is nobody's wish.
  const isStill = now.anchor === before.anchor && [...now.ids].every((id) => before.ids.has(id));
  if (!isStill || JSON.stringify(currentView(core)) !== JSON.stringify(view)) return;
  core.selection.setState(selectMany(now, ids, false));
}
