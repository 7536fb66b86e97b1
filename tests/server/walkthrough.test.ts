import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePort } from '../helpers/freePort.ts';

interface Step {
  readonly command: string;
  readonly expected: string | undefined;
}

/** The shell lines of the page, each with the `#>` line behind it. */
function steps(page: string): Step[] {
  const lines = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((block) => (block[1] ?? '').trim().split('\n'));
  const found: Step[] = [];
  for (const line of lines) {
    const last = found.at(-1);
    if (line.startsWith('#> ') && last !== undefined) found[found.length - 1] = { ...last, expected: line.slice(3) };
    else found.push({ command: line, expected: undefined });
  }
  return found;
}

test('the curl walkthrough does what its page says, line by line', { timeout: 240_000 }, async () => {
  const all = steps(await readFile('docs/walkthrough-curl.md', 'utf8'));
  expect(all.filter((step) => step.expected !== undefined).length).toBeGreaterThan(14);
  const folder = await mkdtemp(join(tmpdir(), 'shoebox-walk-'));
  const script = ['set -e', ...all.flatMap((step, index) => [`echo "@@${index}"`, step.command])].join('\n');
  const shell = spawn('bash', ['-c', `set -m\n${script}`], {
    env: { ...process.env, DATA: folder, PORT: String(await freePort()) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let complaints = '';
  shell.stdout.on('data', (part) => (output += String(part)));
  shell.stderr.on('data', (part) => (complaints += String(part)));
  try {
    await once(shell, 'exit');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const answers = new Map(
    [...output.matchAll(/@@(\d+)\n([\s\S]*?)(?=@@\d+\n|$)/g)].map((match) => [Number(match[1]), match[2] ?? '']),
  );
  for (const [index, step] of all.entries()) {
    if (step.expected !== undefined) expect(answers.get(index) ?? complaints, step.command).toContain(step.expected);
  }
});
