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
import type { Affine, Size } from '../../../../shared/edits/geometry.ts';
import { codeTable } from '../../../../shared/edits/grade.ts';
import { toneTableMax, toneTableSize } from '../../../../shared/edits/tone.ts';
import { createProgram, createTarget, createTexture } from './glObjects.ts';
import type { GlProgram, GlTarget } from './glObjects.ts';
import { fitInto, sampleEdge } from './preview.ts';
import type { Preview, PreviewSource, PreviewView } from './preview.ts';
import {
  blurShader,
  directShader,
  featureNames,
  finishShader,
  gradeShader,
  mostTaps,
  vertexShader,
} from './shaders.ts';
import type { Features } from './shaders.ts';

/** Texture units, one per picture the programs read. */
const units = { source: 0, tone: 1, clarityGrid: 2, grainTile: 3, gradedPicture: 4, blurredRows: 5, codes: 6 } as const;
/** A blur narrower than this changes nothing that 8 bits could show; the CPU executor leaves it out as well. */
const narrowestSigma = 0.25;

/** WebGL without a graphics card: SwiftShader, Mesa's llvmpipe, Microsoft's WARP. */
const bySoftware = /swiftshader|llvmpipe|softpipe|basic render|warp/iu;

/**
 * Whether there is a graphics card to draw on. Software that stands in for one goes through both sides of every branch
 * and takes three times as long as the CPU executor.
 */
