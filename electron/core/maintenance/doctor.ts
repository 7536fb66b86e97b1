import { existsSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readPicture } from '../media/thumbnailCache.ts';
import { findInconsistencies, repairCounts } from '../store/integrity.ts';
import type { Store } from '../store/store.ts';

/** One thing that is not as it should be. */
export type Finding = {
  readonly check: 'database' | 'references' | 'shares' | 'counts' | 'originals' | 'photos' | 'search' | 'pictures';
  /** An error loses or hides something; a warning is put right by itself or needs nobody. */
  readonly severity: 'error' | 'warning';
  /** One sentence for the person. */
  readonly message: string;
  /** The row or file it is about. */
  readonly subject: string | null;
  readonly repaired: boolean;
};

export type DoctorOptions = {
  /** Puts right what can be put right without losing anything: indexes, the search index, damaged pictures. */
  readonly repair: boolean;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
};

/** Rows of one kind of trouble that are named; the rest is counted. */
const namedAtMost = 100;

/**
 * Examines an open library: the database and its references, the copies in the library's own folder, photos without any
 * file, the search index, and the cached pictures. Originals are looked at and never changed.
 * @returns what was found; empty for a healthy library
 * @throws what the signal was aborted with
 */
export async function examineLibrary(store: Store, options: DoctorOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const steps: readonly (readonly [title: string, check: () => Finding[] | Promise<Finding[]>])[] = [
    ['the database', () => checkDatabase(store, options.repair)],
    ['references between rows', () => checkReferences(store)],
    ['shares and counts', () => checkConsistency(store, options.repair)],
    ['the search index', () => checkSearch(store, options.repair)],
    ['copies in the library', () => checkOriginals(store, options.signal)],
    ['photos without a file', () => checkPhotos(store)],
    ['cached pictures', () => checkPictures(store, options)],
  ];
  for (const [title, check] of steps) {
    options.signal.throwIfAborted();
    options.progress(`Checking ${title}`);
    findings.push(...(await check()));
  }
  return findings;
}

function checkDatabase(store: Store, repair: boolean): Finding[] {
  const problems = (): string[] =>
    store.connection
      .statement<[], { integrity_check: string }>('PRAGMA integrity_check(100)')
      .all()
      .map((row) => row.integrity_check)
      // The search index is checked by itself: it can be made anew and is no loss.
      .filter((line) => line !== 'ok' && !line.includes('search_text'));
  const before = problems();
  if (before.length === 0) return [];
  let left = before;
  // Only a wrong index can be made anew without losing rows; anything deeper needs a backup.
  if (repair && before.every((line) => /index/iu.test(line))) {
    store.connection.raw.exec('REINDEX');
    left = problems();
  }
  return before.map((line) => ({
    check: 'database',
    severity: 'error',
    message: left.includes(line)
      ? `The database is damaged: ${line}. Restore the last backup.`
      : `A damaged index was made anew: ${line}.`,
    subject: null,
    repaired: !left.includes(line),
  }));
}

function checkReferences(store: Store): Finding[] {
  const rows = store.connection
    .statement<[], { table: string; rowid: number | null; parent: string }>('PRAGMA foreign_key_check')
    .all();
  return capped(
    rows.map(({ table, rowid, parent }) => ({
      check: 'references',
      severity: 'error',
      message: `A row of ${table} names a ${parent} that does not exist.`,
      subject: rowid === null ? table : `${table} ${rowid}`,
      repaired: false,
    })),
  );
}

/** Relations that cross zones, and counts that do not match what they count; counts are derived anew. */
function checkConsistency(store: Store, repair: boolean): Finding[] {
  const problems = findInconsistencies(store.connection);
  if (repair && problems.some((problem) => problem.repairable)) repairCounts(store);
  return problems.map(({ kind, message, repairable }) => ({
    check: kind === 'zone' ? 'shares' : 'counts',
    severity: repairable ? 'warning' : 'error',
    message,
    subject: null,
    repaired: repair && repairable,
  }));
}

