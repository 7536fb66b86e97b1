import {
  emptyStack,
  isEmptyStack,
  readStackInput,
  sameStack,
  stackToJson,
  stepOf,
} from '../../../shared/edits/stack.ts';
import type { EditStack } from '../../../shared/edits/stack.ts';
import { flipStack, turnStack } from '../../../shared/edits/geometryOps.ts';
import { isLook, pasteStack, syncKinds } from '../../../shared/edits/stackOps.ts';
import type { StepKind } from '../../../shared/edits/steps.ts';
import { AppError, isAppError } from '../../../shared/errors.ts';
import type { EditID } from '../../../shared/ids.ts';
import type { Editability, PhotoEdits } from '../../../shared/model/edit.ts';
import type { Steps } from '../library/steps.ts';
import type { EditSource } from '../media/renderEdit.ts';
import type { Store } from '../store/store.ts';
import { createEditTable } from './editTable.ts';
import type { EditablePhoto } from './editTable.ts';

/** What a step on many photos did. */
export interface Outcome {
  readonly changed: number;
  readonly refused: number;
  /** Each reason once. */
  readonly reasons: string[];
}

export type Turn = 'clockwise' | 'anticlockwise' | 'horizontal' | 'vertical';

/** The edits of a library's photos: versions of a stack, one of them current. Originals are never written to. */
export interface Edits {
  /** @throws AppError notFound for a photo that is not there. */
  get(id: string): Promise<PhotoEdits>;
  /**
   * Adds a version, or goes back to the original for an empty stack. Nothing happens when it says what is current.
   * @throws AppError notFound, invalidInput (naming the step), permissionFailure, notSupported for steps a video lacks.
   */
  save(id: string, stack: unknown, label: string | null): Promise<PhotoEdits>;
  paste(ids: readonly string[], stack: unknown, options: { withGeometry: boolean }): Promise<Outcome>;
  sync(ids: readonly string[], stack: unknown, kinds: readonly StepKind[]): Promise<Outcome>;
  turn(ids: readonly string[], by: Turn): Promise<Outcome>;
  revert(ids: readonly string[]): Promise<Outcome>;
  /** @throws AppError notFound for a version this photo does not have. */
  choose(id: string, version: string): Promise<PhotoEdits>;
}

export interface EditsDependencies {
  readonly store: Store;
  readonly steps: Steps;
  readonly now: () => number;
  readonly newId: () => string;
  /** May the person change this photo, and why not. @throws AppError notFound */
  readonly mayEdit: (
    photoID: string,
  ) => { readonly allowed: true } | { readonly allowed: false; readonly reason: string };
  /** What can be decoded of a photo's original. @throws AppError when its file is not here or cannot be read. */
  readonly source: (photoID: string) => Promise<EditSource>;
  /** Bytes of the picture of a video's frame; undefined while it is not here. */
  readonly frameSize: (picture: string) => number | undefined;
}

const videoReason = 'Of a video only the poster can be trimmed: crop, turn, flip and straighten.';
const posterReason = 'Only a video has frames to choose a poster from.';

