import { seeAsItLies, takeBackHeader, type PassContext } from './session.ts';

/** Lets go of files that a session was to read and never will. Only inside an `ingest` transaction. */
export interface Unread {
  /** Of a cancelled session: the rows their headers made go, and files in place wait until a person asks for them. */
  ofSession(sessionID: string): void;
  /** Of one folder of a session that goes on with others: reported as skipped. */
  ofFolder(sessionID: string, folderID: string): void;
}

export function createUnread(context: Pick<PassContext, 'sessions' | 'files' | 'photos'>): Unread {
  const { sessions, files, photos } = context;
  return {
    ofSession: (id) => {
      dropHeaders(id);
      declineUnseen(id);
    },
    ofFolder: (id, folderID) => {
      for (const item of sessions.openItems(id, folderID)) {
        takeBackHeader(context, item.photo_id);
        sessions.finishItem(item.id, 'skipped', { reason: noLongerWatched });
      }
    },
  };

  /** Rows that only a header had made. */
  function dropHeaders(id: string): void {
    for (const role of ['main', 'pair'] as const) {
      for (let after = 0; ;) {
        const batch = sessions.items(id, 'read', role, after, 500);
        if (batch.length === 0) break;
        after = batch.at(-1)?.id ?? after;
        for (const item of batch) {
          if (item.photo_id === null || photos.photo(item.photo_id)?.state !== 'header') continue;
          for (const file of files.filesOfPhoto(item.photo_id)) decline(file.id, item.path);
          takeBackHeader(context, item.photo_id);
        }
      }
    }
  }

  /** Files in place that no header was read of either. One that is known already is only not looked at anew. */
  function declineUnseen(id: string): void {
    for (const { file_id: fileID, path } of sessions.unseenFiles(id))
      if (files.file(fileID)?.photo_id == null) decline(fileID, path);
  }

  function decline(fileID: string, path: string): void {
    // Of content once known, an older look was kept (reconcile.ts): it would be found changed again.
    if (files.file(fileID)?.sha256 != null) seeAsItLies(files, fileID, path);
    files.decline(fileID);
  }
}

/** What is said of a file in place whose folder's rows went before it was read. */
export const noLongerWatched = 'Its folder is no longer watched.';