/** The index itself is sound. That it is complete is the business of its own place in history. */
function checkSearch(store: Store, repair: boolean): Finding[] {
  const problem = searchProblem(store);
  if (problem === undefined) return [];
  if (repair) {
    // The index holds nothing of its own: emptied, it is written anew from the photos as soon as the library is open.
    store.transaction('maintenance', ({ raw }) => {
      raw.exec("INSERT INTO search_text(search_text) VALUES ('delete-all')");
      raw.exec('DELETE FROM search_document');
      raw.exec('INSERT OR IGNORE INTO search_pending (photo_id) SELECT id FROM photo');
    });
  }
  return [
    {
      check: 'search',
      severity: 'warning',
      message: `The search index does not match the library: ${problem}.`,
      subject: null,
      repaired: repair,
    },
  ];
}

function searchProblem(store: Store): string | undefined {
  try {
    store.connection.raw.exec("INSERT INTO search_text(search_text) VALUES ('integrity-check')");
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Every copy the library made must still lie where it was put, as long as it was. */
async function checkOriginals(store: Store, signal: AbortSignal): Promise<Finding[]> {
  const rows = store.connection
    .statement<[], { folder: string; path: string; bytes: number; name: string | null }>(
      `SELECT folder.path AS folder, file.path AS path, file.byte_size AS bytes, photo.file_name AS name
       FROM file JOIN folder ON folder.id = file.folder_id LEFT JOIN photo ON photo.id = file.photo_id
       WHERE folder.kind = 'originals' AND file.state = 'present'`,
    )
    .all();
  const findings: Finding[] = [];
  for (const { folder, path, bytes, name } of rows) {
    signal.throwIfAborted();
    const full = join(folder, path);
    const facts = await lstat(full).catch(() => undefined);
    const photo = name ?? path;
    if (facts === undefined) {
      findings.push({
        check: 'originals',
        severity: 'error',
        message: `The original of ${photo} is gone: ${full}.`,
        subject: full,
        repaired: false,
      });
    } else if (facts.size !== bytes) {
      const message = `The original of ${photo} was ${bytes} bytes and is ${facts.size} now: ${full}.`;
      findings.push({ check: 'originals', severity: 'error', message, subject: full, repaired: false });
    }
  }
  return capped(findings);
}

/** A photo that was taken in here and has no file any more, not even one of another photo's, cannot be opened again. */
function checkPhotos(store: Store): Finding[] {
  const rows = store.connection
    .statement<[], { id: string; name: string }>(
      `SELECT photo.id AS id, photo.file_name AS name FROM photo
       WHERE NOT EXISTS (SELECT 1 FROM file WHERE file.photo_id = photo.id)
         AND NOT EXISTS (SELECT 1 FROM resource CROSS JOIN file ON file.sha256 = resource.sha256
           WHERE resource.photo_id = photo.id AND file.state = 'present')
         AND NOT EXISTS (SELECT 1 FROM resource WHERE resource.photo_id = photo.id AND resource.local_state = 'remote')`,
    )
    .all();
  return capped(
    rows.map(({ id, name }) => ({
      check: 'photos',
      severity: 'warning',
      message: `${name} has no file on this computer and none on a server.`,
      subject: id,
      repaired: false,
    })),
  );
}

/** Cached pictures carry their own hash. A damaged one is found when it is read, and made again when it is needed. */
async function checkPictures(store: Store, { repair, signal }: DoctorOptions): Promise<Finding[]> {
  const folder = join(store.directory, 'cache', 'thumbs');
  if (!repair || !existsSync(folder)) return [];
  const findings: Finding[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    signal.throwIfAborted();
    if (!entry.isFile() || !entry.name.endsWith('.webp')) continue;
    const path = join(entry.parentPath, entry.name);
    // Reading removes a picture whose bytes do not match their hash.
    if (readPicture(path) === undefined) {
      findings.push({
        check: 'pictures',
        severity: 'warning',
        message: `A damaged picture was removed and will be made again: ${path}.`,
        subject: path,
        repaired: true,
      });
    }
  }
  return capped(findings);
}

function capped(findings: readonly Finding[]): Finding[] {
  const first = findings[0];
  if (first === undefined || findings.length <= namedAtMost) return [...findings];
  const rest = findings.length - namedAtMost;
  return [
    ...findings.slice(0, namedAtMost),
    { ...first, message: `…and ${rest} more of the same kind.`, subject: null },
  ];
}
