import { open } from 'node:fs/promises';

/** Makes the names in a folder durable: a file that is synced itself may still lose its name with the power. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
