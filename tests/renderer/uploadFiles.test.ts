import { afterEach, expect, it, vi } from 'vitest';
import { uploadFiles } from '../../renderer/bridge/uploadFiles.ts';
import type { DroppedFile, Uploaded } from '../../renderer/bridge/uploadFiles.ts';

/* A browser names no paths: what is dropped goes to the shell as bytes, file by file. */

afterEach(() => void vi.unstubAllGlobals());

const file = (path: string): DroppedFile => ({ path, file: new File(['pixels'], path) });
const refusal = (status: number, code: string, message: string) => Response.json({ code, message }, { status });

/** Sends files to a shell that answers by file name, and says what was asked of it and told by it. */
async function upload(
  files: readonly DroppedFile[],
  answers: Readonly<Record<string, () => Response | Promise<Response>>> = {},
  abort = new AbortController(),
): Promise<{ readonly asked: string[]; readonly progress: number[]; readonly ended: Uploaded | string }> {
  const asked: string[] = [];
  vi.stubGlobal('fetch', (url: string, { method = '', signal }: RequestInit) => {
    const name = url.split('/').at(-1) ?? '';
    asked.push(`${method} ${name}`);
    return new Promise<Response>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
      const answer = answers[name]?.() ?? Response.json({ sessionID: 'session' });
      Promise.resolve(answer).then(resolve, reject);
    });
  });
  const progress: number[] = [];
  const ended = await uploadFiles(files, 'drop', {
    signal: abort.signal,
    onProgress: (done) => progress.push(done),
  }).catch((error: Error) => error.message);
  return { asked, progress, ended };
}

it('every file goes, then the import of them begins', async () => {
  const { asked, progress, ended } = await upload([file('trip/a.jpg'), file('trip/b.jpg')]);
  expect(asked).toEqual(['PUT a.jpg', 'PUT b.jpg', 'POST drop']);
  expect([progress, ended]).toEqual([[1, 2], { sessionID: 'session', failed: [] }]);
});

it('one file the shell refuses does not end the others, and is named', async () => {
  const { asked, progress, ended } = await upload([file('a.jpg'), file('b.jpg'), file('c.jpg')], {
    'b.jpg': () => refusal(400, 'invalidInput', '“b.jpg” cannot be the name of a file here.'),
  });
  expect(asked).toEqual(['PUT a.jpg', 'PUT b.jpg', 'PUT c.jpg', 'POST drop']);
  expect(progress).toEqual([1, 2, 3]);
  const failed = [{ path: 'b.jpg', reason: '“b.jpg” cannot be the name of a file here.' }];
  expect(ended).toEqual({ sessionID: 'session', failed });
});

it('a file that was changed or removed after the drop fails alone: the shell is there', async () => {
  const gone = new File(['pixels'], 'gone.jpg');
  const unreadable = Object.assign(gone, {
    slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException('', 'NotReadableError')) }),
  });
  const { ended } = await upload([{ path: 'gone.jpg', file: unreadable }, file('b.jpg')], {
    'gone.jpg': () => Promise.reject(new TypeError('Failed to fetch')),
  });
  const failed = [{ path: 'gone.jpg', reason: '“gone.jpg” could not be read.' }];
  expect(ended).toEqual({ sessionID: 'session', failed });
});

it('where no file arrived no import begins', async () => {
  const { asked, ended } = await upload([file('a.jpg')], { 'a.jpg': () => refusal(500, 'internal', 'No.') });
  expect([asked, ended]).toEqual([['PUT a.jpg'], { sessionID: null, failed: [{ path: 'a.jpg', reason: 'No.' }] }]);
});

it('a full disk ends the drop: what arrived is taken, the rest is named', async () => {
  const { asked, ended } = await upload([file('a.jpg'), file('b.jpg'), file('c.jpg')], {
    'b.jpg': () => refusal(507, 'diskFull', 'The disk is full.'),
  });
  expect(asked).toEqual(['PUT a.jpg', 'PUT b.jpg', 'POST drop']);
  const failed = ['b.jpg', 'c.jpg'].map((path) => ({ path, reason: 'The disk is full.' }));
  expect(ended).toEqual({ sessionID: 'session', failed });
});

it.each([
  ['that is gone', () => Promise.reject(new TypeError('Failed to fetch')), /^Shoebox is not answering/u],
  ['that does not know the window', () => new Response('no', { status: 401 }), /^Shoebox was started anew/u],
])('a shell %s ends the drop', async (_what, answer, message) => {
  const { asked, ended } = await upload([file('a.jpg'), file('b.jpg')], { 'a.jpg': answer });
  expect(asked).toEqual(['PUT a.jpg']);
  expect(ended).toMatch(message);
});

it('a stop ends the file under way, and the import of what arrived can be cancelled', async () => {
  const abort = new AbortController();
  const { asked, progress, ended } = await upload(
    [file('a.jpg'), file('b.jpg'), file('c.jpg')],
    {
      'b.jpg': () => {
        queueMicrotask(() => abort.abort());
        return new Promise<Response>(() => undefined);
      },
    },
    abort,
  );
  expect(asked).toEqual(['PUT a.jpg', 'PUT b.jpg', 'POST drop']);
  expect([progress, ended]).toEqual([[1], { sessionID: 'session', failed: [] }]);
});
