// The second computer of sync.bench.ts, in a process of its own: mirrors the library it is told of, and says how it is
// whenever it is asked.
import { openSyncComputer, type SyncComputerOptions } from './syncComputer.ts';

/** What the peer answers. */
export interface PeerState {
  readonly idle: boolean;
  readonly live: boolean;
  /** Processor time this process has used, ms. */
  readonly processorMs: number;
}

const options = JSON.parse(process.argv[2] ?? '{}') as SyncComputerOptions;
const computer = openSyncComputer(options);
const mirror = computer.start();
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const { phase, live } = mirror.status;
  process.send?.({ idle: phase === 'idle', live, processorMs: (user + system) / 1e3 } satisfies PeerState);
});
process.on('disconnect', () => {
  computer.dispose();
  process.exit(0);
});
