import type { IpcMain, IpcMainEvent } from 'electron';
import type { RouterServer } from '../core/rpc/routerServer.ts';
import { electronPortWire } from '../core/rpc/wire.ts';
import { isOwnPage } from './security.ts';
import type { Denial } from './security.ts';

/** The one channel of Electron's own IPC that exists: it hands over a port, and the contract takes it from there. */
export const portChannel = 'shoebox:port';

/**
 * Gives each of our own pages its connection to the core. A hand-over counts only from the top frame of a page of our
 * own, with exactly one port; everything else is dropped and counted.
 * @param developmentOrigin the development server's origin, where one serves the page
 */
export function servePorts(
  ipc: Pick<IpcMain, 'on'>,
  rpc: Pick<RouterServer, 'serve'>,
  denied: (denial: Denial) => void,
  developmentOrigin?: string,
): void {
  ipc.on(portChannel, (event) => {
    const port = event.ports[0];
    if (port === undefined || event.ports.length !== 1 || !isOwnFrame(event, developmentOrigin)) {
      for (const extra of event.ports) extra.close();
      denied('foreignSender');
      return;
    }
    rpc.serve(electronPortWire(port));
  });
}

function isOwnFrame(
  { senderFrame }: Pick<IpcMainEvent, 'senderFrame'>,
  developmentOrigin: string | undefined,
): boolean {
  // A frame that is gone, or one inside another, is nobody we opened.
  return senderFrame !== null && senderFrame.parent === null && isOwnPage(senderFrame.url, developmentOrigin);
}
