import { lstatSync } from 'node:fs';
import { basename, join } from 'node:path';
import { systemCode } from '../../../shared/disk/systemCode.ts';
import { errorMessage, isAppError } from '../../../shared/errors.ts';
import { mayPass } from '../media/fileErrors.ts';
import type { HeaderResult } from '../media/headerFacts.ts';
import type { Store } from '../store/store.ts';
import type { ContentPass } from './contentPass.ts';
import type { FactsPass } from './factsPass.ts';
import type { FileRows, FolderRow } from './fileRows.ts';
import type { Gate } from './gate.ts';
import type { PairPass } from './pairPass.ts';
import type { PhotoRows } from './photoRows.ts';
import type { ScanJobs } from './scanJobs.ts';
import type { ItemRow, SessionRows, SessionState } from './sessionRows.ts';
import type { SidecarPass } from './sidecarPass.ts';

/** What every pass works with. */
export interface PassContext {
  readonly store: Store;
  readonly sessions: SessionRows;
  readonly files: FileRows;
  readonly photos: PhotoRows;
  /** Wall clock in ms. */
  readonly now: () => number;
  readonly newId: () => string;
}

export interface SessionDependencies extends PassContext {
  readonly sessionID: string;
  readonly gate: Gate;
  readonly headers: (paths: readonly string[]) => Promise<Awaited<ReturnType<ScanJobs['headers']>>>;
  /** Lists the session's files into items; only called while its state is `scanning`. */
  readonly discover: () => Promise<void>;
  /** Told that so many files are about to be read whole. */
  readonly expect: (files: number) => void;
  readonly content: ContentPass;
  readonly facts: FactsPass;
  readonly pairs: PairPass;
  readonly sidecars: SidecarPass;
  /** Resolves when it is worth trying to write again after the disk was full. */
  readonly waitForSpace: (signal: AbortSignal) => Promise<void>;
  readonly onState: (state: SessionState, message: string | null) => void;
  readonly onProgress: () => void;
  readonly reportError: (error: unknown) => void;
}

/** Failed readings of a file, for reasons that should pass, after which it is given up: hours after the first. */
const mostAttempts = 10;
/**
 * How far apart they must be to count. A folder in which something changes is scanned every few seconds, while another
 * program may hold a file for minutes.
 */
const attemptsApartMs = 30 * 60_000;
/** Rows per transaction of the header pass: large enough to be quick, small enough not to hold up another writer. */
const headerBatch = 100;
/** Files in flight: per media worker one drawn and one read, and one whose result is settled. */
const filesInFlight = 5;
/** Photos whose facts are asked for: one per media worker and one waiting. */
const factsInFlight = 3;

/**
 * Takes the files of one session in, from wherever it stood: every stage asks the database what is left to do, so a
 * killed process goes on where it was. Returns when all is done; the state is then `done` or `cancelled`.
 * @throws only programming errors; what goes wrong with a file is in its item.
 */
export async function runSession(deps: SessionDependencies): Promise<void> {
  const { sessions, sessionID, gate } = deps;
  for (;;) {
    try {
      await gate.pass();
      if (sessions.session(sessionID)?.state === 'scanning') {
        await deps.discover();
        // Paused meanwhile: resuming then finds the files listed and goes on with them.
        if (!gate.held) setState(deps, 'running', null);
      }
      await stages(deps);
      setState(deps, 'done', null);
      return;
    } catch (error) {
      if (isAppError(error) && error.code === 'cancelled') return;
      if (!isAppError(error) || error.code !== 'diskFull') throw error;
      const before = sessions.session(sessionID)?.state ?? 'running';
      setStateQuietly(deps, 'waitingForSpace', error.message);
      await deps.waitForSpace(gate.signal).catch(() => undefined);
      if (gate.signal.aborted) return;
      // Paused meanwhile: it goes on when it is resumed, and only then.
      setStateQuietly(deps, gate.held ? 'paused' : before === 'scanning' ? 'scanning' : 'running', null);
    }
  }
}

async function stages(deps: SessionDependencies): Promise<void> {
  await headerPass(deps);
  await contentPass(deps);
  await sidecarPass(deps, false);
  await factsPass(deps);
  await pairPass(deps);
  await sidecarPass(deps, true);
  await factsPass(deps);
}

function setState(deps: SessionDependencies, state: SessionState, message: string | null): void {
  const { store, sessions, sessionID, now } = deps;
  store.transaction('ingest', () => {
    sessions.setState(sessionID, state, message, state === 'done' ? now() : null);
  });
  deps.onState(state, message);
}

/** On a full disk even this small write may fail; what the person sees comes from `onState` then. */
function setStateQuietly(deps: SessionDependencies, state: SessionState, message: string | null): void {
  try {
    setState(deps, state, message);
  } catch (error) {
    if (!isAppError(error) || error.code !== 'diskFull') throw error;
    deps.onState(state, message);
  }
}

