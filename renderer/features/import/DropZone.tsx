import { FolderInput } from 'lucide-react';
import { useEffect, useState } from 'react';
import { carriesFiles } from '../../data/drag.ts';
import { openDialog } from '../../data/core.ts';
import { showToast } from '../../data/toasts.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { droppedPaths } from './droppedPaths.ts';
import { takeIn } from './importSteps.ts';

/**
 * Takes files and folders dropped anywhere on the window. A browser does not tell where a dropped file lies; there the
 * folder list opens instead, and says why.
 */
export function DropZone() {
  const core = useCore();
  const t = useT();
  const [over, setOver] = useState(false);
  useEffect(() => {
    const onDragOver = (event: DragEvent): void => {
      if (!carriesFiles(event.dataTransfer)) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'copy';
      setOver(true);
    };
    const onDragLeave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent): void => {
      setOver(false);
      if (!carriesFiles(event.dataTransfer) || event.dataTransfer === null) return;
      event.preventDefault();
      const paths = droppedPaths(event.dataTransfer);
      if (paths.length > 0) takeIn(core, paths, 'import').catch(core.report);
      else {
        openDialog(core, { kind: 'addFolder', purpose: 'import' });
        showToast(core.toasts, { tone: 'plain', text: t('import.dropUnknown'), action: null });
      }
    };
    window.addEventListener('dragover', onDragOver);
    window.addEventListener('dragleave', onDragLeave);
    window.addEventListener('drop', onDrop);
    return () => {
      window.removeEventListener('dragover', onDragOver);
      window.removeEventListener('dragleave', onDragLeave);
      window.removeEventListener('drop', onDrop);
    };
  }, [core, t]);
  if (!over) return null;
  return (
    <div className="drop-zone" aria-hidden>
      <FolderInput size={40} strokeWidth={1.5} />
      <strong>{t('import.drop')}</strong>
      <span>{t('import.dropText')}</span>
    </div>
  );
}
