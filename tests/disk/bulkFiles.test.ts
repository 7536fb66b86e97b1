import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bulkSize, createBulkBuffers, type BulkBuffers } from '../../shared/disk/bulkBuffers.ts';
import { openBulkReader } from '../../shared/disk/bulkReader.ts';
import { createBulkWriter } from '../../shared/disk/bulkWriter.ts';
import { directBlock } from '../../shared/disk/pastCache.ts';
import { openings, pastCacheMissing } from '../helpers/openings.ts';
import { fc } from '../helpers/properties.ts';
import { temporaryFolder, type TemporaryFolder } from '../helpers/temporaryFolder.ts';

const pieceSize = 256 * 1024;

let folder: TemporaryFolder;
let path: string;
let buffers: BulkBuffers;
/** As they are read with. */
let small: BulkBuffers;

beforeEach(() => {
  folder = temporaryFolder('bulk');
  path = join(folder.path, 'file');
  buffers = createBulkBuffers(bulkSize, 2);
  small = createBulkBuffers(pieceSize, 2);
});
afterEach(() => folder.dispose());

/** Buffers as Node makes them, which no system takes for a file that is opened past its cache. */
const ordinaryBuffers = (size: number): BulkBuffers => ({
  size,
  take: () => Buffer.allocUnsafeSlow(size),
  giveBack: () => undefined,
});

async function written(
  from: number,
  pieces: readonly Uint8Array[],
  options: { readonly buffers?: BulkBuffers; readonly whileOpen?: () => void } = {},
): Promise<Buffer> {
  const file = await open(path, 'r+');
  const writer = createBulkWriter(file, from, options.buffers ?? buffers);
  try {
    for (const piece of pieces) await writer.add(piece);
    await writer.flush();
    options.whileOpen?.();
    expect(writer.end).toBe(from + pieces.reduce((sum, { length }) => sum + length, 0));
  } finally {
    await writer.close();
    await file.close();
  }
  return readFileSync(path);
}

async function all(reader: Readable): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of reader) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces);
}