/** Rows and placeholders for everything, before any file is read whole. */
async function headerPass(deps: SessionDependencies): Promise<void> {
  const { sessions, sessionID, gate } = deps;
  let after = 0;
  let ahead: Promise<readonly HeaderResult[]> | undefined;
  let batch = sessions.items(sessionID, 'pending', 'main', after, headerBatch);
  deps.expect(batch.length);
  while (batch.length > 0) {
    await gate.pass();
    const results = await (ahead ?? deps.headers(batch.map((item) => item.path)));
    after = batch.at(-1)?.id ?? after;
    // The scan worker reads the next heads while this thread writes these rows.
    const nextBatch = sessions.items(sessionID, 'pending', 'main', after, headerBatch);
    ahead = nextBatch.length === 0 ? undefined : deps.headers(nextBatch.map((item) => item.path));
    ahead?.catch(() => undefined);
    takeHeaders(deps, batch, results);
    deps.onProgress();
    batch = nextBatch;
  }
}

/** Makes the rows of a batch; where one file's cannot be made, those of the others. */
function takeHeaders(deps: SessionDependencies, batch: readonly ItemRow[], headers: readonly HeaderResult[]): void {
  const transaction = (work: () => void): void => deps.store.transaction('ingest', work);
  try {
    transaction(() => {
      for (const [index, item] of batch.entries()) takeHeader(deps, item, headers[index]);
    });
    return;
  } catch (error) {
    if (!isOfOneFile(error) || headers.length < batch.length) throw error;
  }
  // Nothing of the batch is written: each by itself tells whose fault it was.
  for (const [index, item] of batch.entries()) {
    try {
      transaction(() => takeHeader(deps, item, headers[index]));
    } catch (error) {
      if (!isOfOneFile(error)) throw error;
      deps.reportError(error);
      const reason = `What this file says of itself could not be written down: ${errorMessage(error)}`;
      transaction(() => fail(deps, item, reason, false));
    }
  }
}

/** Troubles that would meet every file after this one as well; `timedOut` is a library that another writer holds. */
const troublesOfAll = ['cancelled', 'diskFull', 'timedOut', 'libraryCorrupt', 'libraryReadOnly'];

/**
 * True for what went wrong with the rows of one file and says nothing about the next: a value no column takes, a fault of
 * ours. Asked where nothing but the library was at work.
 */
export function isOfOneFile(error: unknown): boolean {
  if (isAppError(error)) return !troublesOfAll.includes(error.code);
  const code = systemCode(error) ?? '';
  return !code.startsWith('SQLITE_') || /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/.test(code);
}

/** Makes the row of one file from its header, or says why not. Inside a transaction. */
export function takeHeader(context: PassContext, item: ItemRow, header: HeaderResult | undefined): void {
  const { sessions, photos, files, now, newId } = context;
  if (header === undefined) throw new Error('The scan worker answered for fewer files than it was asked about');
  if (header.kind !== 'media') return refuse(context, item, header);
  if (item.change === 'edited') return sessions.readItem(item.id, header.format, item.photo_id, item.file_id);
  const photoID = newId();
  photos.insertHeader(
    photoID,
    {
      name: basename(item.path),
      format: header.format,
      byteSize: item.byte_size,
      modifiedMs: Number(BigInt(item.modified_ns) / 1_000_000n),
    },
    header.facts,
    now(),
  );
  if (item.file_id !== null) {
    // Known as waiting, rejected, or split from a photo whose other copies stayed as they were.
    files.ownFile(item.file_id, photoID);
  }
  sessions.readItem(item.id, header.format, photoID, item.file_id);
}

/** A file that is none of ours, or cannot be read. A photo's ending makes it a failure, any other a skip. */
function refuse(context: PassContext, item: ItemRow, header: Exclude<HeaderResult, { kind: 'media' }>): void {
  const { sessions } = context;
  const looksLikePhoto = /\.(jpe?g|png|webp|avif|gif|tiff?|heic|heif|hif|dng|cr[23w]|nef|arw|raf|rw2|mp4|mov|webm)$/i;
  const outcome = header.kind === 'unreadable' || looksLikePhoto.test(item.path) ? 'failed' : 'skipped';
  sessions.finishItem(item.id, outcome, { reason: header.reason });
  // An edited photo that turned into something else keeps its row: the last good state is worth more than none.
  if (item.file_id === null) return;
  const passing = header.kind === 'unreadable' && header.passing;
  reject(context, item, item.file_id, header.reason, passing);
}

/**
 * Remembers a refused file as it lies there now, so that it is looked at again only when it changes. One that is not there,
 * with its folder renamed or its disk unplugged, or whose reading failed for a reason that passes, has not been looked at:
 * the next scan that finds it does. What should pass and does not for hours is given up.
 */
function reject({ files, now }: PassContext, item: ItemRow, fileID: string, reason: string, passing: boolean): void {
  if (isAway(item.path) || (passing && files.countAttempt(fileID, now(), attemptsApartMs) < mostAttempts)) {
    files.setFileState(fileID, 'waiting', reason);
    return;
  }
  if (passing) files.giveUp(fileID, reason);
  else files.setFileState(fileID, 'rejected', reason);
  // What it held of a photo is there no more: the photo is missing, or on the server again.
  const resourceID = files.file(fileID)?.resource_id;
  if (resourceID != null) files.refreshResource(resourceID);
  seeAsItLies(files, fileID, item.path);
}

