import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** How another program of the same person finds the shell that has a library open. */
const endpointSchema = z.strictObject({
  port: z.int().min(1).max(65_535),
  token: z.string().min(32),
  pid: z.int().positive(),
  contractVersion: z.int(),
});
export type Endpoint = z.infer<typeof endpointSchema>;

function endpointPath(libraryDir: string): string {
  return join(libraryDir, 'endpoint.json');
}

/**
 * Writes the endpoint of a shell that already listens. Only this user may read it (mode 0600 from its first byte), and it
 * appears whole or not at all.
 * @throws when it cannot be written (a full disk); nothing is left of it then
 */
export async function writeEndpoint(libraryDir: string, endpoint: Endpoint): Promise<void> {
  const path = endpointPath(libraryDir);
  const fresh = `${path}.${endpoint.pid}`;
  await rm(fresh, { force: true });
  try {
    await writeFile(fresh, JSON.stringify(endpoint), { mode: 0o600, flag: 'wx' });
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

/** Removes the endpoint file if it is still this shell's. */
export async function removeEndpoint(libraryDir: string, token: string): Promise<void> {
  const current = await readEndpoint(libraryDir);
  if (current?.token === token) await rm(endpointPath(libraryDir), { force: true });
}

/**
 * The endpoint of the shell that has a library open, or undefined when there is none that can be read. It may be left
 * over from a shell that was killed: only a connection proves it.
 */
export async function readEndpoint(libraryDir: string): Promise<Endpoint | undefined> {
  try {
    const parsed = endpointSchema.safeParse(JSON.parse(await readFile(endpointPath(libraryDir), 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
