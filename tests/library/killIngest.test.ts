import { expect, it } from 'vitest';
import { runKillCampaign } from './killCampaign.ts';

it('an ingest killed at any moment goes on without losing or doubling a photo', async () => {
  const { kills, broken } = await runKillCampaign({ seed: 1, kills: 5 });
  expect(kills).toBe(5);
  expect(broken).toEqual([]);
}, 120_000);
