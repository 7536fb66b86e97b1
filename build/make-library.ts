// Draws a folder of photos to try Shoebox with: `node build/make-library.ts --to DIR --photos 1000 [--megapixels 12]`.
import './check-node.mjs';
import { parseArgs } from 'node:util';
import { makePhotoFolder } from './photoFolder.ts';

const { values } = parseArgs({
  options: {
    to: { type: 'string' },
    photos: { type: 'string', default: '1000' },
    megapixels: { type: 'string', default: '12' },
  },
});
if (values.to === undefined) {
  console.error('Say where: node build/make-library.ts --to DIR [--photos 1000] [--megapixels 12]');
  process.exit(2);
}
const height = Math.round(Math.sqrt((Number(values.megapixels) * 1e6 * 3) / 4));
await makePhotoFolder({
  directory: values.to,
  photos: Number(values.photos),
  width: Math.round((height * 4) / 3),
  height,
});
console.log(`${values.photos} photos are in ${values.to}`);
