import { uploadFiles } from '../../bridge/uploadFiles.ts';
import type { DroppedFile, FailedFile } from '../../bridge/uploadFiles.ts';
import type { Core } from '../../data/core.ts';
import { showToast } from '../../data/toasts.ts';
import { importTarget, sendOn } from './importTarget.ts';

/** Of the files that could not be handed over, so many are named. */
const mostNamed = 3;

/**
 * Gives dropped files to the shell, in sight and to be stopped at any time; their import then reports its own progress.
 * What arrived before a stop goes with its import, cancelled as it begins: left lying, it would be taken in by the next start
 * of the app.
 */
export async function handOver(core: Core, dropped: Promise<readonly DroppedFile[]>): Promise<void> {
  const files = await dropped;
  if (files.length === 0) {
    showToast(core.toasts, { tone: 'plain', text: core.t('import.nothingDropped'), action: null });
    return;
  }
  const batch = crypto.randomUUID();
  const abort = new AbortController();
  const upload = { batch, done: 0, total: files.length, stop: () => abort.abort() };
  core.window.setState(({ uploads }) => ({ uploads: [...uploads, upload] }));
  try {
    const target = await importTarget(core);
    const onProgress = (done: number): void =>
      core.window.setState(({ uploads }) => ({
        uploads: uploads.map((one) => (one.batch === batch ? { ...one, done } : one)),
      }));
    const { sessionID, failed } = await uploadFiles(files, batch, { signal: abort.signal, onProgress });
    if (abort.signal.aborted) {
      if (sessionID !== null) await core.client.library.cancelImport({ sessionID });
    } else {
      tellFailed(core, failed);
      if (sessionID !== null) await sendOn(core, target, sessionID);
    }
  } finally {
    core.window.setState(({ uploads }) => ({ uploads: uploads.filter((one) => one.batch !== batch) }));
  }
  await core.queryClient.invalidateQueries({ queryKey: core.queries.library.key() });
}

function tellFailed(core: Core, failed: readonly FailedFile[]): void {
  const [first] = failed;
  if (first === undefined) return;
  const names = failed.slice(0, mostNamed).map(({ path }) => path);
  const text = core.t('import.notUploaded', {
    count: failed.length,
    names: names.join(', '),
    more: failed.length - names.length,
    reason: first.reason,
  });
  showToast(core.toasts, { tone: 'error', text, action: null });
}
