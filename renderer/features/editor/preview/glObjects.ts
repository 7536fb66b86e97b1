import type { Size } from '../../../../shared/edits/geometry.ts';

/** A linked program and the places of its inputs, looked up once. */
export interface GlProgram {
  readonly program: WebGLProgram;
  at(name: string): WebGLUniformLocation | null;
}

/** Compiles and links. @throws Error with the driver's words when it refuses. */
export function createProgram(gl: WebGL2RenderingContext, vertex: string, fragment: string): GlProgram {
  const program = gl.createProgram();
  for (const [type, text] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(type);
    if (shader === null) throw new Error('The graphics context was lost');
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) {
    const log = gl.getAttachedShaders(program)?.map((shader) => gl.getShaderInfoLog(shader));
    throw new Error(`The preview's program was refused: ${gl.getProgramInfoLog(program)} ${log?.join(' ')}`);
  }
  const places = new Map<string, WebGLUniformLocation | null>();
  return {
    program,
    at: (name) => {
      let place = places.get(name);
      if (place === undefined) {
        place = gl.getUniformLocation(program, name);
        places.set(name, place);
      }
      return place;
    },
  };
}

/** A texture with its filter and what lies beyond its edge. */
export function createTexture(
  gl: WebGL2RenderingContext,
  filter: 'nearest' | 'linear',
  edge: 'clamp' | 'repeat',
): WebGLTexture {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  const [f, e] = [filter === 'linear' ? gl.LINEAR : gl.NEAREST, edge === 'clamp' ? gl.CLAMP_TO_EDGE : gl.REPEAT];
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, f);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, f);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, e);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, e);
  return texture;
}

/** A picture drawn into instead of onto the screen. */
export interface GlTarget {
  readonly framebuffer: WebGLFramebuffer;
  readonly texture: WebGLTexture;
  resize(size: Size): void;
  dispose(): void;
}

/** @param format internal format, format and type of the pixels. */
export function createTarget(gl: WebGL2RenderingContext, format: readonly [number, number, number]): GlTarget {
  const texture = createTexture(gl, 'nearest', 'clamp');
  const framebuffer = gl.createFramebuffer();
  let [width, height] = [0, 0];
  return {
    framebuffer,
    texture,
    resize: (size) => {
      if (size.width === width && size.height === height) return;
      ({ width, height } = size);
      gl.activeTexture(gl.TEXTURE0 + 7);
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texImage2D(gl.TEXTURE_2D, 0, format[0], width, height, 0, format[1], format[2], null);
      gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    },
    dispose: () => {
      gl.deleteFramebuffer(framebuffer);
      gl.deleteTexture(texture);
    },
  };
}
