import { gaussianTaps } from '../../../../shared/edits/blur.ts';
import { compileClarity } from '../../../../shared/edits/clarity.ts';
import type { CompiledStack } from '../../../../shared/edits/compile.ts';
import {
  clarityReach,
  grainReach,
  grainTile,
  grainTileSize,
  sharpnessLimit,
  sharpnessReach,
  vignetteReach,
  vignetteStart,
} from '../../../../shared/edits/effects.ts';
import { scaledMap } from '../../../../shared/edits/geometry.ts';
import type { Size } from '../../../../shared/edits/geometry.ts';
import { toneTableMax, toneTableSize } from '../../../../shared/edits/tone.ts';
import { createProgram, createTarget, createTexture } from './glObjects.ts';
import type { GlProgram, GlTarget } from './glObjects.ts';
import { fitInto, sampleEdge } from './preview.ts';
import type { Preview, PreviewSource, PreviewView } from './preview.ts';
import { blurShader, directShader, finishShader, gradeShader, mostTaps, vertexShader } from './shaders.ts';

/** Texture units, one per picture the programs read. */
const units = { source: 0, tone: 1, clarityGrid: 2, grainTile: 3, gradedPicture: 4, blurredRows: 5 } as const;
/** A blur narrower than this changes nothing that 8 bits could show; the CPU executor leaves it out as well. */
const narrowestSigma = 0.25;

/**
 * The preview on the GPU (WebGL2), or null where there is none. Draws at screen size in one pass, or three when the
 * stack sharpens.
 */
export function createGlPreview(canvas: HTMLCanvasElement | OffscreenCanvas): Preview | null {
  const gl = canvas.getContext('webgl2', {
    alpha: true,
    antialias: false,
    depth: false,
    premultipliedAlpha: true,
    preserveDrawingBuffer: false,
    powerPreference: 'high-performance',
  });
  return gl === null ? null : previewOn(gl, canvas);
}

