import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createServer } from 'vite';
import { electronVite, findElectron, sandboxObstacle, windowObstacle } from './electronBinary.ts';
import { rendererConfig } from './rendererConfig.ts';

/**
 * `npm run dev`: the app with reload. With Electron, electron-vite does it all. Without, the interface comes from Vite's
 * development server, and the browser shell behind it restarts whenever the core changes; each restart prints a new address.
 */
const root = join(import.meta.dirname, '..');
const flags = process.argv.slice(2);

const electron = findElectron(root);
if (
  electron !== undefined &&
  windowObstacle(process.platform, process.env, process.getuid?.()) === undefined &&
  sandboxObstacle(process.platform, electron) === undefined
) {
  spawn(process.execPath, [join(root, electronVite), 'dev', '--watch', '-c', 'build/electron.vite.config.ts'], {
    cwd: root,
    stdio: 'inherit',
  });
} else {
  await developInBrowser();
}

async function developInBrowser(): Promise<void> {
  const shellPort = 4710;
  const shell = `http://127.0.0.1:${shellPort}`;
  // To the shell, the page comes from the shell: it trusts no other origin, this server's included.
  const behind = { target: shell, changeOrigin: true, headers: { origin: shell } };
  const server = await createServer({
    ...rendererConfig(),
    server: {
      host: '127.0.0.1',
      port: 5173,
      proxy: { '/rpc': { ...behind, ws: true }, '/media': behind, '/start': behind, '/upload': behind },
    },
  });
  await server.listen();
  const page = server.resolvedUrls?.local[0] ?? 'http://127.0.0.1:5173/';
  const core = spawn(
    process.execPath,
    [
      '--watch',
      '--watch-preserve-output',
      join(root, 'electron', 'headless', 'main.ts'),
      '--port',
      String(shellPort),
      ...flags,
    ],
    { cwd: root, stdio: ['inherit', 'pipe', 'inherit'] },
  );
  createInterface({ input: core.stdout }).on('line', (line) => {
    if (line.startsWith(`${shell}/start`)) console.log(`\n  Open ${line.replace(`${shell}/`, page)}\n`);
  });
  const stop = (): void => {
    core.kill('SIGTERM');
    void server.close();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}
