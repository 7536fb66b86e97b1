import { expect, test } from 'vitest';
import { startTestServer } from '../helpers/testServer.ts';
import { fuzz } from './campaigns/fuzz.ts';

test('no request, however hostile, is answered with a server error', { timeout: 240_000 }, async () => {
  const server = await startTestServer();
  try {
    const report = await fuzz(server, 20_261_120, 1600);
    expect(report.faults).toEqual([]);
    // The generator must reach the handlers, not just bounce off the door.
    expect(report.byStatus[200]).toBeGreaterThan(250);
  } finally {
    await server.stop();
  }
});
