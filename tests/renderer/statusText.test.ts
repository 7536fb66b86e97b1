import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Core } from '../../renderer/data/core.ts';
import { createFormats } from '../../renderer/data/formats.ts';
import { createTranslate } from '../../renderer/data/messages.ts';
import { statusText } from '../../renderer/features/sync/statusText.ts';
import type { SyncStatus } from '../../shared/model/sync.ts';

beforeEach(() => void vi.useFakeTimers({ now: new Date(2026, 4, 20, 8, 30) }));
afterEach(() => void vi.useRealTimers());

const core: Pick<Core, 't' | 'formats'> = { t: createTranslate(['en-GB']), formats: createFormats(['en-GB']) };
const offlineSince = (since: Date | null): string =>
  statusText(
    core as Core,
    {
      state: 'offline',
      waitingSince: since?.getTime() ?? null,
    } as SyncStatus,
  );

it('offline since some hour of today is told by the clock', () => {
  expect(offlineSince(new Date(2026, 4, 20, 0, 5))).toBe('Offline since 00:05');
  expect(offlineSince(null)).toBe('Offline since 08:30');
});

it('offline since another day is told with that day', () => {
  expect(offlineSince(new Date(2026, 4, 19, 21, 15))).toBe('Offline since 19 May 2026, 21:15');
  expect(offlineSince(new Date(2026, 3, 20, 8, 30))).toBe('Offline since 20 Apr 2026, 08:30');
});
