import { join } from 'node:path';
import { flipFuses } from '@electron/fuses';
import type { AfterPackContext } from 'electron-builder';
import { fusesFor } from './fuses.ts';

/**
 * Called by electron-builder when the folder of one platform is complete and before it is signed: sets the fuses of its
 * binary, and fails the build when the binary has none to set.
 */
export default async function afterPack(context: AfterPackContext): Promise<void> {
  const platform = context.electronPlatformName;
  if (platform !== 'darwin' && platform !== 'mas' && platform !== 'linux' && platform !== 'win32') {
    throw new Error(`There are no fuses for ${platform}`);
  }
  const { productFilename } = context.packager.appInfo;
  const names = {
    darwin: `${productFilename}.app`,
    mas: `${productFilename}.app`,
    win32: `${productFilename}.exe`,
    // As `executableName` in electron-builder.yml.
    linux: 'shoebox',
  };
  await flipFuses(join(context.appOutDir, names[platform]), fusesFor(platform));
}
