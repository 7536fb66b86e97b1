import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const hook = join(import.meta.dirname, '..', '..', 'electron', 'core', 'workers', 'withoutNativeSharp.ts');

/** How sharp decodes in a process of its own that calls itself this program. */
async function decodesBy(program: Readonly<Record<string, string>>, platform: NodeJS.Platform): Promise<unknown> {
  const source = `
    import { withoutNativeSharp } from ${JSON.stringify(hook)};
    withoutNativeSharp(${JSON.stringify(platform)}, { ...process.versions, ...${JSON.stringify(program)} });
    const { default: sharp } = await import('sharp');
    const made = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#936' } }).webp().toBuffer();
    const { width } = await sharp(made).metadata();
    console.log(JSON.stringify({ width, portable: sharp.versions.emscripten !== undefined }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', source], {
    cwd: join(import.meta.dirname, '..', '..'),
  });
  return JSON.parse(stdout);
}

test('inside Electron on Linux pictures are decoded in WebAssembly, also where native sharp is installed', async () => {
  expect(await decodesBy({ electron: '45.3.4' }, 'linux')).toEqual({ width: 8, portable: true });
});

test('everywhere else sharp is what npm installed', async () => {
  const plain = await decodesBy({}, 'linux');
  expect(await decodesBy({ electron: '45.3.4' }, 'darwin')).toEqual(plain);
  expect(plain).toMatchObject({ width: 8 });
});
