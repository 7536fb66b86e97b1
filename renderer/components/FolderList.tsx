import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { CornerLeftUp, Folder } from 'lucide-react';
import { Button as AriaButton } from 'react-aria-components';
import { errorMessage } from '../../shared/errors.ts';
import { useCore, useT } from '../data/useCore.ts';
import { FieldError } from './fields.tsx';

/** A folder of this computer with those in it; without a path the person's home. Asked anew whenever it is shown. */
export function useFolders(path: string | undefined, shown = true) {
  const core = useCore();
  return useQuery({
    ...core.queries.app.listFolders.queryOptions({ input: path === undefined ? {} : { path } }),
    enabled: shown,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
}

/** Folders of this computer as a list, for shells without the system's own dialog. */
export function FolderList(props: {
  readonly listing: ReturnType<typeof useFolders>;
  readonly onGo: (path: string) => void;
}) {
  const { data, error } = props.listing;
  const t = useT();
  const parent = data?.parent ?? null;
  return (
    <>
      <FieldError text={error === null ? null : errorMessage(error)} />
      <ul className="folders" aria-label={t('import.folders')}>
        {parent === null ? null : (
          <li>
            <AriaButton className="pick" onPress={() => props.onGo(parent)}>
              <CornerLeftUp size={16} aria-hidden />
              {t('import.parent')}
            </AriaButton>
          </li>
        )}
        {(data?.folders ?? []).map((folder) => (
          <li key={folder.path}>
            <AriaButton className="pick" onPress={() => props.onGo(folder.path)}>
              <Folder size={16} aria-hidden />
              {folder.name}
            </AriaButton>
          </li>
        ))}
      </ul>
    </>
  );
}
