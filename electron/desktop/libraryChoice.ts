import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const written = z.strictObject({ directory: z.string().min(1).max(4_096) });

/** The library a person chose, kept outside of it: it decides what opens at the next start. */
export interface LibraryChoice {
  /** The absolute path of its folder; undefined when none was chosen, or what was written cannot be read. */
  readonly directory: string | undefined;
  remember(directory: string): void;
}

/** Reads the choice from its file. */
export function openLibraryChoice(path: string): LibraryChoice {
  return {
    directory: read(path),
    remember: (directory) => {
      const temporary = `${path}.tmp`;
      writeFileSync(temporary, `${JSON.stringify(written.parse({ directory }))}\n`);
      renameSync(temporary, path);
    },
  };
}

function read(path: string): string | undefined {
  try {
    return written.parse(JSON.parse(readFileSync(path, 'utf8'))).directory;
  } catch {
    return undefined;
  }
}
