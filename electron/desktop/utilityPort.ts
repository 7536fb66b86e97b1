import type { UtilityProcess } from 'electron';
import type { WorkerPort } from '../core/workers/channel.ts';

/**
 * A worker in one of Electron's utility processes: with the fuse that runs Electron as Node switched off, this is the only
 * kind of child process the packaged app can start. It may crash, hang and be killed without harm to anything else.
 * @param fork for example `(path) => utilityProcess.fork(path, [], { serviceName: 'media' })`
 */
export function utilityPort(child: Pick<UtilityProcess, 'postMessage' | 'on' | 'kill' | 'pid'>): WorkerPort {
  let gone = false;
  const exits: ((reason: string) => void)[] = [];
  child.on('exit', (code) => {
    gone = true;
    for (const listener of exits) listener(`exit ${code}`);
  });
  return {
    get pid() {
      return child.pid;
    },
    send: (message) => {
      if (!gone) child.postMessage(message);
    },
    onMessage: (listener) => {
      child.on('message', listener);
    },
    onExit: (listener) => {
      exits.push(listener);
    },
    kill: () => void child.kill(),
  };
}
