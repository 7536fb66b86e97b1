import { mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import { exportOptions } from '../../../shared/model/edit.ts';
import type { MediaSource } from '../mediaSourcePort.ts';
import type { Store } from '../store/store.ts';
import type { PhotoExport } from './exportPhotos.ts';

/** Photos on their way to another program. */
export interface DragOut {
  /**
   * Makes files of photos and gives them to the drag under way: with the person's edits and in a format every program
   * opens, or as they came. @throws AppError invalidInput for too many, and the reason when none could be made.
   */
  start(
    ids: readonly string[],
    options: { readonly original: boolean; readonly signal?: AbortSignal | undefined },
  ): Promise<{ readonly files: number; readonly reasons: string[] }>;
}

/** A drag waits for its files with the button down: more than these are exported instead. */
export const mostDragged = 50;

/** A program that was given files may still be copying them: they are kept this long, in ms. */
const keptMs = 3_600_000;

/** What every program opens: given as it is when there are no edits. Everything else is rendered as JPEG. */
const openEverywhere = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/tiff']);

export function createDragOut(deps: {
  readonly store: Store;
  readonly photoExport: PhotoExport;
  readonly media: MediaSource;
  /** Where the files lie until they are taken; nothing else may lie there. */
  readonly directory: string;
  readonly startDrag: (files: readonly string[], icon: Uint8Array | null) => Promise<void>;
  readonly now: () => number;
  readonly newId: () => string;
}): DragOut {
  const { store, photoExport, media, directory, startDrag, now, newId } = deps;

  function mayGoAsItIs(id: string): boolean {
    const row = store.connection
      .statement<[string], { mime: string | null; edited: number }>(
        `SELECT r.mime_type AS mime, p.current_edit_id IS NOT NULL AS edited
         FROM photo AS p JOIN resource AS r ON r.photo_id = p.id AND r.kind = 'original' WHERE p.id = ? LIMIT 1`,
      )
      .get(id);
    return row !== undefined && row.edited === 0 && row.mime !== null && openEverywhere.has(row.mime);
  }

  /** Files of earlier drags that every program has had time to take. */
  async function tidy(): Promise<void> {
    for (const name of await readdir(directory).catch(() => [])) {
      const folder = join(directory, name);
      const seen = await stat(folder).catch(() => undefined);
      if (seen !== undefined && now() - seen.mtimeMs > keptMs) await rm(folder, { recursive: true, force: true });
    }
  }

  async function iconOf(id: string, signal: AbortSignal): Promise<Uint8Array | null> {
    try {
      const { body } = await media.open(id, 'preview', signal);
      return body.kind === 'bytes' ? body.bytes : await readFile(body.path);
    } catch {
      // A drag without its picture is a drag all the same.
      return null;
    }
  }

  return {
    start: async (ids, { original, signal = new AbortController().signal }) => {
      if (ids.length > mostDragged) {
        throw new AppError(
          'invalidInput',
          `At most ${mostDragged} photos can be dragged out at once. Export them instead.`,
          { count: ids.length },
        );
      }
      await tidy();
      const folder = join(directory, newId());
      await mkdir(folder, { recursive: true });
      const asTheyAre = ids.filter((id) => original || mayGoAsItIs(id));
      const rendered = ids.filter((id) => !asTheyAre.includes(id));
      const files: string[] = [];
      const reasons: string[] = [];
      for (const [some, asIs] of [
        [asTheyAre, true],
        [rendered, false],
      ] as const) {
        const options = exportOptions.parse({ original: asIs });
        for await (const event of photoExport.run(some, folder, options, signal)) {
          if (event.type === 'exported') files.push(event.path);
          if (event.type === 'failed') reasons.push(event.reason);
        }
      }
      const [first] = ids;
      if (signal.aborted || first === undefined) throw new AppError('cancelled', 'The drag is over.');
      if (files.length === 0) throw new AppError('fileUnreadable', reasons[0] ?? 'These photos cannot be dragged out.');
      await startDrag(files, await iconOf(first, signal));
      return { files: files.length, reasons: [...new Set(reasons)] };
    },
  };
}
