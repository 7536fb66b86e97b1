import { deferred } from '../deferred.tsx';

/** The viewer; a photo opens it long after the window has fetched it. */
export const Viewer = deferred(() => import('../viewer/Viewer.tsx').then((part) => part.Viewer));

/** The column of what was done. */
export const HistoryPanel = deferred(() => import('../organise/HistoryPanel.tsx').then((part) => part.HistoryPanel));

/** Parts of the window itself that are fetched ahead. */
export const windowParts = [Viewer, HistoryPanel];
