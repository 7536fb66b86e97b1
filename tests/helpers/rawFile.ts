import { writeFileSync } from 'node:fs';

/** A RAW as cameras write it: a sensor's mosaic in one even colour, and JPEGs inside, in this order. */
export interface RawFile {
  readonly width: number;
  readonly height: number;
  /** Two at most: the first lies where a camera's own full JPEG is looked for, the second is one more picture. */
  readonly previews: readonly Uint8Array[];
  /** False leaves the mosaic out, as a camera LibRaw does not know does. */
  readonly sensor?: boolean;
}

/** Field types of a TIFF directory. */
const [byte, ascii, short, long, rational, signedRational] = [1, 2, 3, 4, 5, 10] as const;
type Field = readonly [tag: number, type: number, values: readonly number[]];

/** Writes a DNG with nothing in it but what this needs. */
export function writeRaw(path: string, { width, height, previews, sensor = true }: RawFile): void {
  const parts: Buffer[] = [Buffer.from('II*\0\0\0\0\0', 'latin1')];
  let end = 8;
  const append = (bytes: Uint8Array): number => {
    const at = end;
    const even = Buffer.concat([bytes, Buffer.alloc(bytes.length % 2)]);
    parts.push(even);
    end += even.length;
    return at;
  };
  const directory = (fields: readonly Field[]): number => {
    const entries = fields.map(([tag, type, values]) => {
      const entry = Buffer.alloc(12);
      const bytes = encoded(type, values);
      const fractions = type === rational || type === signedRational;
      entry.writeUInt16LE(tag, 0);
      entry.writeUInt16LE(type, 2);
      entry.writeUInt32LE(fractions ? values.length / 2 : values.length, 4);
      if (bytes.length > 4) entry.writeUInt32LE(append(bytes), 8);
      else bytes.copy(entry, 8);
      return entry;
    });
    const count = Buffer.alloc(2);
    count.writeUInt16LE(entries.length);
    return append(Buffer.concat([count, ...entries, Buffer.alloc(4)]));
  };
  const samples = sensor ? append(Buffer.from(new Uint16Array(width * height).fill(8_000).buffer)) : end;
  const inside = previews.map((jpeg) =>
    directory([
      [0x00fe, long, [1]],
      [0x0103, short, [6]],
      [0x0201, long, [append(jpeg)]],
      [0x0202, long, [jpeg.length]],
    ]),
  );
  const first = directory([
    [0x00fe, long, [0]],
    [0x0100, long, [width]],
    [0x0101, long, [height]],
    [0x0102, short, [16]],
    [0x0103, short, [1]],
    [0x0106, short, [32_803]],
    [0x010f, ascii, text('Shoebox')],
    [0x0110, ascii, text('Box')],
    [0x0111, long, [samples]],
    [0x0112, short, [1]],
    [0x0115, short, [1]],
    [0x0116, long, [height]],
    [0x0117, long, [sensor ? width * height * 2 : 0]],
    [0x014a, long, inside],
    [0x828d, short, [2, 2]],
    [0x828e, byte, [0, 1, 1, 2]],
    [0xc612, byte, [1, 4, 0, 0]],
    [0xc614, ascii, text('Shoebox Box')],
    [0xc61d, short, [16_383]],
    [0xc621, signedRational, [1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1]],
    [0xc628, rational, [1, 1, 1, 1, 1, 1]],
    [0xc65a, short, [21]],
  ]);
  parts[0]?.writeUInt32LE(first, 4);
  writeFileSync(path, Buffer.concat(parts));
}

const text = (value: string): number[] => [...Buffer.from(`${value}\0`, 'latin1')];

function encoded(type: number, values: readonly number[]): Buffer {
  if (type === byte || type === ascii) return Buffer.from(values);
  const width = type === short ? 2 : 4;
  const bytes = Buffer.alloc(values.length * width);
  for (const [index, value] of values.entries()) bytes.writeUIntLE(value, index * width, width);
  return bytes;
}