function previewOn(gl: WebGL2RenderingContext, canvas: HTMLCanvasElement | OffscreenCanvas): Preview {
  const floats =
    gl.getExtension('EXT_color_buffer_float') !== null || gl.getExtension('EXT_color_buffer_half_float') !== null;

  const made: GlProgram[] = [];
  const program = (fragment: string): GlProgram => {
    const one = createProgram(gl, vertexShader, fragment);
    made.push(one);
    return one;
  };
  const direct = program(directShader);
  // Sharpening is rarer: its three programs are compiled when first needed.
  let sharpening: { readonly grade: GlProgram; readonly blur: GlProgram; readonly finish: GlProgram } | null = null;

  const textures = {
    source: createTexture(gl, 'linear', 'clamp'),
    tone: createTexture(gl, 'nearest', 'clamp'),
    clarityGrid: createTexture(gl, 'linear', 'clamp'),
    grainTile: createTexture(gl, 'linear', 'repeat'),
  };
  gl.bindTexture(gl.TEXTURE_2D, textures.grainTile);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, grainTileSize, grainTileSize, 0, gl.RED, gl.UNSIGNED_BYTE, grainTile());
  gl.bindTexture(gl.TEXTURE_2D, textures.clarityGrid);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RG16F, 1, 1, 0, gl.RG, gl.FLOAT, new Float32Array(2));

  const half = floats
    ? ([gl.RGBA16F, gl.RGBA, gl.HALF_FLOAT] as const)
    : ([gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE] as const);
  const targets: Record<'graded' | 'blurred' | 'sample', GlTarget> = {
    graded: createTarget(gl, half),
    blurred: createTarget(gl, half),
    sample: createTarget(gl, [gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE]),
  };

  let source: PreviewSource | null = null;
  let uploadedTone: Float32Array | null = null;

  function upload(compiled: CompiledStack): void {
    if (source === null) return;
    if (!sameTable(uploadedTone, compiled.colour.tone)) {
      gl.activeTexture(gl.TEXTURE0 + units.tone);
      gl.bindTexture(gl.TEXTURE_2D, textures.tone);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, toneTableSize, 1, 0, gl.RED, gl.FLOAT, compiled.colour.tone);
      uploadedTone = compiled.colour.tone;
    }
    if (compiled.detail.clarity !== 0) {
      const grid = compileClarity(compiled, source.small);
      gl.activeTexture(gl.TEXTURE0 + units.clarityGrid);
      gl.bindTexture(gl.TEXTURE_2D, textures.clarityGrid);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RG16F, grid.width, grid.height, 0, gl.RG, gl.FLOAT, grid.pairs);
    }
  }

  function bind(unit: number, texture: WebGLTexture): void {
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, texture);
  }

  function draw(into: GlTarget | null, size: Size, toScreen: boolean, use: GlProgram): void {
    gl.bindFramebuffer(gl.FRAMEBUFFER, into === null ? null : into.framebuffer);
    gl.viewport(0, 0, size.width, size.height);
    gl.uniform1i(use.at('toScreen'), toScreen ? 1 : 0);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  function setGrading(use: GlProgram, { compiled, output }: PreviewView): void {
    if (source === null) return;
    gl.useProgram(use.program);
    const map = scaledMap(compiled.geometry, source.pixels, output);
    const [sw, sh] = [source.pixels.width, source.pixels.height];
    gl.uniform2f(use.at('mapX'), (map.xx * output.width) / sw, (map.yx * output.width) / sh);
    gl.uniform2f(use.at('mapY'), (map.xy * output.height) / sw, (map.yy * output.height) / sh);
    gl.uniform2f(use.at('mapOrigin'), map.x0 / sw, map.y0 / sh);
    // Whole pixels need no resampling; a turned or stretched picture would soften visibly if it were only bilinear.
    const whole = (value: number): boolean => Math.abs(Math.abs(value) - Math.round(Math.abs(value))) < 1e-4;
    const aligned = [map.xx, map.xy, map.yx, map.yy].every(whole) && whole(map.x0) && whole(map.y0);
    const turned = map.xx !== 0 && map.xy !== 0;
    const smaller = !turned && Math.hypot(map.xx, map.yx) > 1.05;
    gl.uniform1i(use.at('smoothly'), aligned || smaller ? 0 : 1);
    gl.uniform2f(use.at('sourceSize'), sw, sh);
    const { colour } = compiled;
    gl.uniform1i(use.at('identity'), colour.identity ? 1 : 0);
    gl.uniformMatrix3fv(use.at('matrix'), true, colour.matrix);
    gl.uniform1f(use.at('saturation'), colour.saturation);
    gl.uniform1f(use.at('vibrance'), colour.vibrance);
    gl.uniform3fv(use.at('toning'), colour.toning);
    gl.uniform3fv(use.at('luma'), colour.luma);
    gl.uniform1f(use.at('toneScale'), (toneTableSize - 1) / Math.sqrt(toneTableMax));
    gl.uniform1i(use.at('toneLast'), toneTableSize - 1);
    gl.uniform1i(use.at('source'), units.source);
    gl.uniform1i(use.at('tone'), units.tone);
    bind(units.source, textures.source);
    bind(units.tone, textures.tone);
  }

  function setFinishing(use: GlProgram, { compiled, output, warn, split }: PreviewView, sharpness: number): void {
    const { detail, geometry } = compiled;
    const scale = output.width / geometry.output.width;
    gl.uniform1f(use.at('clarity'), detail.clarity * clarityReach * 4);
    gl.uniform1f(use.at('sharpness'), sharpness);
    gl.uniform1f(use.at('sharpnessLimit'), sharpnessLimit);
    gl.uniform1f(use.at('vignette'), detail.vignette * vignetteReach);
    gl.uniform2f(use.at('vignetteShape'), vignetteStart, 1 / (1 - vignetteStart));
    gl.uniform1f(use.at('grain'), (detail.grain * grainReach) / 128);
    const cells = detail.grainScale / scale / grainTileSize;
    gl.uniform2f(use.at('grainCells'), output.width * cells, output.height * cells);
    gl.uniform1i(use.at('warn'), warn ? 1 : 0);
    gl.uniform1f(use.at('split'), split);
    gl.uniform1i(use.at('clarityGrid'), units.clarityGrid);
    gl.uniform1i(use.at('grainTile'), units.grainTile);
    bind(units.clarityGrid, textures.clarityGrid);
    bind(units.grainTile, textures.grainTile);
  }

  function render(view: PreviewView, into: GlTarget | null): void {
    if (source === null) return;
    upload(view.compiled);
    const toScreen = into === null;
    const { detail, geometry } = view.compiled;
    const sigma = (detail.sharpnessSigma * view.output.width) / geometry.output.width;
    if (detail.sharpness === 0 || sigma < narrowestSigma) {
      setGrading(direct, view);
      setFinishing(direct, view, 0);
      draw(into, view.output, toScreen, direct);
      return;
    }
    sharpening ??= { grade: program(gradeShader), blur: program(blurShader), finish: program(finishShader) };
    const { grade, blur, finish } = sharpening;
    const taps = gaussianTaps(sigma).slice(0, mostTaps);
    const weights = new Float32Array(mostTaps);
    weights.set(taps);
    setGrading(grade, view);
    targets.graded.resize(view.output);
    draw(targets.graded, view.output, false, grade);

    gl.useProgram(blur.program);
    targets.blurred.resize(view.output);
    bind(units.gradedPicture, targets.graded.texture);
    gl.uniform1i(blur.at('graded'), units.gradedPicture);
    gl.uniform1fv(blur.at('taps'), weights);
    gl.uniform1i(blur.at('reach'), taps.length - 1);
    draw(targets.blurred, view.output, false, blur);

    setGrading(finish, view);
    setFinishing(finish, view, detail.sharpness * sharpnessReach);
    bind(units.gradedPicture, targets.graded.texture);
    bind(units.blurredRows, targets.blurred.texture);
    gl.uniform1i(finish.at('gradedPicture'), units.gradedPicture);
    gl.uniform1i(finish.at('blurredRows'), units.blurredRows);
    gl.uniform1fv(finish.at('taps'), weights);
    gl.uniform1i(finish.at('reach'), taps.length - 1);
    draw(into, view.output, toScreen, finish);
  }

  const alive = (): void => {
    if (gl.isContextLost()) throw new Error('The graphics context was lost');
  };

  return {
    kind: 'gpu',
    slow: drawnBySoftware(gl),
    setSource: (next) => {
      source = next;
      // Codes go through unconverted; only the screen is told what they mean.
      if ('drawingBufferColorSpace' in gl) gl.drawingBufferColorSpace = next.space;
      bind(units.source, textures.source);
      gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, next.bitmap);
    },
    draw: (view) => {
      alive();
      if (canvas.width !== view.output.width) canvas.width = view.output.width;
      if (canvas.height !== view.output.height) canvas.height = view.output.height;
      render(view, null);
    },
    sample: (compiled) => {
      alive();
      const output = fitInto(compiled.geometry.output, sampleEdge);
      targets.sample.resize(output);
      render({ compiled, output, warn: false, split: 0 }, targets.sample);
      const pixels = new Uint8Array(output.width * output.height * 4);
      gl.readPixels(0, 0, output.width, output.height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
      return pixels;
    },
    finish: () => {
      // Reading one pixel waits for everything before it; gl.finish alone may not.
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    },
    dispose: () => {
      for (const one of made) gl.deleteProgram(one.program);
      for (const texture of Object.values(textures)) gl.deleteTexture(texture);
      for (const target of Object.values(targets)) target.dispose();
    },
  };
}

/** WebGL without a graphics card: SwiftShader, Mesa's llvmpipe, Microsoft's WARP. */
function drawnBySoftware(gl: WebGL2RenderingContext): boolean {
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const name = info === null ? '' : String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL));
  return /swiftshader|llvmpipe|softpipe|basic render|warp/iu.test(name);
}

function sameTable(a: Float32Array | null, b: Float32Array): boolean {
  return a === b || (a !== null && a.every((value, i) => value === b[i]));
}
