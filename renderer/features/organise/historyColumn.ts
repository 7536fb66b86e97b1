import { deferred } from '../deferred.tsx';

/** The column of what was done, beside the library and beside the viewer. */
export const HistoryColumn = deferred(() => import('./HistoryPanel.tsx').then((part) => part.HistoryPanel));
