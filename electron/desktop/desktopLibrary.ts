import { libraryPlace } from '../core/shell/libraryPlace.ts';

const flag = '--library=';

/**
 * The library the desktop opens: `--library=DIR`, else SHOEBOX_LIBRARY, else the one chosen last, else the usual place. A
 * start that carries a link decides nothing else: whoever fired the link may have added arguments of their own.
 * @param argv the program's arguments, Electron's own among them
 * @param remembered the library the person chose last
 */
export function desktopLibrary(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  remembered?: string,
): string {
  const carriesLink = argv.some((argument) => argument.toLowerCase().includes('shoebox:'));
  const named = carriesLink ? undefined : argv.find((argument) => argument.startsWith(flag))?.slice(flag.length);
  return libraryPlace(named, env, remembered);
}

/** The arguments to start again with another library: without the flag and the link that this start came with. */
export function argumentsForAnother(argv: readonly string[]): string[] {
  return argv.slice(1).filter((argument) => !argument.startsWith(flag) && !argument.toLowerCase().includes('shoebox:'));
}
