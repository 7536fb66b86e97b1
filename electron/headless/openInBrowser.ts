import { spawn } from 'node:child_process';

/** Opens our own start address in the person's browser. Never waits and never fails: the address is printed as well. */
export function openInBrowser(url: string, platform: NodeJS.Platform): void {
  const [program, ...args] = opener(platform);
  const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
}

function opener(platform: NodeJS.Platform): readonly [string, ...string[]] {
  if (platform === 'darwin') return ['open'];
  // rundll32 takes the address as it is; `start` would let cmd interpret it.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return ['xdg-open'];
}
