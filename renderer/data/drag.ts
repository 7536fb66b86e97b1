import type { PhotoID } from '../../shared/ids.ts';

/** The kind of data a drag of photos inside the window carries. */
export const photosDragType = 'application/x-shoebox-photos';
export const albumDragType = 'application/x-shoebox-album';

/** Whether something dragged over an element is photos of this window. */
export function carriesPhotos(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes(photosDragType) ?? false;
}

/** Whether it is files from outside. */
export function carriesFiles(transfer: DataTransfer | null): boolean {
  return (transfer?.types.includes('Files') ?? false) && !carriesPhotos(transfer);
}

export function draggedPhotos(transfer: DataTransfer): PhotoID[] {
  try {
    const ids: unknown = JSON.parse(transfer.getData(photosDragType));
    return Array.isArray(ids) ? ids.filter((id): id is PhotoID => typeof id === 'string') : [];
  } catch {
    return [];
  }
}