/** True also where a folder above it cannot be asked. */
function isAway(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return true;
  }
}

/** Takes a file's look on the disk now as the one to compare with. */
export function seeAsItLies(files: FileRows, fileID: string, path: string): void {
  try {
    const stat = lstatSync(path, { bigint: true });
    files.setSeen(fileID, {
      byteSize: Number(stat.size),
      modifiedNs: String(stat.mtimeNs),
      changedNs: String(stat.ctimeNs),
      inode: String(stat.ino),
      device: String(stat.dev),
    });
  } catch {
    // Gone meanwhile: the next scan says so.
  }
}

async function contentPass(deps: SessionDependencies): Promise<void> {
  await eachItem(deps, 'read', 'main', filesInFlight, (item) => deps.content.take(item, deps.gate.signal));
}

async function pairPass(deps: SessionDependencies): Promise<void> {
  // What an interruption left between a row and its content: that it belongs to no photo beside it is decided.
  await eachItem(deps, 'read', 'pair', 1, (item) => deps.content.take(item, deps.gate.signal));
  await eachItem(deps, 'pending', 'pair', 1, async (item) => {
    const [header] = await deps.headers([item.path]);
    await deps.pairs.take(item, header, deps.gate.signal);
  });
}

async function sidecarPass(deps: SessionDependencies, last: boolean): Promise<void> {
  await eachItem(deps, 'pending', 'sidecar', 1, (item) => deps.sidecars.take(item, last, deps.gate.signal));
}

async function factsPass(deps: SessionDependencies): Promise<void> {
  for (;;) {
    await deps.gate.pass();
    const batch = deps.sessions.photosWithoutFacts(deps.sessionID, 200);
    if (batch.length === 0) return;
    await eachOf(batch, factsInFlight, async (photoID) => {
      await deps.gate.pass();
      try {
        await deps.facts.take(photoID, deps.gate.signal);
      } catch (error) {
        if (!isOfOneFile(error)) throw error;
        deps.reportError(error);
        // Unread, not done: lateFacts.ts tries again, of which a later version of Shoebox may make more.
        const reason = `Its facts could not be written down: ${errorMessage(error)}`;
        deps.store.transaction('ingest', () => deps.sessions.passOverFacts(photoID, reason));
      }
    });
    deps.onProgress();
  }
}

/** Runs a step over all items of a stage, a few at a time. A failing file is noted and never stops the rest. */
async function eachItem(
  deps: SessionDependencies,
  outcome: ItemRow['outcome'],
  role: ItemRow['role'],
  width: number,
  step: (item: ItemRow) => Promise<void>,
): Promise<void> {
  const { sessions, sessionID, gate, store } = deps;
  let after = 0;
  for (;;) {
    const batch = sessions.items(sessionID, outcome, role, after, 500);
    if (batch.length === 0) return;
    after = batch.at(-1)?.id ?? after;
    await eachOf(batch, width, async (item) => {
      await gate.pass();
      try {
        await step(item);
      } catch (error) {
        if (isAppError(error) && (error.code === 'cancelled' || error.code === 'diskFull')) throw error;
        // A fault of ours with one file is noted with that file; it does not stop the others either.
        if (!isAppError(error)) deps.reportError(error);
        store.transaction('ingest', () => fail(deps, item, errorMessage(error), mayPass(error)));
      }
      deps.onProgress();
    });
  }
}

/**
 * Notes a failed file and takes back the row its header had made. Inside a transaction.
 * @param passing whether the next scan is to read it again as it lies there
 */
export function fail(context: PassContext, item: ItemRow, reason: string, passing: boolean): void {
  const { sessions } = context;
  const current = sessions.item(item.id) ?? item;
  sessions.finishItem(item.id, 'failed', { reason });
  if (current.file_id !== null) reject(context, item, current.file_id, reason, passing);
  takeBackHeader(context, current.photo_id);
}

/** Takes back a row that only a file's header had made; any other photo stays. Inside a transaction. */
export function takeBackHeader(
  { sessions, photos, files }: Pick<PassContext, 'sessions' | 'photos' | 'files'>,
  photoID: string | null,
): void {
  if (photoID === null || photos.photo(photoID)?.state !== 'header') return;
  sessions.clearPhoto(photoID);
  files.disownFiles(photoID);
  photos.deletePhoto(photoID);
}

/** Runs `work` over a list, `width` at a time; the first error ends it after those in flight. */
async function eachOf<T>(list: readonly T[], width: number, work: (one: T) => Promise<void>): Promise<void> {
  let next = 0;
  let failed: { error: unknown } | undefined;
  const lane = async () => {
    for (;;) {
      const one = list[next];
      next += 1;
      if (one === undefined || failed !== undefined) return;
      try {
        await work(one);
      } catch (error) {
        failed ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  if (failed !== undefined) throw failed.error;
}

/** The absolute path of a file of a folder. */
export function absolutePath(folder: Pick<FolderRow, 'path'>, relative: string): string {
  return join(folder.path, ...relative.split('/'));
}
