import { expect, test } from 'vitest';
import { chartColours, flat, places, render, renderChart } from './chart.ts';

/*
 * Every step against its formula as docs/editing.md states it, written out here a second time and by other means
 * (plain pow and sin on doubles, no tables, literal matrices), on a colour chart. Tolerance one code value: rounding.
 */

type Colour = readonly [number, number, number];
const eotf = (code: number): number => {
  const v = code / 255;
  return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
};
const oetf = (l: number): number => (l <= 0.0031308 ? 12.92 * l : 1.055 * Math.pow(l, 1 / 2.4) - 0.055);
const clip = (v: number): number => Math.min(1, Math.max(0, v));
const luma = ([r, g, b]: Colour): number => 0.2126729 * r + 0.7151522 * g + 0.072175 * b;
const each =
  (f: (encoded: number) => number) =>
  (c: Colour): Colour =>
    c.map((code) => clip(f(code / 255)) * 255) as unknown as Colour;

/** The patches whose colour is further from the formula's than the tolerance, in words; none is right. */
function offChart(text: string, formula: (colour: Colour) => Colour, tolerance = 1): string[] {
  const rendered = renderChart(text);
  return chartColours.flatMap((colour, i) => {
    const wanted = formula(colour);
    const got = rendered[i] ?? [0, 0, 0];
    const worst = Math.max(...wanted.map((value, channel) => Math.abs(value - (got[channel] ?? -999))));
    return worst > tolerance ? [`${colour.join('/')} gives ${got.join('/')}, the formula ${wanted.join('/')}`] : [];
  });
}

test('no steps give back every code value unchanged', () => {
  expect(renderChart('')).toEqual(chartColours);
});

test('the whole mathematics with neutral effect gives back every code value unchanged', () => {
  // A curve through the diagonal that is not recognised as neutral forces the tables to run.
  expect(renderChart('curve=0.001/0.001;0.5/0.5;0.999/0.999').slice(1, 255)).toEqual(chartColours.slice(1, 255));
});

test.each([-2, -0.5, 0.3, 1, 2.5])('exposure %f multiplies linear light by a power of two', (stops) => {
  expect(
    offChart(`exposure=${stops}`, (c) => c.map((code) => clip(oetf(eotf(code) * Math.pow(2, stops))) * 255) as never),
  ).toEqual([]);
});

test.each([-100, -40, 35, 100])('contrast %i bends the encoded values about the middle by a sine', (value) => {
  expect(
    offChart(
      `contrast=${value}`,
      each((v) => v - ((value / 100) * 0.8 * Math.sin(2 * Math.PI * v)) / (2 * Math.PI)),
    ),
  ).toEqual([]);
});

test.each([-100, 60])('shadows %i lifts or presses around a quarter', (value) => {
  const k = (value / 100) * (value > 0 ? 1.5 : 0.95);
  expect(
    offChart(
      `shadows=${value}`,
      each((v) => v + k * v * (1 - v) ** 3),
    ),
  ).toEqual([]);
});

test.each([-70, 100])('highlights %i is the mirror image of shadows', (value) => {
  const k = (-value / 100) * (value < 0 ? 1.5 : 0.95);
  expect(
    offChart(
      `highlights=${value}`,
      each((v) => v - k * (1 - v) * v ** 3),
    ),
  ).toEqual([]);
});

test.each([
  ['whites=50', 0, 0.5],
  ['whites=-80', 0, -0.8],
  ['blacks=-60', -0.6, 0],
  ['blacks=90,whites=20', 0.9, 0.2],
] as const)('%s moves the end points of the range', (text, blacks, whites) => {
  const black = -0.12 * blacks;
  const white = 1 - 0.2 * whites;
  expect(
    offChart(
      text,
      each((v) => (v - black) / (white - black)),
    ),
  ).toEqual([]);
});

test.each([0.5, 1.8])('gamma %f is a power of the encoded value', (gamma) => {
  expect(
    offChart(
      `gamma=${gamma}`,
      each((v) => v ** (1 / gamma)),
      1.6,
    ),
  ).toEqual([]);
});

test('a curve through three points on a parabola-free line is that line', () => {
  expect(
    offChart(
      'curve=0/0.1;0.5/0.5;1/0.9',
      each((v) => 0.1 + 0.8 * v),
    ),
  ).toEqual([]);
});

