import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { MessageBoxOptions } from 'electron';
import { errorMessage } from '../../shared/errors.ts';
import type { LibraryChoice } from './libraryChoice.ts';

/**
 * The folder to open: the wanted one, unless it is the remembered library and not there now, as when its disk is not
 * connected. Making it anew would show an empty library where the person's photos should be, so the person decides.
 * @param wanted the folder this start would open
 * @param usual the folder that opens where none was chosen
 * @param ask shows a message and answers the number of the button
 * @returns undefined when the person would rather quit
 */
export async function libraryToOpen(
  wanted: string,
  choice: Pick<LibraryChoice, 'directory' | 'opened'>,
  usual: string,
  ask: (options: MessageBoxOptions) => Promise<number>,
): Promise<string | undefined> {
  if (wanted !== choice.directory || existsSync(choice.opened ? join(wanted, 'library.sqlite') : wanted)) return wanted;
  const answer = await ask({
    type: 'warning',
    title: 'Library not found',
    message: `Your library is not at ${wanted} now.`,
    detail: `If it lies on a disk that is not connected, quit, connect the disk and start Shoebox again. You can also open the usual library at ${usual}; it is made if there is none. The next start looks for your library again.`,
    buttons: ['Open the Usual Library', 'Quit'],
    defaultId: 1,
    cancelId: 1,
  });
  return answer === 0 ? usual : undefined;
}

/**
 * Opens the wanted library. When it is the remembered one and does not open (it is open elsewhere, damaged, or of a newer
 * version), the person is asked, since every later start would end the same way.
 * @param open opens the library in a folder, and makes it if there is none
 * @returns undefined when the person would rather quit
 * @throws what kept any other library from being opened
 */
export async function openWanted<T>(
  wanted: string,
  choice: Pick<LibraryChoice, 'directory' | 'opened'>,
  usual: string,
  ask: (options: MessageBoxOptions) => Promise<number>,
  open: (directory: string) => Promise<T>,
): Promise<{ readonly directory: string; readonly opened: T } | undefined> {
  const directory = await libraryToOpen(wanted, choice, usual, ask);
  if (directory === undefined) return undefined;
  try {
    return { directory, opened: await open(directory) };
  } catch (error) {
    if (directory !== choice.directory || directory === usual) throw error;
    const answer = await ask({
      type: 'warning',
      title: 'Library cannot be opened',
      message: errorMessage(error),
      detail: `Your library at ${directory} stays as it is. You can open the usual library at ${usual} instead and choose another one in its settings; it is made if there is none.`,
      buttons: ['Open the Usual Library', 'Quit'],
      defaultId: 1,
      cancelId: 1,
    });
    return answer === 0 ? { directory: usual, opened: await open(usual) } : undefined;
  }
}
