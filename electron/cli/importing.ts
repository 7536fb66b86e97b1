import { setTimeout as delay } from 'node:timers/promises';
import type { ImportIssue, ImportProgress } from '../../shared/model/library.ts';
import type { CliContext } from './command.ts';
import type { CoreClient } from './coreSession.ts';

/** How often a waiting command asks how far it has come, in milliseconds. */
const askEvery = 250;

/** What `import --json` ends with. */
export type ImportResult = {
  readonly imported: number;
  readonly duplicates: number;
  readonly updated: number;
  readonly sidecars: number;
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
  readonly failed: readonly { readonly path: string; readonly reason: string }[];
};

/**
 * Waits until an import has ended, showing how far it has come. Ctrl+C cancels the import; what it took in stays.
 * @returns its last state
 */
export async function followImport(
  context: CliContext,
  client: CoreClient,
  sessionID: string,
): Promise<ImportProgress> {
  let cancelling = false;
  for (;;) {
    const session = (await client.library.imports({})).find((entry) => entry.sessionID === sessionID);
    if (session === undefined) throw new Error(`The import ${sessionID} is not known any more.`);
    context.output.progress(progressLine(session));
    if (session.state === 'done' || session.state === 'cancelled') return session;
    // Nobody here could let it go on; the app does, or the next start.
    if (session.state === 'paused' && session.message !== null) throw new Error(session.message);
    if (context.signal.aborted && !cancelling) {
      cancelling = true;
      await client.library.cancelImport({ sessionID });
    }
    await delay(askEvery);
  }
}

/** The whole report of an ended import, issues included. */
export async function importResult(client: CoreClient, session: ImportProgress): Promise<ImportResult> {
  const issues: ImportIssue[] = [];
  for (;;) {
    const page = await client.library.importReport({
      sessionID: session.sessionID,
      after: issues.length,
      limit: 1_000,
    });
    issues.push(...page.issues);
    if (page.issues.length === 0 || issues.length >= page.total) break;
  }
  const of = (outcome: ImportIssue['outcome']): { path: string; reason: string }[] =>
    issues.filter((issue) => issue.outcome === outcome).map(({ path, reason }) => ({ path, reason }));
  const { imported, duplicates, updated, sidecars } = session;
  return { imported, duplicates, updated, sidecars, skipped: of('skipped'), failed: of('failed') };
}

/** The result in words, with every file that was not taken and why. */
export function resultText(result: ImportResult): string {
  const counts = `${result.imported} imported, ${result.duplicates} already here, ${result.updated} updated, ${result.sidecars} sidecars, ${result.skipped.length} skipped, ${result.failed.length} failed`;
  const lines = [...result.skipped, ...result.failed].map(({ path, reason }) => `  ${path}: ${reason}`);
  return [counts, ...lines].join('\n');
}

function progressLine(session: ImportProgress): string {
  const base = `${session.found} found, ${session.read} read, ${session.thumbnails} thumbnails, ${session.failed} failed`;
  return session.message === null ? base : `${base}: ${session.message}`;
}
