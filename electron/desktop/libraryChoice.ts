import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const written = z.strictObject({
  directory: z.string().min(1).max(4_096),
  /** Absent in what was written before this was kept: those choices had been opened. */
  opened: z.boolean().default(true),
});

/** The library a person chose, kept outside of it: it decides what opens at the next start. */
export interface LibraryChoice {
  /** The absolute path of its folder; undefined when none was chosen, or what was written cannot be read. */
  readonly directory: string | undefined;
  /** Whether it has been opened since it was chosen. One that has not may still have to be made. */
  readonly opened: boolean;
  /** Takes note of a choice for the next start. */
  readonly remember: (directory: string) => void;
  /**
   * Takes note that the chosen library is open: from now on it must be there. A note that cannot be written is logged; it
   * must not keep the library closed.
   */
  readonly markOpened: (log: (error: unknown) => void) => void;
}

/** Reads the choice from its file. */
export function openLibraryChoice(path: string): LibraryChoice {
  const found = read(path);
  const write = (choice: z.infer<typeof written>): void => {
    const temporary = `${path}.tmp`;
    writeFileSync(temporary, `${JSON.stringify(written.parse(choice))}\n`);
    renameSync(temporary, path);
  };
  return {
    directory: found?.directory,
    opened: found?.opened ?? false,
    remember: (directory) => write({ directory, opened: false }),
    markOpened: (log) => {
      if (found === undefined || found.opened) return;
      try {
        write({ directory: found.directory, opened: true });
      } catch (error) {
        log(error);
      }
    },
  };
}

function read(path: string): z.infer<typeof written> | undefined {
  try {
    return written.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
