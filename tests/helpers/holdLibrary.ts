import { openStore } from '../../electron/core/store/store.ts';

/** Opens the library in a folder and holds it until told to close, or until it is killed. */
const store = openStore({ directory: process.argv[2] ?? '', now: Date.now, newId: () => crypto.randomUUID() });
store.setMeta('written', 'yes');
process.on('message', (message) => {
  if (message !== 'close') return;
  store.dispose();
  process.disconnect();
});
process.send?.('open');
