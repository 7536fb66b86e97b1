import type { PhotoKind } from '../../../shared/model/photo.ts';

/** A kind of file Shoebox takes. Decided by content, never by name. */
export type Format =
  | 'jpeg'
  | 'png'
  | 'webp'
  | 'gif'
  | 'tiff'
  | 'avif'
  | 'heic'
  | 'bmp'
  | 'jxl'
  | 'jp2'
  | 'dng'
  | 'cr2'
  | 'cr3'
  | 'crw'
  | 'nef'
  | 'arw'
  | 'raf'
  | 'rw2'
  | 'orf'
  | 'mrw'
  | 'x3f'
  | 'kdc'
  | 'pef'
  | 'srw'
  | 'mp4'
  | 'mov'
  | 'webm'
  | 'mkv'
  | 'avi'
  | '3gp';

export type FormatFamily = 'image' | 'raw' | 'video' | 'unsupported';

export interface FormatInfo {
  readonly family: FormatFamily;
  readonly mimeType: string;
  /** As a person calls it, for reports. */
  readonly label: string;
}

/** What each format is. `unsupported` ones are recognised so that the report can name them. */
export const formats: Readonly<Record<Format, FormatInfo>> = {
  jpeg: { family: 'image', mimeType: 'image/jpeg', label: 'JPEG' },
  png: { family: 'image', mimeType: 'image/png', label: 'PNG' },
  webp: { family: 'image', mimeType: 'image/webp', label: 'WebP' },
  gif: { family: 'image', mimeType: 'image/gif', label: 'GIF' },
  tiff: { family: 'image', mimeType: 'image/tiff', label: 'TIFF' },
  avif: { family: 'image', mimeType: 'image/avif', label: 'AVIF' },
  heic: { family: 'image', mimeType: 'image/heic', label: 'HEIC' },
  bmp: { family: 'unsupported', mimeType: 'image/bmp', label: 'BMP' },
  jxl: { family: 'unsupported', mimeType: 'image/jxl', label: 'JPEG XL' },
  jp2: { family: 'unsupported', mimeType: 'image/jp2', label: 'JPEG 2000' },
  dng: { family: 'raw', mimeType: 'image/x-adobe-dng', label: 'DNG' },
  cr2: { family: 'raw', mimeType: 'image/x-canon-cr2', label: 'Canon CR2' },
  cr3: { family: 'raw', mimeType: 'image/x-canon-cr3', label: 'Canon CR3' },
  crw: { family: 'raw', mimeType: 'image/x-canon-crw', label: 'Canon CRW' },
  nef: { family: 'raw', mimeType: 'image/x-nikon-nef', label: 'Nikon NEF' },
  arw: { family: 'raw', mimeType: 'image/x-sony-arw', label: 'Sony ARW' },
  raf: { family: 'raw', mimeType: 'image/x-fuji-raf', label: 'Fujifilm RAF' },
  rw2: { family: 'raw', mimeType: 'image/x-panasonic-rw2', label: 'Panasonic RW2' },
  orf: { family: 'raw', mimeType: 'image/x-olympus-orf', label: 'Olympus ORF' },
  mrw: { family: 'raw', mimeType: 'image/x-minolta-mrw', label: 'Minolta MRW' },
  x3f: { family: 'raw', mimeType: 'image/x-sigma-x3f', label: 'Sigma X3F' },
  kdc: { family: 'raw', mimeType: 'image/x-kodak-kdc', label: 'Kodak KDC' },
  pef: { family: 'raw', mimeType: 'image/x-pentax-pef', label: 'Pentax PEF' },
  srw: { family: 'raw', mimeType: 'image/x-samsung-srw', label: 'Samsung SRW' },
  mp4: { family: 'video', mimeType: 'video/mp4', label: 'MP4' },
  mov: { family: 'video', mimeType: 'video/quicktime', label: 'QuickTime' },
  webm: { family: 'video', mimeType: 'video/webm', label: 'WebM' },
  mkv: { family: 'video', mimeType: 'video/x-matroska', label: 'Matroska' },
  '3gp': { family: 'video', mimeType: 'video/3gpp', label: '3GP' },
  avi: { family: 'unsupported', mimeType: 'video/x-msvideo', label: 'AVI' },
};

/** The format a stored MIME type stands for; each format has its own. */
export function formatOfMime(mimeType: string): Format | undefined {
  return (Object.keys(formats) as Format[]).find((format) => formats[format].mimeType === mimeType);
}

