import { constants } from 'node:fs';
import { chmod, copyFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { AppError, errorMessage } from '../../../shared/errors.ts';
import type { ExportOptions } from '../../../shared/model/edit.ts';
import { createExifTool, type ExifToolCalls } from './exiftoolFacts.ts';
import { toFileError } from './fileErrors.ts';
import { placeTags, videoPlaceTags } from './placeTags.ts';

/** A video that is to say less than its original. `target` must not exist; it is whole when the call returns. */
export interface StrippedVideoRequest {
  /** The original, read only. */
  readonly path: string;
  readonly target: string;
  readonly metadata: Exclude<ExportOptions['metadata'], 'all'>;
  /** Of the original, so that a long film is given more time. */
  readonly byteSize: number;
}

/** The dates a QuickTime file always has; "none" sets them to their own "unknown". */
const dates = [
  'QuickTime:CreateDate',
  'QuickTime:ModifyDate',
  'QuickTime:TrackCreateDate',
  'QuickTime:TrackModifyDate',
  'QuickTime:MediaCreateDate',
  'QuickTime:MediaModifyDate',
];

/** What nothing may answer to any more in the file that leaves. The first are of the place, `facts` of "none" beside it. */
const places = ['GPS*', 'Location*', 'City', 'State', 'Country', 'CountryCode', 'Sub-location', 'Province-State'];
const facts = ['Make', 'Model', 'SerialNumber', 'CameraSerialNumber', 'CreationDate', 'DateTimeOriginal'];

/** How long exiftool may take: it writes the whole file anew. In ms, and bytes a millisecond on a slow disk. */
const leastMs = 60_000;
const bytesPerMs = 2_000;

/**
 * Copies a video without its place, or without any of its facts, and makes sure of it by reading the copy: a place may
 * stand in boxes nobody can write (a dash camera's, a film's own track of positions). Pictures and sound stay as they are.
 * Ends early when `signal` aborts; then, and when it fails, nothing is left of the copy.
 * @throws AppError fileUnsupported when the place stays in it; diskFull, notFound, alreadyExists, cancelled
 */
export async function writeStrippedVideo(request: StrippedVideoRequest, signal?: AbortSignal): Promise<void> {
  const { path, target, metadata, byteSize } = request;
  // One of its own: the worker's gives up after the time a photo may take.
  const exiftool = createExifTool({ taskMs: leastMs + byteSize / bytesPerMs });
  const stop = (): void => void exiftool.end().catch(() => undefined);
  signal?.addEventListener('abort', stop, { once: true });
  let made = false;
  try {
    stopWhenCancelled(signal);
    await copy(path, target);
    made = true;
    stopWhenCancelled(signal);
    await strip(exiftool, request);
    const left = await leftIn(exiftool, target, metadata);
    if (left.length > 0) throw stays(request, `it still says ${left.slice(0, 3).join(', ')}`);
    stopWhenCancelled(signal);
  } catch (error) {
    // First whoever may have it open. What cannot go now goes with the folder it lies in; the reason must not get lost over it.
    await exiftool.end().catch(() => undefined);
    if (made) await rm(target, { force: true }).catch(() => undefined);
    stopWhenCancelled(signal);
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await exiftool.end();
  }
}

async function copy(path: string, target: string): Promise<void> {
  try {
    // A disk that can share the bytes of two files shares them.
    await copyFile(path, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } catch (error) {
    throw toFileError(error, path);
  }
  // An original that is write protected makes a copy that is; not every disk knows of that.
  await chmod(target, 0o644).catch(() => undefined);
}

async function strip(exiftool: ExifToolCalls, request: StrippedVideoRequest): Promise<void> {
  const removed =
    request.metadata === 'none'
      ? ['-all=', ...dates.map((tag) => `-${tag}=0000:00:00 00:00:00`)]
      : [...placeTags, ...videoPlaceTags].map((tag) => `-${tag}=`);
  try {
    await exiftool.write(request.target, {}, { writeArgs: [...removed, '-overwrite_original', '-m'] });
  } catch (error) {
    throw stays(request, errorMessage(error), error);
  } finally {
    // What exiftool leaves when it is ended over its work.
    await rm(`${request.target}_exiftool_tmp`, { force: true }).catch(() => undefined);
  }
}

/** The tags that tell what was to be removed, as exiftool names them with their groups. */
async function leftIn(
  exiftool: ExifToolCalls,
  path: string,
  metadata: StrippedVideoRequest['metadata'],
): Promise<string[]> {
  const asked = [...places, ...(metadata === 'none' ? facts : [])].map((tag) => `-${tag}`);
  // `-ee` reads what is recorded along the film as well.
  const readArgs = ['-ee', '-a', '-G1', ...asked];
  const raw: unknown = await exiftool.readRaw(path, { readArgs, ignoreMinorErrors: true });
  return Object.keys(z.record(z.string(), z.unknown()).parse(raw)).filter((tag) => tag.includes(':'));
}

function stays({ path, metadata }: StrippedVideoRequest, why: string, cause?: unknown): AppError {
  const what = metadata === 'none' ? 'The facts, and the place among them,' : 'The place';
  const message = `${what} could not be removed from ${basename(path)}, so it was not exported: ${why}.`;
  return new AppError('fileUnsupported', message, { path }, { cause });
}

function stopWhenCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new AppError('cancelled', 'The export was cancelled.');
}
