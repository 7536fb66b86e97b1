import { ipcRenderer } from 'electron';

// The whole bridge between the page and the app: one message port. The page asks for it when it is ready to listen, main
// checks who asks, and from then on both speak the contract over it. No function, no ipcRenderer, no event is exposed.
window.addEventListener('message', (event: MessageEvent<unknown>) => {
  if (event.source !== window || event.data !== 'shoebox:connect') return;
  const { port1, port2 } = new MessageChannel();
  ipcRenderer.postMessage('shoebox:port', null, [port1]);
  window.postMessage('shoebox:port', window.location.origin, [port2]);
});