export function hasGraphicsCard(): boolean {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  const info = gl?.getExtension('WEBGL_debug_renderer_info');
  const name = gl && info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : '';
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return gl !== null && !bySoftware.test(name);
}

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
  const floats = [gl.getExtension('EXT_color_buffer_float'), gl.getExtension('EXT_color_buffer_half_float')];

  const programs = new Map<string, GlProgram>();
  /** The program for what is drawn, compiled when it is first needed, and made the one in use. */
  function use(fragment: string, features: Features): GlProgram {
    let one = programs.get(fragment);
    if (one === undefined) {
      one = createProgram(gl, vertexShader, fragment);
      programs.set(fragment, one);
    }
    gl.useProgram(one.program);
    for (const name of featureNames) gl.uniform1i(one.at(`has_${name}`), features[name] ? 1 : 0);
    gl.uniform1i(one.at('reach'), features.reach);
    return one;
  }

  const textures = {
    source: createTexture(gl, 'linear', 'clamp'),
    tone: createTexture(gl, 'nearest', 'clamp'),
    codes: createTexture(gl, 'nearest', 'clamp'),
    clarityGrid: createTexture(gl, 'linear', 'clamp'),
    grainTile: createTexture(gl, 'linear', 'repeat'),
  };
  gl.bindTexture(gl.TEXTURE_2D, textures.grainTile);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, grainTileSize, grainTileSize, 0, gl.RED, gl.UNSIGNED_BYTE, grainTile());
  gl.bindTexture(gl.TEXTURE_2D, textures.clarityGrid);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RG16F, 1, 1, 0, gl.RG, gl.FLOAT, new Float32Array(2));

  // What sharpening reads again.
  const between = floats.every((one) => one === null)
    ? ([gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE] as const)
    : ([gl.RGBA16F, gl.RGBA, gl.HALF_FLOAT] as const);
  const targets: Record<'graded' | 'blurred' | 'sample', GlTarget> = {
    graded: createTarget(gl, between),
    blurred: createTarget(gl, between),
    sample: createTarget(gl, [gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE]),
  };

  let source: PreviewSource | null = null;
  const uploaded = new Map<WebGLTexture, Float32Array>();

  function uploadTable(unit: number, texture: WebGLTexture, table: Float32Array): void {
    if (sameTable(uploaded.get(texture), table)) return;
    bind(unit, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, table.length, 1, 0, gl.RED, gl.FLOAT, table);
    uploaded.set(texture, table);
  }

  function upload(compiled: CompiledStack): void {
    if (source === null) return;
    const { colour } = compiled;
    if (!colour.identity) uploadTable(units.codes, textures.codes, codeTable(colour));
    if (!colour.identity && !colour.plain) uploadTable(units.tone, textures.tone, colour.tone);
    if (compiled.detail.clarity !== 0) {
      const grid = compileClarity(compiled, source.small);
      bind(units.clarityGrid, textures.clarityGrid);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RG16F, grid.width, grid.height, 0, gl.RG, gl.FLOAT, grid.pairs);
    }
  }

  function bind(unit: number, texture: WebGLTexture): void {
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, texture);
  }

  function draw(into: GlTarget | null, size: Size, toScreen: boolean, program: GlProgram): void {
    gl.bindFramebuffer(gl.FRAMEBUFFER, into === null ? null : into.framebuffer);
    gl.viewport(0, 0, size.width, size.height);
    gl.uniform1i(program.at('toScreen'), toScreen ? 1 : 0);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  function setGrading(program: GlProgram, { compiled }: PreviewView, { map, held }: Placing): void {
    gl.uniform2f(program.at('mapX'), map.xx, map.yx);
    gl.uniform2f(program.at('mapY'), map.xy, map.yy);
    gl.uniform2f(program.at('mapOrigin'), map.x0, map.y0);
    gl.uniform2f(program.at('sourceSize'), held.width, held.height);
    const { colour } = compiled;
    gl.uniformMatrix3fv(program.at('matrix'), true, colour.matrix);
    gl.uniform1f(program.at('saturation'), colour.saturation);
    gl.uniform1f(program.at('vibrance'), colour.vibrance);
    gl.uniform3fv(program.at('toning'), colour.toning);
    gl.uniform3fv(program.at('luma'), colour.luma);
    gl.uniform1f(program.at('toneScale'), (toneTableSize - 1) / Math.sqrt(toneTableMax));
    gl.uniform1i(program.at('toneLast'), toneTableSize - 1);
    for (const name of ['source', 'tone', 'codes'] as const) {
      gl.uniform1i(program.at(name), units[name]);
      bind(units[name], textures[name]);
    }
  }

  function setFinishing(program: GlProgram, { compiled, output, split }: PreviewView, sharpness: number): void {
    const { detail, geometry } = compiled;
    const scale = output.width / geometry.output.width;
    gl.uniform1f(program.at('clarity'), detail.clarity * clarityReach * 4);
    gl.uniform1f(program.at('sharpness'), sharpness);
    gl.uniform1f(program.at('sharpnessLimit'), sharpnessLimit);
    gl.uniform1f(program.at('vignette'), detail.vignette * vignetteReach);
    gl.uniform2f(program.at('vignetteShape'), vignetteStart, 1 / (1 - vignetteStart));
    gl.uniform1f(program.at('grain'), (detail.grain * grainReach) / 128);
    const cells = detail.grainScale / scale / grainTileSize;
    gl.uniform2f(program.at('grainCells'), output.width * cells, output.height * cells);
    gl.uniform1f(program.at('split'), split);
    for (const name of ['clarityGrid', 'grainTile'] as const) {
      gl.uniform1i(program.at(name), units[name]);
      bind(units[name], textures[name]);
    }
  }

  function render(view: PreviewView, into: GlTarget | null): void {
    if (source === null) return;
    upload(view.compiled);
    const toScreen = into === null;
    const { detail, geometry } = view.compiled;
    const placing = placeOf(view, source.pixels);
    const sigma = (detail.sharpnessSigma * view.output.width) / geometry.output.width;
    const taps = detail.sharpness === 0 || sigma < narrowestSigma ? [] : gaussianTaps(sigma).slice(0, mostTaps);
    const features = { ...featuresOf(view, placing), reach: Math.max(0, taps.length - 1) };
    if (taps.length === 0) {
      const direct = use(directShader, features);
      setGrading(direct, view, placing);
      setFinishing(direct, view, 0);
      draw(into, view.output, toScreen, direct);
      return;
    }
    const weights = new Float32Array(mostTaps);
    weights.set(taps);
    targets.graded.resize(view.output);
    targets.blurred.resize(view.output);

    const grade = use(gradeShader, features);
    setGrading(grade, view, placing);
    draw(targets.graded, view.output, false, grade);

    const blur = use(blurShader, features);
    bind(units.gradedPicture, targets.graded.texture);
    gl.uniform1i(blur.at('graded'), units.gradedPicture);
    gl.uniform1fv(blur.at('taps'), weights);
    draw(targets.blurred, view.output, false, blur);

    const finish = use(finishShader, features);
    setGrading(finish, view, placing);
    setFinishing(finish, view, detail.sharpness * sharpnessReach);
    bind(units.gradedPicture, targets.graded.texture);
    bind(units.blurredRows, targets.blurred.texture);
    gl.uniform1i(finish.at('gradedPicture'), units.gradedPicture);
    gl.uniform1i(finish.at('blurredRows'), units.blurredRows);
    gl.uniform1fv(finish.at('taps'), weights);
    draw(into, view.output, toScreen, finish);
  }

  const alive = (): void => {
    if (gl.isContextLost()) throw new Error('The graphics context was lost');
  };

  return {
    kind: 'gpu',
    setSource: (next) => {
      source = next;
      // Codes go through unconverted; only the screen is told what they mean.
      if ('drawingBufferColorSpace' in gl) gl.drawingBufferColorSpace = next.space;
      bind(units.source, textures.source);
      gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, next.bitmap);
    },
    draw: async (view) => {
      alive();
      if (canvas.width !== view.output.width) canvas.width = view.output.width;
      if (canvas.height !== view.output.height) canvas.height = view.output.height;
      render(view, null);
      return true;
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
    dispose: () => {
      for (const one of programs.values()) gl.deleteProgram(one.program);
      for (const texture of Object.values(textures)) gl.deleteTexture(texture);
      for (const target of Object.values(targets)) target.dispose();
    },
  };
}

