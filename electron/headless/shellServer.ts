import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WebSocketServer } from 'ws';
import { AppError, errorMessage } from '../../shared/errors.ts';
import type { MediaSource } from '../core/mediaSourcePort.ts';
import type { RouterServer } from '../core/rpc/routerServer.ts';
import { maximumFrameBytes } from '../core/rpc/routerServer.ts';
import { webSocketWire } from '../core/rpc/wire.ts';
import { parseMediaPath } from '../core/shell/mediaAnswer.ts';
import { findRendererFile } from '../core/shell/rendererFile.ts';
import type { LibraryApp } from '../core/app.ts';
import { sendMedia } from './mediaRoutes.ts';
import { refusalOf } from './requestGuard.ts';
import { securityHeaders } from './securityHeaders.ts';
import { cookieName, createSessions } from './sessions.ts';
import { answerUpload, parseUploadPath } from './uploadRoutes.ts';

/** Sockets that may be open at once; a person has a handful of windows. */
const maximumSockets = 64;

export type ShellServerDeps = {
  readonly rpc: RouterServer;
  readonly media: MediaSource;
  /** Takes files that a page hands over as bytes. */
  readonly incoming: LibraryApp['incoming'];
  /** Absolute path of the built interface. */
  readonly rendererDir: string;
  /** The contract's version; a page of another version is told to reload instead of guessing. */
  readonly contractVersion: number;
  readonly now: () => number;
  readonly log: (message: string) => void;
};

/** A listening shell. */
export type ShellServer = {
  readonly port: number;
  /** For the endpoint file only. */
  readonly token: string;
  /** A fresh address that opens the app once. */
  readonly startURL: () => string;
  /** Stops listening and hangs up on everybody. */
  readonly dispose: () => Promise<void>;
};

/**
 * Serves the interface, the contract and the pictures on 127.0.0.1.
 * @param port 0 for any free one
 * @throws AppError alreadyExists when the port is taken, notSupported when it may not be used
 */
