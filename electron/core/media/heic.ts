import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import sharp from 'sharp';
import { AppError } from '../../../shared/errors.ts';
import { PixelError, pipelineSeconds, type Pixels, type PixelSource } from './pixels.ts';

/** The part of libheif's C interface that is used. Numbers are addresses in the WASM memory unless named otherwise. */
interface LibHeif {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(at: number): void;
  _heif_context_alloc(): number;
  _heif_context_free(context: number): void;
  _heif_context_read_from_memory_without_copy(
    error: number,
    context: number,
    at: number,
    size: number,
    o: number,
  ): void;
  _heif_context_get_primary_image_handle(error: number, context: number, out: number): void;
  _heif_image_handle_release(handle: number): void;
  _heif_image_handle_get_width(handle: number): number;
  _heif_image_handle_get_height(handle: number): number;
  _heif_image_handle_get_number_of_thumbnails(handle: number): number;
  _heif_image_handle_get_list_of_thumbnail_IDs(handle: number, out: number, count: number): number;
  _heif_image_handle_get_thumbnail(error: number, handle: number, id: number, out: number): void;
  _heif_decode_image(error: number, handle: number, out: number, space: number, chroma: number, options: number): void;
  _heif_image_get_plane_readonly(image: number, channel: number, outStride: number): number;
  _heif_image_get_width(image: number, channel: number): number;
  _heif_image_get_height(image: number, channel: number): number;
  _heif_image_release(image: number): void;
}

/** libheif's own numbers: colour space RGB, chroma interleaved RGBA, channel interleaved. */
const rgb = 1;
const interleavedRgba = 11;
const interleaved = 10;

/** Above this a full decode would pass the worker's memory limit: 4 bytes per pixel twice, and the planes. */
const maximumMegapixels = 64;
/** A HEIC is read whole; no camera writes one this large. */
const maximumBytes = 256 * 1024 * 1024;

export interface HeicDecoder {
  /**
   * Decodes a HEIC or HEIF still. libheif turns the picture by its own boxes, so EXIF orientation must not be applied
   * again. Above 64 megapixels the thumbnail inside the file is taken instead, unless all of the picture is wanted.
   * @throws PixelError when it is damaged; AppError fileTooLarge when it is too large and its thumbnail will not do.
   */
  open(source: PixelSource): Pixels;
}

/** Makes a decoder. The WASM module is loaded at the first picture; its memory only grows, so workers are recycled. */
export function createHeicDecoder(): HeicDecoder {
  let loaded: LibHeif | undefined;
  return {
    open: (source) => {
      if (source.bytes === undefined && statSync(source.path).size > maximumBytes) {
        throw new AppError('fileTooLarge', 'A HEIC file over 256 MB is not opened.');
      }
      loaded ??= load();
      try {
        const bytes = source.bytes ?? readFileSync(source.path);
        const { data, width, height, reduced } = decode(loaded, bytes, source.wanted);
        const image = sharp(data, { raw: { width, height, channels: 4 } }).timeout({ seconds: pipelineSeconds });
        return { image, width, height, reduced };
      } catch (error) {
        if (error instanceof PixelError || error instanceof AppError) throw error;
        // A WASM abort leaves the module unusable; the next picture gets a fresh one.
        loaded = undefined;
        throw new PixelError('HEIC: the data of the picture is damaged.', { cause: error });
      }
    },
  };
}

function load(): LibHeif {
  const require = createRequire(import.meta.url);
  const make = require('libheif-js/libheif-wasm/libheif.js') as (options: { wasmBinary: Buffer }) => LibHeif;
  return make({ wasmBinary: readFileSync(require.resolve('libheif-js/libheif-wasm/libheif.wasm')) });
}

function decode(
  heif: LibHeif,
  bytes: Uint8Array,
  wanted: number,
): { data: Uint8Array; width: number; height: number; reduced: boolean } {
  const freed: (() => void)[] = [];
  const allocate = (size: number) => {
    const at = heif._malloc(size);
    if (at === 0) throw new AppError('fileTooLarge', 'The HEIC decoder has no memory left for this file.');
    freed.push(() => heif._free(at));
    return at;
  };
  const word = (at: number) =>
    new DataView(heif.HEAPU8.buffer, heif.HEAPU8.byteOffset, heif.HEAPU8.byteLength).getUint32(at, true);
  // heif_error is a struct of code, subcode and message, returned through a hidden first argument.
  const error = allocate(12);
  const out = allocate(8);
  const check = () => {
    if (word(error) === 0) return;
    const start = word(error + 8);
    const end = heif.HEAPU8.indexOf(0, start);
    const said = Buffer.from(heif.HEAPU8.subarray(start, end)).toString('utf8');
    throw new PixelError('HEIC: the data of the picture is damaged.', { cause: new Error(said) });
  };
  try {
    const input = allocate(bytes.length);
    heif.HEAPU8.set(bytes, input);
    const context = heif._heif_context_alloc();
    freed.push(() => heif._heif_context_free(context));
    heif._heif_context_read_from_memory_without_copy(error, context, input, bytes.length, 0);
    check();
    heif._heif_context_get_primary_image_handle(error, context, out);
    check();
    let handle = word(out);
    freed.push(() => heif._heif_image_handle_release(handle));
    const pixels = heif._heif_image_handle_get_width(handle) * heif._heif_image_handle_get_height(handle);
    const reduced = pixels > maximumMegapixels * 1e6;
    if (reduced) handle = thumbnailOf(handle, pixels);
    heif._heif_decode_image(error, handle, out, rgb, interleavedRgba, 0);
    check();
    const image = word(out);
    freed.push(() => heif._heif_image_release(image));
    return { ...copyPlane(image), reduced };
  } finally {
    for (const free of freed.reverse()) free();
  }

  function thumbnailOf(handle: number, pixels: number): number {
    // Somebody who asks for the whole picture would take a thumbnail for it.
    if (wanted === Infinity || heif._heif_image_handle_get_number_of_thumbnails(handle) === 0) {
      throw new AppError(
        'fileTooLarge',
        `The picture has ${Math.round(pixels / 1e6)} megapixels; HEIC is decoded up to ${maximumMegapixels}.`,
      );
    }
    heif._heif_image_handle_get_list_of_thumbnail_IDs(handle, out, 1);
    const id = word(out);
    heif._heif_image_handle_get_thumbnail(error, handle, id, out);
    check();
    heif._heif_image_handle_release(handle);
    return word(out);
  }

  function copyPlane(image: number) {
    const width = heif._heif_image_get_width(image, interleaved);
    const height = heif._heif_image_get_height(image, interleaved);
    const plane = heif._heif_image_get_plane_readonly(image, interleaved, out);
    const stride = word(out);
    if (plane === 0 || width <= 0 || height <= 0) throw new PixelError('The HEIC file holds no picture.');
    const data = Buffer.allocUnsafe(width * height * 4);
    for (let row = 0; row < height; row += 1) {
      const start = plane + row * stride;
      data.set(heif.HEAPU8.subarray(start, start + width * 4), row * width * 4);
    }
    return { data, width, height };
  }
}