test('a curve passes through its points and never leaves their range', () => {
  const points = [
    [0, 0],
    [0.2, 0.45],
    [0.4, 0.46],
    [0.8, 0.5],
    [1, 1],
  ];
  const ramp = renderChart(`curve=${points.map((p) => p.join('/')).join(';')}`)
    .slice(0, 256)
    .map((c) => c[0]);
  for (const [x = 0, y = 0] of points) expect(Math.abs((ramp[Math.round(x * 255)] ?? 0) - y * 255)).toBeLessThan(1.5);
  for (let i = 1; i < 256; i++) expect(ramp[i]).toBeGreaterThanOrEqual(ramp[i - 1] ?? 0);
});

test.each([-100, -30, 60])('saturation %i scales the distance from luma', (value) => {
  const s = 1 + value / 100;
  expect(
    offChart(
      `saturation=${value}`,
      (c) => c.map((code) => clip((luma(c) + (code - luma(c)) * s) / 255) * 255) as never,
    ),
  ).toEqual([]);
});

test.each([-100, 70])('vibrance %i acts less the more colourful a pixel is', (value) => {
  expect(
    offChart(`vibrance=${value}`, (c) => {
      const s = 1 + (value / 100) * (1 - (Math.max(...c) - Math.min(...c)) / 255);
      return c.map((code) => clip((luma(c) + (code - luma(c)) * s) / 255) * 255) as never;
    }),
  ).toEqual([]);
});

/** sRGB to XYZ as published in IEC 61966-2-1 (four decimals), and Bradford as published in the ICC specification. */
const rgbToXyz = [
  [0.4124, 0.3576, 0.1805],
  [0.2126, 0.7152, 0.0722],
  [0.0193, 0.1192, 0.9505],
];
const xyzToRgb = [
  [3.2406, -1.5372, -0.4986],
  [-0.9689, 1.8758, 0.0415],
  [0.0557, -0.204, 1.057],
];
const bradford = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];
const bradfordBack = [
  [0.9869929, -0.1470543, 0.1599627],
  [0.4323053, 0.5183603, 0.0492912],
  [-0.0085287, 0.0400428, 0.9684867],
];
const times = (m: readonly (readonly number[])[], v: readonly number[]): number[] =>
  m.map((row) => row.reduce((sum, k, i) => sum + k * (v[i] ?? 0), 0));
const white = ([x = 0, y = 1]: readonly number[]): number[] => [x / y, 1, (1 - x - y) / y];

test.each([
  // Daylight chromaticities of 4,671 K and 10,665 K from the CIE formula, computed apart from the product.
  ['warmth=100', 10_665],
  ['warmth=-100', 4_671],
  ['warmth=50', 8_073],
] as const)('%s adapts from a white of %i K to D65 in linear light', (text, kelvin) => {
  const t = 1e3 / kelvin;
  const x =
    kelvin > 7000
      ? -2.0064 * t ** 3 + 1.9018 * t ** 2 + 0.24748 * t + 0.23704
      : -4.607 * t ** 3 + 2.9678 * t ** 2 + 0.09911 * t + 0.244063;
  const from = times(bradford, white([x, -3 * x * x + 2.87 * x - 0.275]));
  const to = times(bradford, white([0.31271, 0.32902]));
  const convert = (rgb: number[]): number[] => {
    const cones = times(bradford, times(rgbToXyz, rgb)).map((v, i) => (v * (to[i] ?? 0)) / (from[i] ?? 1));
    return times(xyzToRgb, times(bradfordBack, cones));
  };
  const grey = convert([1, 1, 1]);
  const keep = 0.2126 * (grey[0] ?? 0) + 0.7152 * (grey[1] ?? 0) + 0.0722 * (grey[2] ?? 0);
  expect(
    offChart(text, (c) => convert(c.map(eotf)).map((v) => clip(oetf(Math.max(0, v / keep))) * 255) as never, 1.6),
  ).toEqual([]);
});

test('warmth makes grey yellower, tint makes it pinker, and neither makes it brighter', () => {
  const grey = (text: string): Colour => renderChart(text)[128] ?? [0, 0, 0];
  const [wr, wg, wb] = grey('warmth=60');
  expect(wr).toBeGreaterThan(wg);
  expect(wg).toBeGreaterThan(wb);
  const [tr, tg, tb] = grey('tint=60');
  expect(tr).toBeGreaterThan(tg);
  expect(tb).toBeGreaterThan(tg);
  for (const text of ['warmth=60', 'warmth=-60', 'tint=60', 'tint=-60'])
    expect(luma(grey(text).map(eotf) as never)).toBeCloseTo(eotf(128), 2);
});

