import { readFileSync, readdirSync } from 'node:fs';

/** One tick of /proc, ms: 100 a second on every Linux there is. */
const tick = 10;

/**
 * Processor time that the descendants of a process have used so far, ms: what is done in a browser costs the same on a
 * busy machine, while the clock on the wall waits for others. Undefined where there is no /proc.
 */
export function processorTimeBelow(pid: number): number | undefined {
  const children = new Map<number, { readonly pid: number; readonly ticks: number }[]>();
  try {
    for (const name of readdirSync('/proc').filter((one) => /^\d+$/u.test(one))) {
      const stat = statOf(name);
      // After the name of the program, which may hold anything: state, parent, …; the 12th and 13th are user and system.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const parent = Number(fields[1]);
      const one = { pid: Number(name), ticks: Number(fields[11]) + Number(fields[12]) };
      children.set(parent, [...(children.get(parent) ?? []), one]);
    }
  } catch {
    return undefined;
  }
  const below = (parent: number): number =>
    (children.get(parent) ?? []).reduce((sum, child) => sum + child.ticks + below(child.pid), 0);
  return below(pid) * tick;
}

/** A process may end while the list of them is read. */
function statOf(name: string): string {
  try {
    return readFileSync(`/proc/${name}/stat`, 'utf8');
  } catch {
    return ') ';
  }
}
