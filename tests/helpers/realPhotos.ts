import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** One line of the manifest of real photos: what a file must give. Empty cells are "the file does not say". */
export type ManifestRow = Readonly<Record<string, string>> & { readonly path: string; readonly expect: string };

/**
 * The folder of real photos, kept beside the checkout or named by SHOEBOX_PHOTOS; undefined when there is none.
 * Resolved, because the library names every file by its real path. The photos' licences do not allow them in the repository.
 */
export function realPhotosFolder(): string | undefined {
  const folder = resolve(process.env['SHOEBOX_PHOTOS'] ?? join(import.meta.dirname, '../../../shared/photos'));
  return existsSync(join(folder, 'MANIFEST.csv')) ? realpathSync(folder) : undefined;
}

/** Reads MANIFEST.csv: RFC 4180, one header line. */
export function readManifest(folder: string): ManifestRow[] {
  const [header = [], ...lines] = parseCsv(readFileSync(join(folder, 'MANIFEST.csv'), 'utf8'));
  return lines.map((line) => Object.fromEntries(header.map((name, index) => [name, line[index] ?? ''])) as ManifestRow);
}

function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const one = text[at];
    if (quoted) {
      if (one === '"' && text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else if (one === '"') quoted = false;
      else cell += one;
    } else if (one === '"') quoted = true;
    else if (one === ',') {
      row.push(cell);
      cell = '';
    } else if (one === '\n') {
      rows.push([...row, cell]);
      row = [];
      cell = '';
    } else if (one !== '\r') cell += one;
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell]);
  return rows;
}
