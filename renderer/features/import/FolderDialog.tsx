import { useState } from 'react';
import { FolderList, useFolders } from '../../components/FolderList.tsx';
import { FormSheet } from '../../components/dialogs.tsx';
import { TextInput } from '../../components/fields.tsx';
import { useCore, useT } from '../../data/useCore.ts';
import { takeIn } from './importSteps.ts';

/** Folders of this computer as a list, for shells without the system's own dialog. A path can be typed as well. */
export function FolderDialog({
  purpose,
  onClose,
}: {
  readonly purpose: 'watch' | 'import';
  readonly onClose: () => void;
}) {
  const core = useCore();
  const t = useT();
  const [path, setPath] = useState<string | undefined>(undefined);
  const [typed, setTyped] = useState<string | null>(null);
  const listing = useFolders(path);
  const { data } = listing;
  const go = (next: string): void => {
    setPath(next);
    setTyped(null);
  };
  const shown = typed ?? data?.path ?? '';
  return (
    <FormSheet
      title={t(purpose === 'watch' ? 'import.addFolderTitle' : 'import.copyTitle')}
      confirm={t(purpose === 'watch' ? 'import.watchThis' : 'import.copyThis')}
      wide
      disabled={shown.trim() === ''}
      onClose={onClose}
      onConfirm={() => takeIn(core, [shown.trim()], purpose)}
      aside={
        <span className="row__count" role="status">
          {data === undefined || typed !== null ? '' : t('import.photosHere', { count: data.photos })}
        </span>
      }
    >
      <div className="form">
        <p className="dialog__text">{t(purpose === 'watch' ? 'import.watchText' : 'import.copyText')}</p>
        <TextInput label={t('import.folder')} value={shown} onChange={setTyped} maxLength={4_096} />
        <FolderList listing={listing} onGo={go} />
      </div>
    </FormSheet>
  );
}
