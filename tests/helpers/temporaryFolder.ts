import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder {
  readonly path: string;
  dispose(): void;
}

/** A folder of a test's own, gone with it. */
export function temporaryFolder(name: string): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), `shoebox-${name}-`));
  return { path, dispose: () => rmSync(path, { recursive: true, force: true }) };
}
