import { createORPCClient } from '@orpc/client';
import { expect, it } from 'vitest';
import type { Bridge } from '../../renderer/bridge/bridge.ts';
import { createConnectionState } from '../../renderer/bridge/connectionState.ts';
import { createCore } from '../../renderer/data/core.ts';
import { createTranslate } from '../../renderer/data/messages.ts';
import { createRegistry } from '../../renderer/features/registry.ts';
import { AppError } from '../../shared/errors.ts';
import { defaultSettings, type AppInfo, type Settings } from '../../shared/model/app.ts';

/** A window on a core that keeps settings while it takes them. */
function openWindow() {
  const kept: Settings = { ...defaultSettings, theme: 'light' };
  const core = { takes: true, answers: true };
  const connection = createConnectionState();
  connection.set('open');
  const client = createORPCClient<Bridge['client']>({
    call: (path, input) => {
      const name = path.join('.');
      if (name === 'app.events') return new Promise(() => undefined);
      if (!core.answers || (name === 'app.updateSettings' && !core.takes))
        return Promise.reject(new AppError('diskFull', 'The disk is full.'));
      if (name === 'app.updateSettings') Object.assign(kept, input);
      return Promise.resolve({ ...kept });
    },
  });
  const opened = createCore({
    bridge: { client, connection, mediaURL: () => '', dispose: () => undefined },
    info: {} as AppInfo,
    settings: { ...kept },
    registry: createRegistry([]),
    t: createTranslate(['en']),
    locales: ['en'],
    start: { place: { kind: 'library' }, query: '', photo: null },
    now: () => 0,
    openVideo: () => Promise.reject(new Error('no video here')),
    setTimer: () => 0,
    clearTimer: () => undefined,
  });
  return { core, connection, opened, theme: () => opened.settings.getState().theme };
}

it('a setting that was kept stays as it was set', async () => {
  const { opened, theme } = openWindow();
  opened.changeSettings({ theme: 'dark' });
  expect(theme()).toBe('dark');
  await new Promise(setImmediate);
  expect(theme()).toBe('dark');
  opened.dispose();
});

it('a setting that could not be kept is told, and shown as it is', async () => {
  const { core, opened, theme } = openWindow();
  core.takes = false;
  opened.changeSettings({ theme: 'dark' });
  await expect.poll(theme).toBe('light');
  expect(opened.toasts.getState().toasts.map(({ text }) => text)).toEqual(['The disk is full.']);
  opened.dispose();
});

it('a setting made while nobody answered is shown as it is once somebody does', async () => {
  const { core, connection, opened, theme } = openWindow();
  connection.set('closed');
  core.answers = false;
  opened.changeSettings({ theme: 'dark' });
  await new Promise(setImmediate);
  core.answers = true;
  connection.set('open');
  await expect.poll(theme).toBe('light');
  opened.dispose();
});