export async function startShellServer(deps: ShellServerDeps, port: number): Promise<ShellServer> {
  let boundPort = port;
  const sessions = createSessions({ now: deps.now, port: () => boundPort });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maximumFrameBytes,
  });
  const http = createServer(
    // No limit on a whole request: a dropped film takes its time, and whoever is not signed in was answered before.
    { requestTimeout: 0, headersTimeout: 10_000, maxHeaderSize: 16_384 },
    (request, response) => {
      answer(request, response).catch((error: unknown) => {
        // Most often the browser closed the connection in the middle of a picture.
        if (!response.destroyed && !response.headersSent) sendText(response, 500, 'Something went wrong.');
        else response.destroy();
        if (request.socket.readable) deps.log(`${request.method ?? ''} failed: ${errorMessage(error)}`);
      });
    },
  );

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const refusal = refusalOf(request, boundPort, 'request');
    if (refusal !== undefined) return sendText(response, refusal.status, refusal.reason);
    const url = parseTarget(request.url);
    if (url === undefined) return sendText(response, 400, 'This address cannot be read.');
    if (request.method === 'POST' && url.pathname === '/start-url') return sendStartURL(request, response);
    const upload = parseUploadPath(request.method ?? '', url.pathname);
    if (upload !== undefined) {
      if (!sessions.admits(request.headers)) return sendText(response, 401, 'This window is not signed in to Shoebox.');
      return answerUpload(request, response, deps.incoming, upload);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return sendText(response, 405, 'Only reading is possible here.');
    }
    if (url.pathname === '/start') return trade(request, response, url.searchParams.get('token') ?? '');
    const media = url.pathname.startsWith('/media/') ? parseMediaPath(url.pathname.slice('/media'.length)) : undefined;
    if (media !== undefined) {
      if (!sessions.admits(request.headers)) return sendText(response, 401, 'This window is not signed in to Shoebox.');
      return sendMedia(request, response, deps.media, { ...media, versioned: url.searchParams.has('v') });
    }
    if (url.pathname === '/' && !sessions.admits(request.headers)) {
      return sendText(
        response,
        401,
        'This window does not belong to a running Shoebox. Open the address that Shoebox printed when it started, or run “shoebox headless” again for a new one.',
      );
    }
    const file = await findRendererFile(deps.rendererDir, url.pathname);
    if (file === undefined) return sendText(response, 404, 'There is nothing here.');
    response.writeHead(200, {
      'content-type': file.type,
      'content-length': file.size,
      'cache-control': file.cacheControl,
    });
    if (request.method === 'HEAD') response.end();
    else await pipeline(createReadStream(file.path), response);
  }

  function trade(request: IncomingMessage, response: ServerResponse, secret: string): void {
    // Link previews and prefetchers use HEAD or say so; they must not use up the address.
    if (request.method !== 'GET' || request.headers['sec-purpose'] !== undefined) return sendText(response, 204, '');
    if (sessions.admits(request.headers)) return redirectHome(response);
    const session = sessions.trade(secret);
    if (session === undefined) {
      return sendText(
        response,
        401,
        'This start address was already used or is too old. Run “shoebox headless” again for a new one.',
      );
    }
    response.setHeader('set-cookie', `${cookieName(boundPort)}=${session}; Path=/; HttpOnly; SameSite=Strict`);
    redirectHome(response);
  }

  function sendStartURL(request: IncomingMessage, response: ServerResponse): void {
    if (!sessions.admits(request.headers)) return sendText(response, 401, 'The token is not valid.');
    response.setHeader('cache-control', 'no-store');
    sendText(response, 200, startURL());
  }

  function startURL(): string {
    return `http://127.0.0.1:${boundPort}/start?token=${sessions.newStartSecret()}`;
  }

  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refusalOf(request, boundPort, 'upgrade');
    if (refusal !== undefined) return refuseUpgrade(socket, refusal.status);
    const url = parseTarget(request.url);
    if (url?.pathname !== '/rpc') return refuseUpgrade(socket, 404);
    if (!sessions.admits(request.headers)) return refuseUpgrade(socket, 401);
    // After the token, so that nobody without one learns the version. A page of another version is told to reload.
    if (url.searchParams.get('contract') !== String(deps.contractVersion)) return refuseUpgrade(socket, 426);
    if (sockets.clients.size >= maximumSockets) return refuseUpgrade(socket, 503);
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => webSocket.terminate());
      deps.rpc.serve(webSocketWire(webSocket));
    });
  });

  await new Promise<void>((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port)));
    http.listen(port, '127.0.0.1', resolve);
  });
  const address = http.address();
  if (address === null || typeof address === 'string') throw new AppError('internal', 'The shell listens on no port.');
  boundPort = address.port;

  return {
    port: boundPort,
    token: sessions.token,
    startURL,
    dispose: async () => {
      for (const client of sockets.clients) client.terminate();
      http.closeAllConnections();
      await new Promise<void>((resolve) => {
        http.close(() => resolve());
      });
    },
  };
}

function redirectHome(response: ServerResponse): void {
  response.writeHead(303, { location: '/', 'cache-control': 'no-store' }).end();
}

/** The request target, or undefined when it is no path: an absolute form, or one the URL parser would reinterpret. */
function parseTarget(target: string | undefined): URL | undefined {
  if (target === undefined || !target.startsWith('/') || target.startsWith('//') || target.length > 2048)
    return undefined;
  try {
    return new URL(target, 'http://127.0.0.1');
  } catch {
    return undefined;
  }
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(text);
}

function refuseUpgrade(socket: Duplex, status: number): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function listenError(error: NodeJS.ErrnoException, port: number): AppError {
  if (error.code === 'EADDRINUSE') {
    return new AppError(
      'alreadyExists',
      `Port ${port} is taken by another program. Choose another one, or none for a free one.`,
      { port },
      { cause: error },
    );
  }
  return new AppError(
    'notSupported',
    `Shoebox cannot listen on port ${port}: ${error.message}`,
    { port },
    { cause: error },
  );
}
