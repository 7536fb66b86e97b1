import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { PhotoID } from '../../../shared/ids.ts';
import type { PhotoDetail } from '../../../shared/model/photo.ts';
import { FormSheet } from '../../components/dialogs.tsx';
import { useCore } from '../../data/useCore.ts';

export type PhotosDialogProps = { readonly photoIDs: readonly PhotoID[]; readonly onClose: () => void };

/** The facts of the first of several photos, from which a dialog about all of them starts. */
export function useFirstPhoto(photoIDs: readonly PhotoID[]): PhotoDetail | undefined {
  const core = useCore();
  const first = photoIDs[0];
  const { data } = useQuery({
    ...core.queries.photos.get.queryOptions({ input: { id: first ?? ('' as PhotoID) } }),
    enabled: first !== undefined,
  });
  return data;
}

type Props = {
  readonly title: string;
  readonly confirm: string;
  readonly disabled: boolean;
  readonly onClose: () => void;
  readonly onConfirm: () => Promise<void>;
  readonly wide?: boolean;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
};

/** A sheet that changes one fact of some photos. */
export function PhotosForm({ children, ...sheet }: Props) {
  return (
    <FormSheet {...sheet}>
      <div className="form">{children}</div>
    </FormSheet>
  );
}
