import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { CornerLeftUp, Folder } from 'lucide-react';
import { useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { errorMessage } from '../../../shared/errors.ts';
import { FormSheet } from '../../components/dialogs.tsx';
import { FieldError, TextInput } from '../../components/fields.tsx';
import { useCore, useT } from '../../data/useCore.ts';
import { takeIn } from './importSteps.ts';
import './import.css';

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
  const { data, error } = useQuery({
    ...core.queries.app.listFolders.queryOptions({ input: path === undefined ? {} : { path } }),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
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
        <FieldError text={error === null ? null : errorMessage(error)} />
        <ul className="folders" aria-label={t('import.folders')}>
          {data?.parent == null ? null : (
            <li>
              <AriaButton className="pick" onPress={() => go(data.parent ?? '')}>
                <CornerLeftUp size={16} aria-hidden />
                {t('import.parent')}
              </AriaButton>
            </li>
          )}
          {(data?.folders ?? []).map((folder) => (
            <li key={folder.path}>
              <AriaButton className="pick" onPress={() => go(folder.path)}>
                <Folder size={16} aria-hidden />
                {folder.name}
              </AriaButton>
            </li>
          ))}
        </ul>
      </div>
    </FormSheet>
  );
}
