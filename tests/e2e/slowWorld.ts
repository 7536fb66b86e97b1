import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { drawPhotos } from '../../build/demoPhotos.ts';
import { startDemoWorld, type DemoPerson, type DemoWorld } from '../../build/demoWorld.ts';
import { startUnreliableProxy, type UnreliableProxy } from '../helpers/unreliableProxy.ts';

/** Ana and Ben with a server between them, on a line that can be made slow. */
export interface SlowWorld {
  readonly proxy: UnreliableProxy;
  readonly world: DemoWorld;
  readonly ana: DemoPerson;
  readonly ben: DemoPerson;
  stop(): Promise<void>;
}

/** Both have their app open, Ana with three photos of Crete and Ben with the given number of a garden. */
export async function startSlowWorld(name: string, gardens: number): Promise<SlowWorld> {
  const folder = mkdtempSync(join(tmpdir(), `shoebox-${name}-`));
  const proxy = await startUnreliableProxy(() => 0.5);
  const world = await startDemoWorld(folder, { port: proxy.upstreamPort, publicURL: proxy.origin });
  const [ana, ben] = await Promise.all([world.person('Ana'), world.person('Ben')]);
  const [anas, bens] = await Promise.all([
    drawPhotos(join(ana.home, 'pictures'), 'crete', 1, 3),
    drawPhotos(join(ben.home, 'pictures'), 'garden', 40, gardens),
  ]);
  for (const [person, files] of [[ana, anas] as const, [ben, bens] as const]) {
    if (files.length === 0) continue;
    const { code, err } = await person.shoebox(['import', ...files, '--json']);
    expect(code, err).toBe(0);
  }
  await Promise.all([ana.open(), ben.open()]);
  return {
    proxy,
    world,
    ana,
    ben,
    stop: async () => {
      await world.stop();
      await proxy.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
