import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { aimedScripts } from './aimedScripts.ts';
import { mutants } from './mutants.ts';
import { makePlantedCopy, type PlantedCopy } from './plantedCopy.ts';
import { regressions } from './regressions.ts';
import type { Script } from './scripts.ts';
import { createSimulator } from './world.ts';

/**
 * `npm run simulate:scripts [-- --jobs 2] [--only TEXT]`: plays each script of regressions.ts and aimedScripts.ts on a copy of the source in
 * which its bug is planted again, and says which scripts do not notice: the simulator has changed since they were made
 * short, and they prove nothing any more. That they break no rule without the bug is part of `npm test`.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: '2' },
    /** How a child process is told which script to play. */
    script: { type: 'string' },
  },
});

const scripts = [...regressions, ...aimedScripts];

if (values.script === undefined) await playAll();
else await playOne(values.script);

/** Plays one script on the source around this file. */
async function playOne(name: string): Promise<void> {
  const script = scripts.find(({ fault }) => fault === name);
  if (script === undefined) throw new Error(`There is no script of the fault "${name}"`);
  const { violations } = await (await createSimulator()).run(script.plan);
  for (const { invariant, message } of violations) console.log(`breaks ${invariant}: ${message}`);
}

/** @returns what the script broke with its bug planted; undefined when it noticed nothing */
async function look(copy: PlantedCopy, { fault, mutant }: Script): Promise<string | undefined> {
  const bug = mutants.find(({ name }) => name === mutant);
  if (bug === undefined) throw new Error(`There is no planted bug "${mutant}"`);
  return copy.withBug(bug, async () => {
    const child = spawn(process.execPath, [copy.program('runScripts.ts'), '--script', fault], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    // A bug can make a run endless, which is noticed as well.
    const stuck = setTimeout(() => child.kill('SIGKILL'), 5 * 60_000);
    const [code] = (await once(child, 'close')) as [number | null];
    clearTimeout(stuck);
    if (code !== 0) return code === null ? 'it never ends' : 'the run itself fails';
    return /breaks (\w+)/.exec(said)?.[1];
  });
}

async function playAll(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'shoebox-scripts-'));
  const chosen = scripts.filter(({ fault }) => fault.includes(values.only));
  const queue = [...chosen];
  const blind: Script[] = [];
  try {
    const copies = Array.from({ length: Number(values.jobs) }, (_, job) => makePlantedCopy(join(folder, String(job))));
    await Promise.all(
      copies.map(async (copy) => {
        for (let script = queue.shift(); script !== undefined; script = queue.shift()) {
          const noticed = await look(copy, script);
          if (noticed === undefined) blind.push(script);
          console.log(`${noticed === undefined ? 'NOTHING' : noticed.padEnd(7)} ${script.fault}`);
        }
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`\n${chosen.length - blind.length} of ${chosen.length} scripts notice their planted bug`);
  if (blind.length > 0) process.exitCode = 1;
}