test.each(['30/59/11', '100/0/0', '-20/100/40'])('a black and white mix of %s weighs linear light', (mix) => {
  const [r = 0, g = 0, b = 0] = mix.split('/').map(Number);
  const sum = r + g + b;
  expect(
    offChart(`blackAndWhite=${mix}`, (c) => {
      const linear = (r * eotf(c[0]) + g * eotf(c[1]) + b * eotf(c[2])) / sum;
      const v = clip(oetf(Math.max(0, linear))) * 255;
      return [v, v, v];
    }),
  ).toEqual([]);
});

test('toning leaves black black and takes from one end of the spectrum only', () => {
  const [warm, cold] = [renderChart('blackAndWhite=30/59/11/100'), renderChart('blackAndWhite=30/59/11/-100')];
  expect(warm[0]).toEqual([0, 0, 0]);
  expect(warm[255]).toEqual([255, Math.round(255 * 0.94), Math.round(255 * 0.78)]);
  expect(cold[255]).toEqual([204, Math.round(255 * 0.93), 255]);
});

test('steps happen in the stated order whatever order they are set in', () => {
  const a = 'exposure=0.5,warmth=20,contrast=30,saturation=40';
  const b = 'saturation=40,contrast=30,warmth=20,exposure=0.5';
  expect(renderChart(a)).toEqual(renderChart(b));
  expect(
    offChart(
      'exposure=0.5,contrast=30',
      (c) =>
        c.map((code) => {
          const v = clip(oetf(eotf(code) * Math.SQRT2));
          return (v - (0.3 * 0.8 * Math.sin(2 * Math.PI * v)) / (2 * Math.PI)) * 255;
        }) as never,
    ),
  ).toEqual([]);
});

test('Display P3 uses its own luminance weights', () => {
  const [r, g, b] = renderChart('saturation=-100', 'display-p3')[256] ?? [0, 0, 0];
  expect([r, g, b]).toEqual([58, 58, 58]); // 255 x 0.22897, the published weight of P3 red
});

test.each([-60, 50])('vignette %i follows its smooth step from the centre to the corners', (value) => {
  const [width, height, code] = [201, 101, 140];
  const { data } = render(flat(width, height, [code, code, code]), `vignette=${value}`);
  for (const [x, y] of [
    [100, 50],
    [0, 0],
    [200, 100],
    [30, 70],
    [160, 20],
    [100, 0],
  ] as const) {
    const squared = ((((x + 0.5) / width) * 2 - 1) ** 2 + (((y + 0.5) / height) * 2 - 1) ** 2) / 2;
    const t = clip((squared - 0.12) / 0.88);
    const f = (Math.abs(value) / 100) * 0.85 * t * t * (3 - 2 * t);
    const wanted = value < 0 ? code * (1 - f) : code + (255 - code) * f;
    expect(Math.abs((data[(y * width + x) * 3] ?? 0) - wanted)).toBeLessThanOrEqual(1);
  }
});

test('sharpness adds twice the difference from a Gaussian of a 2000th of the long edge', () => {
  // 2400 px: sigma 1.2, evaluated tap by tap; a soft edge keeps the limit out of play.
  const [width, height] = [2400, 9];
  const edge = (x: number): number => 100 + 40 / (1 + Math.exp(-(x - 1200) / 2));
  const source = flat(width, height, [0, 0, 0]);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) source.data.fill(Math.round(edge(x)), (y * width + x) * 3, (y * width + x) * 3 + 3);
  const { data } = render(source, 'sharpness=50');
  const sigma = 1.2;
  for (let x = 1150; x < 1250; x++) {
    let [sum, weights] = [0, 0];
    for (let k = -8; k <= 8; k++) {
      const w = Math.exp((-k * k) / (2 * sigma * sigma));
      sum += w * Math.round(edge(x + k));
      weights += w;
    }
    const wanted = Math.round(edge(x)) + 0.5 * 2 * (Math.round(edge(x)) - sum / weights);
    expect(Math.abs((data[(4 * width + x) * 3] ?? 0) - wanted)).toBeLessThanOrEqual(1);
  }
});