/** Where a result's pixels come from: a map from places (0..1) in the result to places in the rendition. */
interface Placing {
  readonly map: Affine;
  /** The rendition, in pixels. */
  readonly held: Size;
  readonly sampling: 'nearest' | 'linear' | 'cubic';
}

function placeOf({ compiled, output }: PreviewView, held: Size): Placing {
  const map = scaledMap(compiled.geometry, held, output);
  // Whole pixels need no resampling; a turned or stretched picture would soften visibly if it were only bilinear.
  const whole = (value: number): boolean => Math.abs(Math.abs(value) - Math.round(Math.abs(value))) < 1e-4;
  const steps = [map.xx, map.xy, map.yx, map.yy];
  const aligned = steps.every(whole) && whole(map.x0) && whole(map.y0);
  const single = aligned && steps.every((step) => Math.abs(step) < 1.5);
  const turned = map.xx !== 0 && map.xy !== 0;
  const smaller = !turned && Math.hypot(map.xx, map.yx) > 1.05;
  return {
    map: {
      xx: (map.xx * output.width) / held.width,
      yx: (map.yx * output.width) / held.height,
      xy: (map.xy * output.height) / held.width,
      yy: (map.yy * output.height) / held.height,
      x0: map.x0 / held.width,
      y0: map.y0 / held.height,
    },
    held,
    sampling: single && !turned ? 'nearest' : aligned || smaller ? 'linear' : 'cubic',
  };
}

function featuresOf({ compiled, warn, split }: PreviewView, { sampling }: Placing): Omit<Features, 'reach'> {
  const { colour, detail, geometry } = compiled;
  return {
    nearest: sampling === 'nearest',
    smoothly: sampling === 'cubic',
    identity: colour.identity,
    plain: colour.plain,
    mixes: colour.saturation !== 1 || colour.vibrance !== 0,
    clarity: detail.clarity !== 0,
    vignette: detail.vignette !== 0,
    grain: detail.grain !== 0,
    warn,
    compared: split > 0,
    beyond: !geometry.exact,
  };
}

function sameTable(a: Float32Array | undefined, b: Float32Array): boolean {
  return a === b || (a?.length === b.length && a.every((value, i) => value === b[i]));
}
