/**
 * Absolute paths of files dropped from the system, as far as the drag names them: file managers put `file:` addresses
 * beside the files. Empty where the browser keeps them to itself.
 */
export function droppedPaths(transfer: Pick<DataTransfer, 'getData'>): readonly string[] {
  return transfer
    .getData('text/uri-list')
    .split(/\r?\n/u)
    .filter((line) => line.startsWith('file://'))
    .map((line) => {
      try {
        const path = decodeURIComponent(new URL(line).pathname);
        return /^\/[A-Za-z]:\//u.test(path) ? path.slice(1) : path;
      } catch {
        return '';
      }
    })
    .filter((path) => path !== '');
}
