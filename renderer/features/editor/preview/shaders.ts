/*
 * The preview's executor: the mathematics of docs/editing.md as small programs. Everything that decides a colour comes
 * in from the compiled stack; nothing here knows what a slider is called.
 */

/** What one drawing needs. */
export interface Features {
  /** Each pixel of the result is one of the rendition. */
  readonly nearest: boolean;
  /** Resample by cubic convolution instead of bilinearly. */
  readonly smoothly: boolean;
  /** The colour part changes nothing. */
  readonly identity: boolean;
  /** Channels do not mix before the tone curve: a table of 256 per channel holds the whole of it. */
  readonly plain: boolean;
  /** Saturation or vibrance. */
  readonly mixes: boolean;
  readonly clarity: boolean;
  readonly vignette: boolean;
  readonly grain: boolean;
  readonly warn: boolean;
  /** The comparison: the photo before its edits left of a line. */
  readonly compared: boolean;
  /** The result reaches beyond the photo, which is left empty. */
  readonly beyond: boolean;
  /** How many pixels to each side the sharpening blur looks; not a switch but a count. */
  readonly reach: number;
}

export const featureNames = [
  'nearest',
  'smoothly',
  'identity',
  'plain',
  'mixes',
  'clarity',
  'vignette',
  'grain',
  'warn',
  'compared',
  'beyond',
] as const satisfies readonly Exclude<keyof Features, 'reach'>[];

/**
 * The features are inputs, so that one program serves every stack: a graphics card skips branches, and compiling for
 * each combination can take longer than a frame.
 */
const features = `${featureNames.map((name) => `uniform bool has_${name};\n`).join('')}uniform int reach;\n`;

/** One triangle that covers the target; `place` is the position in the result, origin top left, 0..1. */
export const vertexShader = `#version 300 es
out vec2 place;
uniform bool toScreen;
void main() {
  vec2 corner = vec2(float((gl_VertexID << 1) & 2), float(gl_VertexID & 2));
  place = toScreen ? vec2(corner.x, 1.0 - corner.y) : corner;
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

const header = `#version 300 es
precision highp float;
precision highp sampler2D;
in vec2 place;
out vec4 result;
`;

/** Fetches a source pixel and grades it. Red, green and blue are encoded and not clipped yet. */
const grading = `
uniform sampler2D source;
uniform sampler2D tone;
uniform vec2 mapX;      // result place to source place: x
uniform vec2 mapY;
uniform vec2 mapOrigin;
uniform sampler2D codes;    // of a plain stack: byte to toned value; of others: byte to linear light
uniform mat3 matrix;
uniform float saturation;
uniform float vibrance;
uniform vec3 toning;
uniform vec3 luma;
uniform float toneScale;
uniform int toneLast;

uniform vec2 sourceSize;

/**
 * Cubic convolution (Keys 1981, a = -0.75: as sharp as what the rendition was made with) over 4 by 4 pixels in 9
 * bilinear fetches: the middle two of each axis are fetched as one.
 */
vec3 sampled(vec2 from) {
  if (has_nearest) return texelFetch(source, clamp(ivec2(from * sourceSize), ivec2(0), ivec2(sourceSize) - 1), 0).rgb;
  if (!has_smoothly) return texture(source, from).rgb;
  vec2 at = from * sourceSize;
  vec2 base = floor(at - 0.5) + 0.5;
  vec2 f = at - base;
  const float a = -0.75;
  vec2 w0 = a * f * (1.0 + f * (f - 2.0));
  vec2 w1 = 1.0 + f * f * ((a + 2.0) * f - (a + 3.0));
  vec2 w2 = f * (-a + f * ((2.0 * a + 3.0) - (a + 2.0) * f));
  vec2 w3 = a * f * f * (1.0 - f);
  vec2 w12 = w1 + w2;
  vec2 p0 = (base - 1.0) / sourceSize;
  vec2 p12 = (base + w2 / w12) / sourceSize;
  vec2 p3 = (base + 2.0) / sourceSize;
  vec3 sum = texture(source, vec2(p0.x, p0.y)).rgb * w0.x * w0.y
           + texture(source, vec2(p12.x, p0.y)).rgb * w12.x * w0.y
           + texture(source, vec2(p3.x, p0.y)).rgb * w3.x * w0.y
           + texture(source, vec2(p0.x, p12.y)).rgb * w0.x * w12.y
           + texture(source, vec2(p12.x, p12.y)).rgb * w12.x * w12.y
           + texture(source, vec2(p3.x, p12.y)).rgb * w3.x * w12.y
           + texture(source, vec2(p0.x, p3.y)).rgb * w0.x * w3.y
           + texture(source, vec2(p12.x, p3.y)).rgb * w12.x * w3.y
           + texture(source, vec2(p3.x, p3.y)).rgb * w3.x * w3.y;
  return clamp(sum, 0.0, 1.0);
}

vec2 sourcePlace() { return mapX * place.x + mapY * place.y + mapOrigin; }

/** The table's value for 8-bit codes; the CPU executor resamples to bytes as well. */
vec3 decoded(vec3 encoded) {
  ivec3 code = ivec3(encoded * 255.0 + 0.5);
  return vec3(texelFetch(codes, ivec2(code.r, 0), 0).r, texelFetch(codes, ivec2(code.g, 0), 0).r,
              texelFetch(codes, ivec2(code.b, 0), 0).r);
}

