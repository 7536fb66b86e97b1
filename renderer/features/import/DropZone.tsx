import { FolderInput } from 'lucide-react';
import { useEffect, useState } from 'react';
import { carriesFiles } from '../../data/drag.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { droppedFiles } from './droppedFiles.ts';
import { droppedPaths, reportedPaths } from './droppedPaths.ts';
import { handOver } from './handOver.ts';
import { takeIn } from './importSteps.ts';

/**
 * Takes files and folders dropped anywhere on the window: by their place on disk where the shell or the drag names it, else, since a
 * browser does not tell where a dropped file lies, by their bytes.
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
      // The desktop shell reports the places itself, see onReport.
      if (core.info.capabilities.shell === 'desktop') return;
      const paths = droppedPaths(event.dataTransfer);
      if (paths.length > 0) takeIn(core, paths, 'import').catch(core.report);
      else handOver(core, droppedFiles(event.dataTransfer)).catch(core.report);
    };
    const onReport = (event: MessageEvent<unknown>): void => {
      const paths = reportedPaths(event, window);
      if (paths.length > 0) takeIn(core, paths, 'import').catch(core.report);
    };
    window.addEventListener('message', onReport);
    window.addEventListener('dragover', onDragOver);
    window.addEventListener('dragleave', onDragLeave);
    window.addEventListener('drop', onDrop);
    return () => {
      window.removeEventListener('message', onReport);
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