describe('writing a large file', () => {
  test('whatever the pieces it comes in and the place it goes on from, the file is what came', async () => {
    const place = fc.oneof(fc.constantFrom(0, directBlock, bulkSize, 4 * bulkSize), fc.nat(3 * directBlock));
    const length = fc.oneof(fc.constantFrom(1, directBlock, bulkSize - 1, bulkSize), fc.nat(3 * bulkSize));
    await fc.assert(
      fc.asyncProperty(place, fc.array(length, { maxLength: 4 }), fc.boolean(), async (from, lengths, aligned) => {
        const before = randomBytes(from);
        const pieces = lengths.map((bytes) => randomBytes(bytes));
        writeFileSync(path, before);
        const content = await written(from, pieces, aligned ? {} : { buffers: ordinaryBuffers(bulkSize) });
        expect(content.equals(Buffer.concat([before, ...pieces]))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test('each writing is asked for first, and one that is refused leaves the file as it was', async () => {
    writeFileSync(path, 'before');
    const file = await open(path, 'r+');
    const writer = createBulkWriter(file, 0, buffers, () => Promise.reject(new Error('somebody else writes now')));
    await expect(writer.add(randomBytes(3 * bulkSize))).rejects.toThrow('somebody else writes now');
    await writer.close();
    await file.close();
    expect(readFileSync(path, 'utf8')).toBe('before');
  });

  test('what was not flushed is forgotten', async () => {
    writeFileSync(path, '');
    const file = await open(path, 'r+');
    const writer = createBulkWriter(file, 0, buffers);
    await writer.add(randomBytes(bulkSize + 5));
    await writer.close();
    await file.close();
    expect(readFileSync(path)).toHaveLength(bulkSize);
  });
});

describe('reading a large file', () => {
  test('any range of a file of any size is what lies there, and ends where the file does', async () => {
    const size = fc.oneof(fc.constantFrom(0, 1, bulkSize - 1, bulkSize), fc.nat(3 * bulkSize));
    await fc.assert(
      fc.asyncProperty(size, fc.nat(), fc.nat(), fc.boolean(), async (bytes, one, other, aligned) => {
        const content = randomBytes(bytes);
        writeFileSync(path, content);
        const [from, to] = [one % (bytes + 10), other % (bytes + 10)].toSorted((a, b) => a - b);
        const range = { from: from ?? 0, to: to ?? 0 };
        const read = await all(await openBulkReader(path, aligned ? small : ordinaryBuffers(pieceSize), range));
        expect(read.equals(content.subarray(range.from, range.to + 1))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('of two readers at once, one slow, each gets its own file', async () => {
    const contents = [randomBytes(3 * bulkSize + 7), randomBytes(2 * bulkSize)];
    const readers = await Promise.all(
      contents.map((content, index) => {
        writeFileSync(`${path}${index}`, content);
        return openBulkReader(`${path}${index}`, small);
      }),
    );
    const [slow, quick] = readers;
    if (slow === undefined || quick === undefined) throw new Error('two readers were opened');
    const beginning = slow[Symbol.asyncIterator]();
    const pieces = [(await beginning.next()).value as Uint8Array];
    expect((await all(quick)).equals(contents[1] ?? Buffer.alloc(0))).toBe(true);
    for (let next = await beginning.next(); next.done !== true; next = await beginning.next())
      pieces.push(next.value as Uint8Array);
    expect(Buffer.concat(pieces).equals(contents[0] ?? Buffer.alloc(0))).toBe(true);
  });

  test('a file that is not there is said before anything is read', async () => {
    await expect(openBulkReader(path, small)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

const whyNot = await pastCacheMissing();
if (whyNot !== undefined) {
  test(`large files go past the cache of the system: NOT RUN, ${whyNot}`, () => {
    console.warn(`large files go past the cache of the system: not run, ${whyNot}`);
    expect(whyNot).not.toBe('');
  });
} else {
  describe('on a file system that can do without its cache', () => {
    let seen: boolean[] = [];
    const whileOpen = () => {
      seen = openings(path).toSorted();
    };

    test('a file of a megabyte is written past it, a smaller one is not', async () => {
      writeFileSync(path, '');
      await written(0, [randomBytes(bulkSize + 100)], { whileOpen });
      expect(seen).toEqual([false, true]);
      writeFileSync(path, '');
      await written(0, [randomBytes(bulkSize - 1)], { whileOpen });
      expect(seen).toEqual([false]);
      expect(openings(path)).toEqual([]);
    });

    test('a file that goes on from an odd place is written past it from the next block on', async () => {
      writeFileSync(path, randomBytes(5_000));
      await written(5_000, [randomBytes(2 * bulkSize)], { whileOpen });
      expect(seen).toEqual([false, true]);
    });

    test('with memory that the system does not take for that, a file is written and read as any other', async () => {
      writeFileSync(path, '');
      await written(0, [randomBytes(2 * bulkSize)], { whileOpen, buffers: ordinaryBuffers(bulkSize) });
      expect(seen).toEqual([false]);
      const reader = await openBulkReader(path, ordinaryBuffers(pieceSize));
      await reader[Symbol.asyncIterator]().next();
      expect(openings(path)).toEqual([false]);
      reader.destroy();
    });

    test('a file of a megabyte is read past it, a smaller one is not', async () => {
      for (const [bytes, openedAs] of [
        [bulkSize, [false, true]],
        [bulkSize - 1, [false]],
      ] as const) {
        writeFileSync(path, randomBytes(bytes));
        const reader = await openBulkReader(path, small);
        const iterator = reader[Symbol.asyncIterator]();
        await iterator.next();
        expect(openings(path).toSorted()).toEqual(openedAs);
        for (let next = await iterator.next(); next.done !== true; next = await iterator.next());
        await expect.poll(() => openings(path)).toEqual([]);
      }
    });

    test('a reader that leaves before the end, or before it has read anything, leaves nothing open', async () => {
      writeFileSync(path, randomBytes(3 * bulkSize));
      const left = await openBulkReader(path, small);
      await left[Symbol.asyncIterator]().next();
      const unread = await openBulkReader(path, small);
      left.destroy();
      unread.destroy();
      await expect.poll(() => openings(path)).toEqual([]);
    });
  });
}
