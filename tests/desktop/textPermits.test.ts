import { expect, describe, it } from 'vitest';
import { textAction } from '../../shared/model/app.ts';
import { createHost } from '../helpers/desktopHost.ts';

/* The Edit menu means the text while one is being written. The page cannot read the clipboard, nor make the shell paste. */

/** A window that notes what is done to its text. */
const textWindow = (done: string[]) => ({
  webContents: Object.fromEntries(textAction.options.map((one) => [one, () => void done.push(one)])),
});

it('a text that is being written is edited as the menu was asked to', async () => {
  const done: string[] = [];
  const actions = textAction.options;
  const window = textWindow(done);
  const { host, permits } = createHost(window);
  for (const action of actions) {
    permits.note(`edit.${action}`, window);
    await host.editText(action);
  }
  expect(done).toEqual([...actions]);
});

it('a text is left alone when its window was closed meanwhile', async () => {
  const { host, permits } = createHost();
  permits.note('edit.paste', {});
  await host.editText('paste');
});

describe('a page that asks for the clipboard', () => {
  const refused = { code: 'permissionFailure', message: expect.stringContaining('Edit menu') as unknown };

  it('although the menu was not touched gets nothing', async () => {
    const done: string[] = [];
    const { host } = createHost(textWindow(done));
    await expect(host.editText('paste')).rejects.toMatchObject(refused);
    expect(done).toEqual([]);
  });

  it('gets it once for each time Paste was chosen, also twice in a row', async () => {
    const done: string[] = [];
    const window = textWindow(done);
    const { host, permits } = createHost(window);
    permits.note('edit.paste', window);
    permits.note('edit.paste', window);
    await host.editText('paste');
    await host.editText('paste');
    await expect(host.editText('paste')).rejects.toMatchObject(refused);
    expect(done).toEqual(['paste', 'paste']);
  });

  it('two seconds after Paste was chosen gets nothing', async () => {
    const done: string[] = [];
    const window = textWindow(done);
    const { host, permits, wait } = createHost(window);
    permits.note('edit.paste', window);
    wait(2_000);
    await expect(host.editText('paste')).rejects.toMatchObject(refused);
    expect(done).toEqual([]);
  });

  it('after Copy, or another command, or Paste in another window, was chosen gets nothing', async () => {
    const done: string[] = [];
    const window = textWindow(done);
    const { host, permits } = createHost(window);
    permits.note('edit.copy', window);
    permits.note('edit.history', window);
    permits.note('edit.paste', textWindow(done));
    await expect(host.editText('paste')).rejects.toMatchObject(refused);
    expect(done).toEqual([]);
  });
});
