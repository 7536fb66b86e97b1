import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runHeadless } from '../../electron/headless/runHeadless.ts';
import type { HeadlessOutput } from '../../electron/headless/runHeadless.ts';

let library: string;
beforeEach(() => {
  library = mkdtempSync(join(tmpdir(), 'shoebox-run-headless-'));
});
afterEach(() => rmSync(library, { recursive: true, force: true }));

const start = (output: HeadlessOutput) => runHeadless({ library, port: 0, open: false, version: '0.0.0' }, output);

describe('the browser shell in a process', () => {
  it('serves the browser when its endpoint file cannot be written, as on a full disk, and leaves nothing of it', async () => {
    // The file cannot take the place of a folder.
    mkdirSync(join(library, 'endpoint.json'));
    const [printed, logged]: [string[], string[]] = [[], []];
    const running = await start({ print: (line) => printed.push(line), log: (line) => logged.push(line) });
    try {
      expect(printed[0]).toBe(`READY:${running.port}`);
      expect((await fetch(printed[1] ?? '', { redirect: 'manual' })).status).toBe(303);
      expect(logged).toEqual([expect.stringContaining('endpoint file could not be written')]);
      expect(readdirSync(library).filter((name) => name.startsWith('endpoint'))).toEqual(['endpoint.json']);
    } finally {
      await running.dispose();
    }
  });

  it('that fails after it began to listen listens no more, and lets go of the library', async () => {
    let port = '';
    const failing = start({
      print: (line) => {
        port = line.slice('READY:'.length);
        throw new Error('nobody reads this');
      },
      log: () => undefined,
    });
    await expect(failing).rejects.toThrow('nobody reads this');
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
    const again = await start({ print: () => undefined, log: () => undefined });
    await again.dispose();
  });
});
