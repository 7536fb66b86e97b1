import { AppError } from '../../shared/errors.ts';
import type { Bridge } from './bridge.ts';
import { createPortBridge } from './portBridge.ts';
import { createSocketBridge } from './socketBridge.ts';

/** How long the desktop shell may take to hand over its port, ms. */
const patience = 10_000;

/**
 * Reaches the core: over the port that the desktop shell hands over, or over a WebSocket to the shell that served this
 * page.
 * @throws AppError timedOut when the desktop shell hands nothing over
 */
export function connect(): Promise<Bridge> {
  // While developing, a window of the desktop shell shows a page of the development server.
  const inWindow = window.location.protocol === 'app:' || navigator.userAgent.includes(' Electron/');
  if (inWindow) return connectPort();
  return Promise.resolve(
    createSocketBridge({
      origin: window.location.origin,
      openSocket: (url) => new WebSocket(url),
      isKnown: async () => (await fetch('/', { method: 'HEAD', cache: 'no-store' })).status !== 401,
      setTimer: (run, milliseconds) => window.setTimeout(run, milliseconds),
      clearTimer: (timer) => window.clearTimeout(timer),
    }),
  );
}

/** The preload script answers `shoebox:connect` with `shoebox:port` and the port. */
function connectPort(): Promise<Bridge> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(
          new AppError('timedOut', 'The app behind this window did not answer. Close the window and open it again.'),
        ),
      patience,
    );
    const onMessage = (event: MessageEvent<unknown>): void => {
      const [port] = event.ports;
      if (event.source !== window || event.data !== 'shoebox:port' || port === undefined) return;
      clearTimeout(timer);
      window.removeEventListener('message', onMessage);
      resolve(createPortBridge(port));
    };
    window.addEventListener('message', onMessage);
    window.postMessage('shoebox:connect', window.location.origin);
  });
}
