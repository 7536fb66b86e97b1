import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import type { Bridge, CoreClient } from './bridge.ts';
import { createConnectionState } from './connectionState.ts';

/** Talks to the desktop shell over the one port that its preload script hands to the page. */
export function createPortBridge(port: MessagePort): Bridge {
  const connection = createConnectionState();
  const client: CoreClient = createORPCClient(new RPCLink({ port }));
  port.addEventListener('close', () => connection.set('closed'));
  port.start();
  connection.set('open');
  return {
    client,
    connection,
    mediaURL: (id, variant, version) =>
      `app://media/${encodeURIComponent(id)}/${variant}?v=${encodeURIComponent(version)}`,
    dispose: () => port.close(),
  };
}
