/**
 * A request that its signal ends, whenever that is. `fetch` makes a request of its own that follows the given one by a weak
 * reference: once the given one was collected, nothing ended the other any more, and a server that fell silent was waited
 * for without end. This one lives as long as its signal, whose listener refers to it.
 */
export function heldRequest(url: string, init: RequestInit): Request {
  const request = new Request(url, init);
  init.signal?.addEventListener('abort', () => void request.signal, { once: true });
  return request;
}
