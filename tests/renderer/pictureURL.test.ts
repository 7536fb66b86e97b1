import { resolveObjectURL } from 'node:buffer';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lendPictureURL } from '../../renderer/data/pictureURL.ts';

const root = join(import.meta.dirname, '..', '..', 'renderer');

describe('a picture that came inside an answer', () => {
  it('has an address with its bytes until it is let go of', async () => {
    const bytes = Buffer.from([0x52, 0x49, 0x46, 0x46, 0xff, 0x00, 0x80]);
    const shown: (string | null)[] = [];
    const letGo = lendPictureURL(bytes.toString('base64'), (url) => shown.push(url));
    const [url = null] = shown;
    expect(url).toMatch(/^blob:/u);
    const held = resolveObjectURL(url ?? '');
    expect(held?.type).toBe('image/webp');
    expect(Buffer.from((await held?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(bytes);
    letGo();
    expect(resolveObjectURL(url ?? '')).toBeUndefined();
    expect(shown).toEqual([url, null]);
  });

  it('that is no base64 shows nothing, and breaks nothing', () => {
    const shown: (string | null)[] = [];
    lendPictureURL('§ not base64 §', (url) => shown.push(url))();
    expect(shown).toEqual([null]);
  });
});

// Both shells answer with a policy that allows pictures from themselves and from blobs only.
it('no part of the window shows or fetches a data: address', () => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((each) =>
    /\.(tsx?|css|html)$/u.test(each),
  );
  expect(files.length).toBeGreaterThan(150);
  const found = files.filter((each) =>
    /["'`(]data:[^"'`)]*[,;$]|toDataURL/u.test(readFileSync(join(root, each), 'utf8')),
  );
  expect(found).toEqual([]);
});
