import { libraryPlace } from '../core/shell/libraryPlace.ts';

/**
 * The library the desktop opens: `--library=DIR`, else SHOEBOX_LIBRARY, else the usual place. A start that carries a link
 * decides nothing else: whoever fired the link may have added arguments of their own.
 * @param argv the program's arguments, Electron's own among them
 */
export function desktopLibrary(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): string {
  const flag = '--library=';
  const carriesLink = argv.some((argument) => argument.toLowerCase().includes('shoebox:'));
  const named = carriesLink ? undefined : argv.find((argument) => argument.startsWith(flag))?.slice(flag.length);
  return libraryPlace(named, env);
}
