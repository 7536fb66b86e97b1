import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createCpuPreview } from '../../renderer/features/editor/preview/cpuPreview.ts';
import type { BandAnswer, BandRequest } from '../../renderer/features/editor/preview/bandMessages.ts';
import type { PreviewSource } from '../../renderer/features/editor/preview/preview.ts';
import { makeSmallSource } from '../../shared/edits/clarity.ts';
import { compileStack } from '../../shared/edits/compile.ts';
import { emptyStack } from '../../shared/edits/stack.ts';

/* What the window does about its painting threads; what they paint is seen in a browser (agreement.test.ts). */

const size = { width: 8, height: 6 };
const pixels = { ...size, channels: 4 as const, data: new Uint8ClampedArray(8 * 6 * 4).fill(200) };
const source: PreviewSource = {
  bitmap: {} as ImageBitmap,
  pixels,
  small: makeSmallSource(pixels.data, size, 4),
  space: 'srgb',
};
const compiled = compileStack(emptyStack, size, 'srgb');
const view = { compiled, output: size, warn: false, split: 0 };

/** A thread that answers each request for a band as it is told. */
class FakeWorker extends EventTarget {
  readonly answer: (worker: FakeWorker, id: number) => void;
  ended = false;
  constructor(answer: (worker: FakeWorker, id: number) => void) {
    super();
    this.answer = answer;
  }
  postMessage(request: BandRequest): void {
    if (request.kind === 'paint') queueMicrotask(() => this.answer(this, request.id));
  }
  terminate(): void {
    this.ended = true;
  }
}

let put: { readonly rows: number; readonly at: number }[] = [];
beforeEach(() => {
  put = [];
  vi.stubGlobal(
    'ImageData',
    class {
      readonly height: number;
      constructor(_data: unknown, _width: number, height: number) {
        this.height = height;
      }
    },
  );
});
afterEach(() => vi.unstubAllGlobals());

function previewWith(answers: readonly ((worker: FakeWorker, id: number) => void)[]) {
  const workers: FakeWorker[] = [];
  const canvas = {
    width: 0,
    height: 0,
    getContext: () => ({
      putImageData: (image: { readonly height: number }, _x: number, at: number) =>
        put.push({ rows: image.height, at }),
    }),
  };
  const preview = createCpuPreview(
    canvas as unknown as HTMLCanvasElement,
    () => {
      const answer = answers[workers.length];
      if (answer === undefined) throw new Error('no thread can be started');
      const worker = new FakeWorker(answer);
      workers.push(worker);
      return worker as unknown as Worker;
    },
    2,
  );
  preview.setSource(source);
  return { preview, workers };
}

const paints = (worker: FakeWorker, id: number): void => {
  const data: BandAnswer = { id, pixels: new Uint8ClampedArray(8 * 3 * 4) };
  worker.dispatchEvent(new MessageEvent('message', { data }));
};
const fails = (worker: FakeWorker): void => void worker.dispatchEvent(new Event('error'));

test('the window paints the first frame, while the threads begin, and each of them a band of every one after', async () => {
  const { preview } = previewWith([paints, paints]);
  expect(await preview.draw(view)).toBe(true);
  expect(put).toEqual([{ rows: 6, at: 0 }]);
  put = [];
  expect(await preview.draw(view)).toBe(true);
  expect(put).toEqual([
    { rows: 3, at: 0 },
    { rows: 3, at: 3 },
  ]);
});

test('when a thread cannot paint, the window paints the whole picture by itself, then and from then on', async () => {
  const { preview, workers } = previewWith([paints, fails]);
  expect(await preview.draw(view)).toBe(true);
  put = [];
  expect(await preview.draw(view)).toBe(true);
  expect(put).toEqual([{ rows: 6, at: 0 }]);
  expect(workers.map(({ ended }) => ended)).toEqual([true, true]);
  expect(await preview.draw(view)).toBe(true);
  expect(put).toHaveLength(2);
});

test('where no thread can be started the window paints', async () => {
  const { preview } = previewWith([]);
  expect(await preview.draw(view)).toBe(true);
  expect(put).toEqual([{ rows: 6, at: 0 }]);
});

test('a picture that a newer one overtook is not shown', async () => {
  const { preview } = previewWith([paints, paints]);
  const [first, second] = await Promise.all([preview.draw(view), preview.draw(view)]);
  expect([first, second]).toEqual([false, true]);
  expect(put).toHaveLength(2);
  preview.dispose();
  expect(await preview.draw(view)).toBe(false);
});
