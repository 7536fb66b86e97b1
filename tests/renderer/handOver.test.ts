import { afterEach, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import type { Core, Upload, WindowState } from '../../renderer/data/core.ts';
import { createTranslate } from '../../renderer/data/messages.ts';
import { createToasts } from '../../renderer/data/toasts.ts';
import { handOver } from '../../renderer/features/import/handOver.ts';

afterEach(() => void vi.unstubAllGlobals());

/** A window whose shell takes what is dropped; `answer` stands in for its answer to a file. */
function windowWith(answer: (name: string) => Response | Promise<Response>) {
  const asked: string[] = [];
  const seen: (readonly Upload[])[] = [];
  vi.stubGlobal('fetch', (url: string, { method = '', signal }: RequestInit) => {
    asked.push(`${method} ${url.split('/').slice(3).join('/')}`.trim());
    if (method === 'POST') return Promise.resolve(Response.json({ sessionID: 'session' }));
    return new Promise<Response>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
      Promise.resolve(answer(url.split('/').at(-1) ?? '')).then(resolve, reject);
    });
  });
  const toasts = createToasts();
  const state: Pick<WindowState, 'uploads'> = { uploads: [] };
  const window = createStore<WindowState>(() => state as WindowState);
  window.subscribe(({ uploads }) => seen.push(uploads));
  const core = {
    t: createTranslate(['en']),
    toasts,
    window,
    navigation: { getState: () => ({ place: { kind: 'library' } }) },
    queries: { library: { key: () => ['library'] } },
    queryClient: { invalidateQueries: () => Promise.resolve() },
    client: {
      library: {
        cancelImport: ({ sessionID }: { sessionID: string }) => {
          asked.push(`cancel ${sessionID}`);
          return Promise.resolve({});
        },
      },
    },
  } as unknown as Core;
  const drop = (...names: readonly string[]) =>
    handOver(core, Promise.resolve(names.map((path) => ({ path, file: new File(['pixels'], path) }))));
  return { core, asked, seen, drop, said: () => toasts.getState().toasts.map(({ text }) => text) };
}

const taken = () => Response.json({});
const refused = () => Response.json({ code: 'invalidInput', message: 'It cannot be kept.' }, { status: 400 });

it('what is handed over is in sight until its import begins', async () => {
  const { core, asked, seen, drop, said } = windowWith(taken);
  await drop('a.jpg', 'b.jpg');
  expect(seen.map((uploads) => uploads.map(({ done, total }) => [done, total]))).toEqual([
    [[0, 2]],
    [[1, 2]],
    [[2, 2]],
    [],
  ]);
  expect([asked, said(), core.window.getState().uploads]).toEqual([['PUT a.jpg', 'PUT b.jpg', 'POST'], [], []]);
});

it('of the files that failed the first are named, and how many more there are', async () => {
  const { drop, said } = windowWith((name) => (name === 'b.jpg' ? taken() : refused()));
  await drop('a.jpg', 'b.jpg');
  expect(said()).toEqual(['1 file was not taken: a.jpg. It cannot be kept.']);
  await drop('1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg');
  expect(said().at(-1)).toBe('5 files were not taken: 1.jpg, 2.jpg, 3.jpg and 2 more. It cannot be kept.');
});

it('after a cancel, what had arrived is let go of with its import, and nothing is said to have failed', async () => {
  const { core, asked, drop, said } = windowWith((name) => {
    if (name === 'a.jpg') return taken();
    for (const upload of core.window.getState().uploads) upload.stop();
    return new Promise(() => undefined);
  });
  await drop('a.jpg', 'b.jpg', 'c.jpg');
  expect(asked).toEqual(['PUT a.jpg', 'PUT b.jpg', 'POST', 'cancel session']);
  expect([said(), core.window.getState().uploads]).toEqual([[], []]);
});

it('an upload that nobody answers is gone from sight', async () => {
  const { core, drop } = windowWith(() => Promise.reject(new TypeError('Failed to fetch')));
  await expect(drop('a.jpg')).rejects.toThrow('Shoebox is not answering');
  expect(core.window.getState().uploads).toEqual([]);
});