/** TIFF-shaped RAW files say only "TIFF" in their first bytes; there the extension names the maker's dialect. */
const tiffDialects: Readonly<Record<string, Format>> = {
  dng: 'dng',
  nef: 'nef',
  nrw: 'nef',
  arw: 'arw',
  sr2: 'arw',
  srf: 'arw',
  kdc: 'kdc',
  dcr: 'kdc',
  pef: 'pef',
  srw: 'srw',
  cr2: 'cr2',
};

/**
 * What a file is, from its first bytes (64 are enough; 4 KB find a DNG by its version tag). `name` only chooses
 * between dialects that begin with the same TIFF header. Undefined when it is nothing Shoebox knows.
 */
export function sniff(head: Uint8Array, name = ''): Format | undefined {
  const text = (start: number, end: number) => String.fromCharCode(...head.subarray(start, end));
  if (head.length < 8) return undefined;
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'jpeg';
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (text(0, 4) === 'GIF8') return 'gif';
  if (text(0, 4) === 'RIFF') {
    const kind = text(8, 12);
    return kind === 'WEBP' ? 'webp' : kind === 'AVI ' ? 'avi' : undefined;
  }
  if (text(4, 8) === 'ftyp') return brandFormat(head, text);
  if (text(0, 8) === 'FUJIFILM') return 'raf';
  if (text(6, 14) === 'HEAPCCDR') return 'crw';
  if (text(0, 4) === '\0MRM') return 'mrw';
  if (text(0, 4) === 'FOVb') return 'x3f';
  if (text(0, 3) === 'IIU' && head[3] === 0) return 'rw2';
  if (['IIRO', 'IIRS', 'MMOR'].includes(text(0, 4))) return 'orf';
  if (text(0, 4) === 'II*\0' || text(0, 4) === 'MM\0*' || text(0, 4) === 'II+\0' || text(0, 4) === 'MM\0+') {
    return tiffFormat(head, text, name);
  }
  if (text(0, 4) === '\x1aE\xdf\xa3') return text(0, 64).includes('webm') ? 'webm' : 'mkv';
  if (text(0, 2) === 'BM' && head.length > 26) return 'bmp';
  if (head[0] === 0xff && head[1] === 0x0a) return 'jxl';
  if (text(0, 12) === '\0\0\0\x0cJXL \r\n\x87\n') return 'jxl';
  if (text(0, 12) === '\0\0\0\x0cjP  \r\n\x87\n') return 'jp2';
  // QuickTime files older than the ftyp box begin with the movie or its data.
  if (['moov', 'mdat', 'wide', 'pnot'].includes(text(4, 8))) return 'mov';
  return undefined;
}

function brandFormat(head: Uint8Array, text: (start: number, end: number) => string): Format | undefined {
  const size = Math.min(new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0), head.length, 256);
  const major = text(8, 12);
  const brands = [major];
  for (let at = 16; at + 4 <= size; at += 4) brands.push(text(at, at + 4));
  const has = (...names: string[]) => brands.some((brand) => names.includes(brand));
  if (major === 'crx ') return 'cr3';
  if (has('avif', 'avis')) return 'avif';
  if (has('heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'msf1', 'mif2')) return 'heic';
  if (major === 'qt  ') return 'mov';
  if (major.startsWith('3g')) return '3gp';
  return 'mp4';
}

function tiffFormat(head: Uint8Array, text: (start: number, end: number) => string, name: string): Format {
  if (text(8, 10) === 'CR') return 'cr2';
  const dialect = tiffDialects[name.slice(name.lastIndexOf('.') + 1).toLowerCase()];
  if (dialect !== undefined) return dialect;
  return hasDngVersion(head) ? 'dng' : 'tiff';
}

/** Looks for tag 0xC612 (DNGVersion) in the first directory. */
function hasDngVersion(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const little = head[0] === 0x49;
  const start = view.getUint32(4, little);
  if (start + 2 > head.length) return false;
  const count = view.getUint16(start, little);
  for (let index = 0; index < count; index += 1) {
    const at = start + 2 + index * 12;
    if (at + 2 > head.length) return false;
    if (view.getUint16(at, little) === 0xc612) return true;
  }
  return false;
}

/** The kind a photo of this format starts as; grouping may make it live, motion or rawJpeg later. */
export function kindOf(format: Format): PhotoKind {
  const { family } = formats[format];
  return family === 'video' ? 'video' : family === 'raw' ? 'raw' : 'photo';
}