float toned(float linear) {
  int i = int(sqrt(max(linear, 0.0)) * toneScale + 0.5);
  return texelFetch(tone, ivec2(min(i, toneLast), 0), 0).r;
}

vec3 graded(vec3 encoded) {
  if (has_identity) return encoded;
  vec3 c = decoded(encoded);
  if (!has_plain) {
    vec3 linear = matrix * c;
    c = vec3(toned(linear.r), toned(linear.g), toned(linear.b));
  }
  if (!has_mixes) return c * toning;
  float y = dot(luma, c);
  float chroma = max(c.r, max(c.g, c.b)) - min(c.r, min(c.g, c.b));
  return (y + (c - y) * saturation * (1.0 + vibrance * (1.0 - chroma))) * toning;
}
`;

/** What comes after grading: local contrast, vignette, grain, the clipping warning and the comparison. */
const finishing = `
uniform sampler2D clarityGrid;
uniform float clarity;
uniform float sharpness;
uniform float sharpnessLimit;
uniform float vignette;       // signed reach
uniform vec2 vignetteShape;   // start, and one over what is left
uniform sampler2D grainTile;
uniform float grain;
uniform vec2 grainCells;      // cells over the whole result, in tiles
uniform float split;          // places left of it show the photo before

vec3 finished(vec3 c, float y, float blurred) {
  float add = clamp((y - blurred) * sharpness, -sharpnessLimit, sharpnessLimit);
  if (has_clarity) {
    vec2 pair = texture(clarityGrid, place).rg;
    add += (pair.r * y - pair.g) * clarity * y * (1.0 - y);
  }
  float keep = 1.0;
  if (has_vignette) {
    vec2 d = place * 2.0 - 1.0;
    float t = clamp((dot(d, d) * 0.5 - vignetteShape.x) * vignetteShape.y, 0.0, 1.0);
    float f = abs(vignette) * t * t * (3.0 - 2.0 * t);
    keep = 1.0 - f;
    add = add * keep + max(sign(vignette), 0.0) * f;
  }
  if (has_grain) {
    float n = texture(grainTile, place * grainCells).r * 255.0 - 128.0;
    add += n * grain * (0.25 + 3.0 * y * (1.0 - y));
  }
  return c * keep + add;
}

vec4 shown(vec3 c, vec2 from) {
  if (has_beyond && (any(lessThan(from, vec2(0.0))) || any(greaterThan(from, vec2(1.0))))) return vec4(0.0);
  if (has_compared && place.x < split) return vec4(sampled(from), 1.0);
  c = clamp(c, 0.0, 1.0);
  if (has_warn) {
    if (max(c.r, max(c.g, c.b)) >= 0.998) c = vec3(0.93, 0.23, 0.2);
    else if (max(c.r, max(c.g, c.b)) <= 0.002) c = vec3(0.24, 0.46, 0.96);
  }
  return vec4(c, 1.0);
}
`;

/** Everything in one pass: what most stacks need. */
export const directShader = `${header}${features}${grading}${finishing}
void main() {
  vec2 from = sourcePlace();
  vec3 c = graded(sampled(from));
  float y = dot(luma, c);
  result = shown(finished(c, y, y), from);
}`;

/** With sharpening, first: graded colour, and luma beside it. */
export const gradeShader = `${header}${features}${grading}
void main() {
  vec3 c = graded(sampled(sourcePlace()));
  result = vec4(c, dot(luma, c));
}`;

/** The largest distance a tap may lie away: sigma up to 1.6 px, see shared/edits/blur.ts. */
export const mostTaps = 6;

/** Second: luma blurred along x. */
export const blurShader = `${header}${features}
uniform sampler2D graded;
uniform float taps[${mostTaps}];
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  int last = textureSize(graded, 0).x - 1;
  float sum = taps[0] * texelFetch(graded, at, 0).a;
  for (int k = 1; k <= reach; k++) {
    sum += taps[k] * (texelFetch(graded, ivec2(max(at.x - k, 0), at.y), 0).a
                    + texelFetch(graded, ivec2(min(at.x + k, last), at.y), 0).a);
  }
  result = vec4(sum);
}`;

/** Third: along y, and everything else. Rows of the intermediate pictures run from the top. */
export const finishShader = `${header}${features}${grading}${finishing}
uniform sampler2D gradedPicture;
uniform sampler2D blurredRows;
uniform float taps[${mostTaps}];
void main() {
  ivec2 size = textureSize(gradedPicture, 0);
  ivec2 at = min(ivec2(place * vec2(size)), size - 1);
  vec4 picture = texelFetch(gradedPicture, at, 0);
  float sum = taps[0] * texelFetch(blurredRows, at, 0).r;
  for (int k = 1; k <= reach; k++) {
    sum += taps[k] * (texelFetch(blurredRows, ivec2(at.x, max(at.y - k, 0)), 0).r
                    + texelFetch(blurredRows, ivec2(at.x, min(at.y + k, size.y - 1)), 0).r);
  }
  result = shown(finished(picture.rgb, picture.a, sum), sourcePlace());
}`;
