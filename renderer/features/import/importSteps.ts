import { openDialog } from '../../data/core.ts';
import type { Core } from '../../data/core.ts';
import { showToast } from '../../data/toasts.ts';
import { importTarget, sendOn } from './importTarget.ts';

/**
 * Chooses a folder to watch, or files to copy in: by the system's dialog where the shell has one, else by a list of
 * folders in the window.
 */
export async function chooseSource(core: Core, purpose: 'watch' | 'import'): Promise<void> {
  if (!core.info.capabilities.chooseFolder) {
    openDialog(core, { kind: 'addFolder', purpose });
    return;
  }
  const { paths } = await core.client.app.chooseFolder({ purpose });
  await takeIn(core, paths, purpose);
}

/** Watches folders in place, or copies files and folders into the library. Ingest reports its own progress. */
export async function takeIn(core: Core, paths: readonly string[], purpose: 'watch' | 'import'): Promise<void> {
  if (paths.length === 0) return;
  if (purpose === 'import') {
    const target = await importTarget(core);
    const { sessionID } = await core.client.library.import({ paths: [...paths], mode: 'copy' });
    await sendOn(core, target, sessionID);
  } else {
    for (const path of paths) await core.client.library.addFolder({ path });
    const [first = ''] = paths;
    showToast(core.toasts, { tone: 'plain', text: core.t('import.watching', { path: first }), action: null });
  }
  await core.queryClient.invalidateQueries({ queryKey: core.queries.library.key() });
}
