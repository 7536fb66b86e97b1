import { expect, test } from 'vitest';
import { droppedFiles } from '../../renderer/features/import/droppedFiles.ts';

/** What a browser hands over for one dropped thing: an entry of a file system, a file without one, or neither. */
function item(entry: object | null, file: File | null): DataTransferItem {
  return { webkitGetAsEntry: () => entry, getAsFile: () => file } as unknown as DataTransferItem;
}

const transfer = (...items: readonly DataTransferItem[]): Pick<DataTransfer, 'items'> => ({
  items: items as unknown as DataTransferItemList,
});

test('a picture dragged out of another window, which lies in no folder, is taken all the same', async () => {
  const picture = new File(['pixels'], 'harbour.jpg', { type: 'image/jpeg' });
  expect(await droppedFiles(transfer(item(null, picture)))).toEqual([{ path: 'harbour.jpg', file: picture }]);
});

test('files of the file system keep their place in the dropped folder, hidden ones and words stay out', async () => {
  const photo = new File(['pixels'], 'a.jpg');
  const entry = (name: string): object => ({
    name,
    isFile: true,
    isDirectory: false,
    fullPath: `/trip/${name}`,
    file: (done: (file: File) => void) => done(photo),
  });
  const dropped = transfer(
    item(entry('a.jpg'), photo),
    item(entry('.hidden.jpg'), photo),
    item(null, new File([''], '.DS_Store')),
    item(null, null),
  );
  expect(await droppedFiles(dropped)).toEqual([{ path: 'trip/a.jpg', file: photo }]);
});
