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

/** The places of files that the desktop shell reports after a drop; empty for any other message. */
export function reportedPaths(event: Pick<MessageEvent<unknown>, 'data' | 'source'>, page: Window): readonly string[] {
  const { data } = event;
  if (event.source !== page || typeof data !== 'object' || data === null) return [];
  if (!('type' in data) || data.type !== 'shoebox:dropped' || !('paths' in data) || !Array.isArray(data.paths))
    return [];
  return data.paths.filter((path): path is string => typeof path === 'string');
}
