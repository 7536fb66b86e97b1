import { deferred } from '../deferred.tsx';
import { HistoryColumn } from '../organise/historyColumn.ts';

/** The viewer; a photo opens it long after the window has fetched it. */
export const Viewer = deferred(() => import('../viewer/Viewer.tsx').then((part) => part.Viewer));

/** Parts of the window itself that are fetched ahead. */
export const windowParts = [Viewer, HistoryColumn];