test('the wide blur of sharpness has the variance of its Gaussian', () => {
  // One bright pixel column at 6000 px long edge: sigma 3, box passes. Measured on what sharpening takes away.
  const [width, height] = [6000, 3];
  const source = flat(width, height, [100, 100, 100]);
  for (let y = 0; y < height; y++) source.data.fill(104, (y * width + 3000) * 3, (y * width + 3000) * 3 + 3);
  const { data } = render(source, 'sharpness=100');
  // At 100 the neighbours fall by 2 x 4 x kernel: too small to read per pixel, but the centre rises by 2 x 4 x (1 - k0).
  const centre = data[(width + 3000) * 3] ?? 0;
  expect(centre).toBeGreaterThan(104 + 6);
  expect(centre).toBeLessThan(104 + 8);
});

test('sharpness and clarity leave flat areas alone and clarity steepens a soft texture', () => {
  const grey = render(flat(600, 400, [90, 120, 150]), 'sharpness=100,clarity=100').data;
  for (let i = 0; i < grey.length; i += 3) expect([grey[i], grey[i + 1], grey[i + 2]]).toEqual([90, 120, 150]);
  const source = flat(600, 400, [0, 0, 0]);
  for (let i = 0; i < 600 * 400; i++) source.data.fill(128 + 12 * Math.sign(Math.sin((i % 600) / 8)), i * 3, i * 3 + 3);
  const spread = (data: Uint8Array | Uint8ClampedArray): number => {
    const row = data.subarray(200 * 1800 + 300, 200 * 1800 + 1500);
    return Math.max(...row) - Math.min(...row);
  };
  expect(spread(render(source, 'clarity=80').data)).toBeGreaterThan(30);
  expect(spread(render(source, 'clarity=-80').data)).toBeLessThan(18);
});

test('grain has no bias, is the same every time, and is strongest in the middle tones', () => {
  const spreadAt = (code: number): { mean: number; deviation: number; data: Uint8ClampedArray } => {
    const { data } = render(flat(256, 256, [code, code, code]), 'grain=60');
    const mean = data.reduce((sum, v) => sum + v, 0) / data.length;
    return { mean, deviation: Math.sqrt(data.reduce((sum, v) => sum + (v - mean) ** 2, 0) / data.length), data };
  };
  const middle = spreadAt(128);
  expect(middle.mean).toBeCloseTo(128, 0);
  expect(middle.deviation).toBeGreaterThan(spreadAt(30).deviation * 1.2);
  expect(spreadAt(128).data).toEqual(middle.data);
});

test('turns, flips and crops move whole pixels without changing one', () => {
  const source = places(7, 5);
  const at = (data: Uint8ClampedArray | Uint8Array, width: number, x: number, y: number): number[] => [
    ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
  ];
  const quarter = render(source, 'rotate=90');
  expect([quarter.width, quarter.height]).toEqual([5, 7]);
  expect(at(quarter.data, 5, 4, 0)).toEqual(at(source.data, 7, 0, 0)); // top left goes to top right
  expect(at(quarter.data, 5, 0, 0)).toEqual(at(source.data, 7, 0, 4));
  const mirrored = render(source, 'flip=horizontal');
  expect(at(mirrored.data, 7, 6, 2)).toEqual(at(source.data, 7, 0, 2));
  const both = render(source, 'rotate=90,flip=horizontal');
  expect(at(both.data, 5, 0, 0)).toEqual(at(source.data, 7, 0, 0)); // transposed
  const wide = places(100, 50);
  const crop = render(wide, 'crop=0.1/0.2/0.5/0.4');
  expect([crop.width, crop.height]).toEqual([50, 20]);
  expect(at(crop.data, 50, 0, 0)).toEqual(at(wide.data, 100, 10, 10));
  expect(at(crop.data, 50, 49, 19)).toEqual(at(wide.data, 100, 59, 29));
});

test('straightening turns the photo clockwise about its centre', () => {
  const source = places(401, 301);
  const { data, width, height } = render(source, 'straighten=10');
  const a = (10 * Math.PI) / 180;
  for (const [x, y] of [
    [0, 0],
    [width - 1, 3],
    [width >> 1, height >> 1],
    [20, height - 1],
  ] as const) {
    const [dx, dy] = [x + 0.5 - width / 2, y + 0.5 - height / 2];
    const sx = Math.cos(a) * dx + Math.sin(a) * dy + 200.5 - 0.5;
    const sy = -Math.sin(a) * dx + Math.cos(a) * dy + 150.5 - 0.5;
    expect(Math.abs((data[(y * width + x) * 3] ?? 0) - (sx * 255) / 400)).toBeLessThan(1.2);
    expect(Math.abs((data[(y * width + x) * 3 + 1] ?? 0) - (sy * 255) / 300)).toBeLessThan(1.2);
  }
});
