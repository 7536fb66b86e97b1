import { X } from 'lucide-react';
import { ProgressBar } from '../../components/ProgressBar.tsx';
import { IconButton } from '../../components/buttons.tsx';
import { useT, useWindow } from '../../data/useCore.ts';
import './import.css';

/** While dropped files are handed over as bytes, before their import can begin: how many have gone, with a way to stop. */
export function UploadChip() {
  const t = useT();
  const uploads = useWindow((state) => state.uploads);
  if (uploads.length === 0) return null;
  const done = uploads.reduce((sum, upload) => sum + upload.done, 0);
  const total = uploads.reduce((sum, upload) => sum + upload.total, 0);
  return (
    <div className="import-chip" role="group" aria-label={t('import.uploadProgress')}>
      <div className="import-chip__text">
        <span role="status">{t('import.uploading', { done, total })}</span>
        <ProgressBar label={t('import.uploadProgress')} done={done} total={total} />
      </div>
      <IconButton
        icon={X}
        label={t('import.uploadCancel')}
        onPress={() => {
          for (const upload of uploads) upload.stop();
        }}
      />
    </div>
  );
}
