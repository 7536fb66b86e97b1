import { AppError } from '../../shared/errors.ts';

/** A video opened for taking still pictures of it. */
export type VideoFrames = {
  /** Length in seconds; null when the file does not say. */
  readonly seconds: number | null;
  /**
   * The frame at a time as a JPEG whose long edge is at most that of a preview.
   * @throws AppError fileUnsupported when the frame cannot be reached or drawn
   */
  readonly grab: (seconds: number) => Promise<Blob>;
  readonly dispose: () => void;
};

/** The long edge of a poster, pixels: that of every preview. */
const posterEdge = 1_600;
/** A decoder that says nothing for this long will not, ms. */
const patience = 15_000;
/** How often a frame is asked for that is not there yet, and for how long, ms. */
const frameWait = 50;
const longestFrameWait = 3_000;
/** How long to wait to be told of a frame in a window that nobody sees, where a browser tells of none, ms. */
const hiddenFrameWait = 500;
/** Pixels each way of the picture by which a drawn canvas is told from an empty one. */
const sampleEdge = 8;
/** Tried in turn until the picture fits into the call that takes it (1.5 MB). */
const qualities = [0.92, 0.8, 0.6] as const;
const mostBytes = 1_480_000;

/**
 * Opens a video with the window's own decoder.
 * @param url address of its original
 * @throws AppError fileUnsupported when this window has no decoder for it, or it cannot be read
 */
export async function openVideoFrames(url: string): Promise<VideoFrames> {
  const video = document.createElement('video');
  video.muted = true;
  video.preload = 'auto';
  // The desktop shell serves pictures from a host of their own: without this a canvas would keep its pixels to itself.
  video.crossOrigin = 'anonymous';
  const dispose = (): void => {
    video.removeAttribute('src');
    video.load();
  };
  try {
    await arriving(video, 'loadeddata', () => (video.src = url));
  } catch (error) {
    dispose();
    throw error;
  }
  return {
    seconds: Number.isFinite(video.duration) ? video.duration : null,
    grab: async (seconds) => {
      if (Math.abs(video.currentTime - seconds) > 0.01)
        await arriving(video, 'seeked', () => (video.currentTime = seconds));
      return draw(video);
    },
    dispose,
  };
}

/**
 * Waits until the video is where `start` brings it, and its frame as well. Its event comes a moment before the frame
 * does (seen in about one of a hundred seeks): what is drawn in between is the frame before.
 */
async function arriving(video: HTMLVideoElement, name: 'loadeddata' | 'seeked', start: () => void): Promise<void> {
  const frame = new Promise((told) => video.requestVideoFrameCallback(told));
  await happening(video, name, start);
  await Promise.race([frame, pause(document.hidden ? hiddenFrameWait : longestFrameWait)]);
}

/** Waits for an event of the video that `start` brings about. */
function happening(video: HTMLVideoElement, name: 'loadeddata' | 'seeked', start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      video.removeEventListener(name, done);
      video.removeEventListener('error', failed);
    };
    const done = (): void => {
      end();
      resolve();
    };
    const failed = (): void => {
      end();
      reject(new AppError('fileUnsupported', 'No picture can be taken of this video here: it cannot be played.'));
    };
    const timer = setTimeout(failed, patience);
    video.addEventListener(name, done);
    video.addEventListener('error', failed);
    start();
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

async function draw(video: HTMLVideoElement): Promise<Blob> {
  const { videoWidth, videoHeight } = video;
  const scale = Math.min(1, posterEdge / Math.max(videoWidth, videoHeight));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(videoWidth * scale);
  canvas.height = Math.round(videoHeight * scale);
  const context = canvas.getContext('2d');
  if (context === null || canvas.width === 0)
    throw new AppError('fileUnsupported', 'There is no picture in this video.');
  // A frame nobody was told of may not be there yet: then nothing is drawn, which as a JPEG is black.
  const late = performance.now() + longestFrameWait;
  for (;;) {
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    if (!isEmpty(canvas)) break;
    if (performance.now() > late) throw new AppError('fileUnsupported', 'No picture can be taken of this video now.');
    await pause(frameWait);
  }
  for (const quality of qualities) {
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', quality));
    if (blob !== null && blob.size <= mostBytes) return blob;
  }
  throw new AppError('fileTooLarge', 'The picture of this video is too large.');
}

/** Whether nothing was drawn there. */
function isEmpty(canvas: HTMLCanvasElement): boolean {
  const small = document.createElement('canvas');
  small.width = sampleEdge;
  small.height = sampleEdge;
  const context = small.getContext('2d');
  if (context === null) return false;
  context.drawImage(canvas, 0, 0, sampleEdge, sampleEdge);
  const { data } = context.getImageData(0, 0, sampleEdge, sampleEdge);
  return data.every((value, index) => index % 4 !== 3 || value === 0);
}

/** A picture as the contract takes it. */
export async function base64Of(blob: Blob): Promise<string> {
  const reader = new FileReader();
  await new Promise<void>((done, fail) => {
    reader.addEventListener('load', () => done());
    reader.addEventListener('error', () => fail(new AppError('internal', 'A picture could not be read back.')));
    reader.readAsDataURL(blob);
  });
  const text = typeof reader.result === 'string' ? reader.result : '';
  return text.slice(text.indexOf(',') + 1);
}
