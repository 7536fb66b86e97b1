import { open } from 'node:fs/promises';
import { systemCode } from './systemCode.ts';

/** How Windows says that it cannot sync a folder. Its file system journals names by itself. */
const cannotSync = new Set(['EPERM', 'EISDIR', 'EACCES']);

/** Makes the names in a folder durable: a file that is synced itself may still lose its name with the power. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!cannotSync.has(systemCode(error) ?? '')) throw error;
  }
}