/** Builds the edits of one library. */
export function createEdits({ store, steps, now, newId, mayEdit, source, frameSize }: EditsDependencies): Edits {
  const table = createEditTable(store.connection);
  /** Decoded sizes by content; a file's bytes never change under one hash. */
  const known = new Map<string, EditSource>();
  const mostKnown = 512;

  const photo = (id: string): EditablePhoto => {
    const [found] = table.photos([id]);
    if (found === undefined)
      throw new AppError('notFound', 'This photo is not in your library any more.', { photoID: id });
    return found;
  };

  async function sourceOf(one: EditablePhoto): Promise<EditSource & { reason: string | null }> {
    const cached = one.sha256 === null ? undefined : known.get(one.sha256);
    if (cached !== undefined) return { ...cached, reason: null };
    try {
      const found = await source(one.id);
      if (one.sha256 !== null) {
        if (known.size >= mostKnown) known.clear();
        known.set(one.sha256, found);
      }
      return { ...found, reason: null };
    } catch (error) {
      if (!isAppError(error)) throw error;
      // The original may be on another computer: its preview can be edited all the same.
      const away = error.code === 'notFound' || error.code === 'folderUnavailable';
      const lying = one.orientation !== null && one.orientation >= 5;
      const [width, height] = lying ? [one.height, one.width] : [one.width, one.height];
      return {
        width: width ?? 1,
        height: height ?? 1,
        space: 'srgb',
        family: one.mediaType,
        reason: away && width !== null && height !== null && one.mediaType === 'image' ? null : error.message,
      };
    }
  }

  function editability(
    one: EditablePhoto,
    unreadable: string | null,
  ): { editability: Editability; reason: string | null } {
    if (unreadable !== null) return { editability: 'none', reason: unreadable };
    const verdict = mayEdit(one.id);
    if (!verdict.allowed) return { editability: 'none', reason: verdict.reason };
    return one.mediaType === 'video'
      ? { editability: 'geometry', reason: videoReason }
      : { editability: 'full', reason: null };
  }

  async function get(id: string): Promise<PhotoEdits> {
    const one = photo(id);
    const { width, height, space, reason } = await sourceOf(one);
    return {
      photoID: one.id,
      current: one.current,
      versions: [...table.versions(id)],
      stack: stackToJson(one.stack),
      width,
      height,
      space,
      ...editability(one, reason),
    };
  }

  /** Why this stack cannot be given to this photo, or null. */
  function refusal(one: EditablePhoto, stack: EditStack): string | null {
    const verdict = mayEdit(one.id);
    if (!verdict.allowed) return verdict.reason;
    if (one.mediaType === 'video') return stack.steps.some((step) => isLook(step.kind)) ? videoReason : null;
    // One that somebody else's program put there means nothing to a photo, and is no reason to refuse what follows.
    return stepOf(stack, 'poster') === undefined || stepOf(one.stack, 'poster') !== undefined ? null : posterReason;
  }

  function write(one: EditablePhoto, stack: EditStack, label: string | null, at: number): void {
    if (isEmptyStack(stack)) table.choose(one, null, emptyStack, at);
    else {
      table.add(one, { id: newId() as EditID, stack, label, at });
      // With the version, so that the frame's picture travels, and is taken back, together with it.
      const poster = stepOf(stack, 'poster');
      const byteSize = poster === undefined ? undefined : frameSize(poster.picture);
      if (poster !== undefined && byteSize !== undefined) table.addFrame(one, poster.picture, byteSize, at);
    }
  }

  /** One undoable step over many photos; those that may not or need not change are left out. */
  function many(
    ids: readonly string[],
    verb: (count: number) => string,
    change: (one: EditablePhoto) => EditStack,
    label: string | null,
  ): Promise<Outcome> {
    return steps.run(() => {
      const rows: { readonly one: EditablePhoto; readonly stack: EditStack }[] = [];
      const reasons = new Set<string>();
      let refused = 0;
      for (const one of table.photos([...new Set(ids)])) {
        const stack = change(one);
        if (sameStack(stack, one.stack) && (one.current !== null || isEmptyStack(stack))) continue;
        const reason = refusal(one, stack);
        if (reason !== null) {
          refused++;
          reasons.add(reason);
        } else rows.push({ one, stack });
      }
      return {
        label: verb(rows.length),
        rows,
        write: ({ one, stack }) => write(one, stack, label, now()),
        result: { changed: rows.length, refused, reasons: [...reasons] },
      };
    });
  }

  const photosOf = (count: number): string => (count === 1 ? 'a photo' : `${count} photos`);

  async function setCurrent(
    id: string,
    label: string,
    next: (one: EditablePhoto) => (() => void) | null,
  ): Promise<void> {
    await steps.run(() => {
      const apply = next(photo(id));
      return { label, rows: apply === null ? [] : [apply], write: (run) => run(), result: undefined };
    });
  }

  return {
    get,
    save: async (id, input, label) => {
      const stack = readStackInput(input);
      await setCurrent(id, `Edited “${photo(id).fileName}”`, (one) => {
        const reason = refusal(one, stack);
        if (reason !== null) {
          const code = mayEdit(id).allowed ? 'notSupported' : 'permissionFailure';
          throw new AppError(code, reason, { photoID: id });
        }
        if (sameStack(stack, one.stack)) return null;
        const poster = stepOf(stack, 'poster');
        const isNew = poster !== undefined && poster.picture !== stepOf(one.stack, 'poster')?.picture;
        if (isNew && frameSize(poster.picture) === undefined && !table.frameState(id, poster.picture))
          throw new AppError('invalidInput', 'poster: there is no picture of this frame.', { step: 'poster' });
        return () => write(one, stack, label, now());
      });
      return get(id);
    },
    paste: async (ids, input, options) => {
      const copied = readStackInput(input);
      return many(
        ids,
        (n) => `Pasted edits onto ${photosOf(n)}`,
        (one) => pasteStack(one.stack, copied, options),
        'paste',
      );
    },
    sync: async (ids, input, kinds) => {
      const from = readStackInput(input);
      return many(
        ids,
        (n) => `Synced edits to ${photosOf(n)}`,
        (one) => syncKinds(one.stack, from, kinds),
        'sync',
      );
    },
    turn: (ids, by) =>
      many(
        ids,
        (n) => `${by === 'clockwise' || by === 'anticlockwise' ? 'Turned' : 'Flipped'} ${photosOf(n)}`,
        ({ stack }) =>
          by === 'clockwise' || by === 'anticlockwise'
            ? turnStack(stack, by === 'clockwise' ? 1 : -1)
            : flipStack(stack, by),
        null,
      ),
    revert: (ids) =>
      many(
        ids,
        (n) => `Reverted ${photosOf(n)} to the original`,
        () => emptyStack,
        null,
      ),
    choose: async (id, version) => {
      await setCurrent(id, `Went back to an earlier version of “${photo(id).fileName}”`, (one) => {
        const verdict = mayEdit(id);
        if (!verdict.allowed) throw new AppError('permissionFailure', verdict.reason, { photoID: id });
        const stack = table.stackOf(id, version);
        if (stack === undefined)
          throw new AppError('notFound', 'This version of the edits is not there any more.', { photoID: id });
        return one.current === version ? null : () => table.choose(one, version as EditID, stack, now());
      });
      return get(id);
    },
  };
}
