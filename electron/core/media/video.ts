import { openSync, closeSync, readSync } from 'node:fs';
import type { Input } from 'mediabunny';
import { NoPoster, openWithSharp, PixelError, type Pixels, type PixelSource } from './pixels.ts';
import { safeInteger } from './safeInteger.ts';

/** What a container says of its video, in the units of Facts. */
export interface VideoFacts {
  readonly width: number | null;
  readonly height: number | null;
  /** Degrees clockwise to turn the stored frames. */
  readonly rotation: number;
  readonly durationMs: number | null;
}

export interface VideoReader {
  /** Reads the container's own facts. @throws PixelError when it is no readable video. */
  facts(path: string): Promise<VideoFacts>;
  /**
   * A picture to stand for the video: its cover if it carries one, or its first frame where that is a plain JPEG
   * (Motion JPEG). @throws PixelError for every other codec: those need a renderer's decoder.
   */
  picture(source: PixelSource): Promise<Pixels>;
}

/** Reads videos without decoding them; no binary is shipped for that. */
export function createVideoReader(): VideoReader {
  return {
    facts: (path) =>
      reading(path, async (input) => {
        const track = await input.getPrimaryVideoTrack();
        const seconds = await input.computeDuration();
        return {
          width: track === null ? null : await track.getCodedWidth(),
          height: track === null ? null : await track.getCodedHeight(),
          rotation: track === null ? 0 : await track.getRotation(),
          durationMs: seconds > 0 ? safeInteger(seconds * 1_000) : null,
        };
      }),
    picture: async (source) => {
      const cover = await reading(source.path, async (input) => {
        const { images } = await input.getMetadataTags();
        return images?.[0]?.data;
      });
      if (cover !== undefined) return openWithSharp(cover, coverFormat(cover), 'lenient');
      const frame = firstMotionJpeg(source.path);
      if (frame !== undefined) return openWithSharp(frame, 'jpeg', 'lenient');
      throw new NoPoster('The video carries no picture of its own; its first frame is taken when it is shown.');
    },
  };
}

async function reading<T>(path: string, read: (input: Input) => Promise<T>): Promise<T> {
  // Loaded at the first video: photos do not wait for it.
  const { ALL_FORMATS, FilePathSource, Input } = await import('mediabunny');
  const input = new Input({ formats: ALL_FORMATS, source: new FilePathSource(path) });
  try {
    return await read(input);
  } catch (error) {
    throw new PixelError('The video file is damaged or cut short.', { cause: error });
  } finally {
    input.dispose();
  }
}

function coverFormat(bytes: Uint8Array): 'jpeg' | 'png' {
  return bytes[0] === 0x89 ? 'png' : 'jpeg';
}

/** The first whole JPEG of a Motion JPEG stream, when one begins within the first megabyte. */
function firstMotionJpeg(path: string): Uint8Array | undefined {
  const handle = openSync(path, 'r');
  try {
    const head = Buffer.alloc(1024 * 1024);
    const bytes = head.subarray(0, readSync(handle, head, 0, head.length, 0));
    if (!bytes.includes('jpeg', 0, 'latin1') && !bytes.includes('mjpa', 0, 'latin1')) return undefined;
    const start = bytes.indexOf(Buffer.from([0xff, 0xd8, 0xff]));
    const end = start < 0 ? -1 : bytes.indexOf(Buffer.from([0xff, 0xd9]), start);
    return end < 0 ? undefined : bytes.subarray(start, end + 2);
  } finally {
    closeSync(handle);
  }
}
