/** A photo as its placeholder sees it. */
export interface Look {
  readonly id: string;
  /** base64 */
  readonly thumbhash: string;
  readonly ratio: number;
}

/** Half bytes of a thumbhash that may differ, on average, between two pictures of the same thing saved twice. */
const largestDistance = 0.6;
/** A bucket this full is of blank pictures, about which nothing can be said. */
const fullestBucket = 200;

/**
 * Groups photos whose placeholders are nearly equal: the same picture scaled or saved again. Buckets by shape and mean
 * colour keep it near linear; a pair that straddles two buckets is met because each photo also looks into the one above.
 * @returns groups of ids, at least two each
 */
export function looksAlike(photos: readonly Look[], limit: number): string[][] {
  const looks = photos.flatMap(({ id, thumbhash, ratio }) => {
    const bytes = Buffer.from(thumbhash, 'base64');
    return bytes.length < 6 ? [] : [{ id, bytes, shape: Math.round(ratio / 50), light: bytes.readUInt8(0) & 63 }];
  });
  const buckets = new Map<string, typeof looks>();
  const key = (shape: number, light: number, length: number): string => `${shape} ${light >> 2} ${length}`;
  for (const look of looks) {
    const name = key(look.shape, look.light, look.bytes.length);
    const bucket = buckets.get(name);
    if (bucket === undefined) buckets.set(name, [look]);
    else bucket.push(look);
  }
  const groups: string[][] = [];
  const taken = new Set<string>();
  for (const look of looks) {
    if (groups.length >= limit) break;
    if (taken.has(look.id)) continue;
    const group = [look.id];
    for (const light of [look.light, look.light + 4]) {
      for (const shape of [look.shape, look.shape + 1]) {
        const bucket = buckets.get(key(shape, light, look.bytes.length)) ?? [];
        if (bucket.length > fullestBucket) continue;
        for (const other of bucket) {
          if (other.id === look.id || taken.has(other.id) || group.includes(other.id)) continue;
          if (distance(look.bytes, other.bytes) <= largestDistance) group.push(other.id);
        }
      }
    }
    if (group.length < 2) continue;
    for (const id of group) taken.add(id);
    groups.push(group);
  }
  return groups;
}

/** Mean difference per half byte, after the header's packed averages are compared as the numbers they are. */
function distance(one: Buffer, other: Buffer): number {
  const header = (bytes: Buffer): number => bytes.readUInt8(0) | (bytes.readUInt8(1) << 8) | (bytes.readUInt8(2) << 16);
  const [a, b] = [header(one), header(other)];
  for (const shift of [0, 6, 12]) {
    if (Math.abs(((a >> shift) & 63) - ((b >> shift) & 63)) > 2) return Number.POSITIVE_INFINITY;
  }
  let sum = 0;
  for (let index = 5; index < one.length; index += 1) {
    const [x, y] = [one.readUInt8(index), other.readUInt8(index)];
    sum += Math.abs((x & 15) - (y & 15)) + Math.abs((x >> 4) - (y >> 4));
  }
  return sum / ((one.length - 5) * 2);
}
