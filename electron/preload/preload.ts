import { ipcRenderer, webUtils } from 'electron';

// The whole bridge between the page and the app: one message port. The page asks for it when it is ready to listen, main
// checks who asks, and from then on both speak the contract over it. No function, no ipcRenderer, no event is exposed.
window.addEventListener('message', (event: MessageEvent<unknown>) => {
  if (event.source !== window || event.data !== 'shoebox:connect') return;
  const { port1, port2 } = new MessageChannel();
  ipcRenderer.postMessage('shoebox:port', null, [port1]);
  window.postMessage('shoebox:port', window.location.origin, [port2]);
});

// A page cannot know where a dropped file lies; only this side may ask. It is told the places of what the person has just
// dropped, as text, and of nothing else.
window.addEventListener(
  'drop',
  (event: DragEvent) => {
    if (!event.isTrusted) return;
    const paths = [...(event.dataTransfer?.files ?? [])]
      .map((file) => webUtils.getPathForFile(file))
      .filter((path) => path !== '');
    if (paths.length > 0) window.postMessage({ type: 'shoebox:dropped', paths }, window.location.origin);
  },
  { capture: true },
);
