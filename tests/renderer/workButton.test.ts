import { createORPCClient } from '@orpc/client';
import { createTanstackQueryUtils } from '@orpc/tanstack-query';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createElement } from 'react';
import type { ComponentType } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type * as Buttons from '../../renderer/components/buttons.tsx';
import { oneAtATime } from '../../renderer/components/oneAtATime.ts';
import type { Core } from '../../renderer/data/core.ts';
import { createFormats } from '../../renderer/data/formats.ts';
import { createTranslate } from '../../renderer/data/messages.ts';
import { CoreContext } from '../../renderer/data/useCore.ts';
import { AccountPage } from '../../renderer/features/sync/AccountPage.tsx';
import { SyncScreen } from '../../renderer/features/sync/SyncScreen.tsx';
import { AppError } from '../../shared/errors.ts';
import type { AppInfo } from '../../shared/model/app.ts';
import type { Attention, SyncStatus } from '../../shared/model/sync.ts';

const refusal = new AppError('alreadyExists', 'Another program on this computer uses port 8787.');

describe('work behind a button', () => {
  it('is done once at a time: a press meanwhile is dropped, one afterwards is not', async () => {
    const drawn: boolean[] = [];
    const reported: unknown[] = [];
    const run = oneAtATime(
      (busy) => drawn.push(busy),
      (error) => reported.push(error),
    );
    const first = Promise.withResolvers<void>();
    let begun = 0;
    const work = () => {
      begun += 1;
      return first.promise;
    };
    const pressed = run(work);
    await run(work);
    expect([begun, drawn]).toEqual([1, [true]]);
    first.resolve();
    await pressed;
    await run(work);
    expect([begun, drawn, reported]).toEqual([2, [true, false, true, false], []]);
  });

  it('that fails is said in words and can be tried again, also when it fails before it waits', async () => {
    const drawn: boolean[] = [];
    const reported: unknown[] = [];
    const run = oneAtATime(
      (busy) => drawn.push(busy),
      (error) => reported.push(error),
    );
    await run(() => Promise.reject(refusal));
    await run(() => {
      throw refusal;
    });
    expect([drawn, reported]).toEqual([
      [true, false, true, false],
      [refusal, refusal],
    ]);
  });
});

// There is no window here to press in: every button hands its press to the test instead of to the browser.
type Press = { readonly children: unknown; readonly onPress: () => void };
const buttons = vi.hoisted(() => ({ drawn: [] as Press[] }));
vi.mock('../../renderer/components/buttons.tsx', () => ({
  Button: (props: Press) => {
    buttons.drawn.push(props);
    return null;
  },
  IconButton: () => null,
}));
afterEach(() => {
  buttons.drawn = [];
});

it('a button whose work lasts cannot be pressed, and keeps the keyboard', async () => {
  const { Button } = await vi.importActual<typeof Buttons>('../../renderer/components/buttons.tsx');
  const draw = (pending: boolean) => {
    const props = { pending, onPress: () => undefined, children: 'Start' };
    return renderToStaticMarkup(createElement(Button, props));
  };
  expect(draw(true)).toMatch(/aria-disabled="true"/u);
  expect(draw(true)).not.toMatch(/ disabled=/u);
  expect(draw(false)).not.toMatch(/disabled/u);
});

const status: SyncStatus = {
  state: 'upToDate',
  phase: 'idle',
  waitingChanges: 0,
  uploads: 0,
  uploadBytes: 0,
  downloads: 0,
  downloadBytes: 0,
  lastImport: null,
  lastExport: null,
  waitingSince: null,
  live: true,
  attention: [],
};

/** Draws a screen on a core that refuses everything, and presses a button of it by its words, twice. */
async function press(screen: ComponentType, name: string, state: Partial<SyncStatus> = {}) {
  const asked: string[] = [];
  const reported: unknown[] = [];
  const client = createORPCClient<Core['client']>({
    call: (path) => {
      asked.push(path.join('.'));
      return Promise.reject(refusal);
    },
  });
  const queries = createTanstackQueryUtils(client);
  const queryClient = new QueryClient();
  queryClient.setQueryData(queries.sync.status.queryKey({ input: {} }), { ...status, ...state });
  queryClient.setQueryData(queries.account.get.queryKey({ input: {} }), null);
  queryClient.setQueryData(queries.sync.hosted.queryKey({ input: {} }), {
    running: false,
    addresses: [],
  });
  queryClient.setQueryData(queries.app.info.queryKey({ input: {} }), { capabilities: { hostServer: true } } as AppInfo);
  const core: Partial<Core> = {
    t: createTranslate(['en']),
    formats: createFormats(['en']),
    client,
    queries,
    queryClient,
    report: (error) => void reported.push(error),
  };
  renderToStaticMarkup(
    createElement(
      QueryClientProvider,
      { client: queryClient },
      createElement(CoreContext, { value: core as Core }, createElement(screen)),
    ),
  );
  const button = buttons.drawn.find(({ children }) => children === name);
  if (button === undefined) throw new Error(`No button is called ${name}`);
  button.onPress();
  button.onPress();
  await new Promise((done) => setImmediate(done));
  return { asked, reported };
}

const offline: Attention = { reason: 'offline', count: 0, message: null, action: 'retry' };

describe('what a server or this computer refuses', () => {
  it.each<[string, ComponentType, string, Partial<SyncStatus>]>([
    ['Start', AccountPage, 'sync.startHosting', {}],
    ['Pause', SyncScreen, 'sync.pause', {}],
    ['Resume', SyncScreen, 'sync.resume', { state: 'paused' }],
    ['Sync Now', SyncScreen, 'sync.now', {}],
    ['Copy Report', SyncScreen, 'sync.diagnostics', {}],
    ['Try Again', SyncScreen, 'sync.resume', { attention: [offline] }],
  ])('is said after %s, which is asked for once', async (name, screen, call, state) => {
    expect(await press(screen, name, state)).toEqual({ asked: [call], reported: [refusal] });
  });
});
