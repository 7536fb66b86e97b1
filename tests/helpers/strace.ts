import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Every system call by which a process can change a file, its name or what the system remembers of it without having
 * opened it for writing; and stepping into a folder, from where files need no path.
 */
const changing = [
  'creat,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,mknod,mknodat,link,linkat,symlink,symlinkat',
  'chmod,fchmod,fchmodat,fchmodat2,chown,lchown,fchown,fchownat,truncate,ftruncate,fallocate,flock',
  'utime,utimes,futimesat,utimensat,setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr',
  'chdir,fchdir',
]
  .join(',')
  .split(',');
const opening = ['open', 'openat', 'openat2'];

/** Why nothing can be traced here, or undefined when it can. */
export function straceMissing(): string | undefined {
  if (process.platform !== 'linux') return 'there is no strace on this system';
  const tried = spawnSync('strace', ['-f', '-y', '--seccomp-bpf', '-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (tried.error !== undefined) return 'strace is not installed';
  return tried.status === 0 ? undefined : `strace does not run: ${tried.stderr.trim()}`;
}

/** A program under strace, with all its threads and children. */
export interface TracedProgram {
  /** Resolves with its exit code and what it printed, once it and all its children have ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
  /** Resolves with the first match in what it prints. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends a signal to the program itself, not to strace. */
  signal(name: NodeJS.Signals): void;
}

/** Starts a program and writes down, in `record`, every call of it that opens or changes a file. */
export function trace(record: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv): TracedProgram {
  // A name that this processor does not have is passed over ("?"). Descriptors are shown with their paths (-y).
  const calls = [...opening, ...changing].map((name) => `?${name}`).join(',');
  const child = spawn(
    'strace',
    ['-f', '-y', '--seccomp-bpf', '-s', '4096', '-e', `trace=${calls}`, '-o', record, command, ...args],
    // Files handled by io_uring would be seen by no tracer: libuv then only waits with it.
    { env: { ...env, UV_USE_IO_URING: '0' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let out = '';
  let err = '';
  const listeners = new Set<() => void>();
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    for (const listener of listeners) listener();
  });
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<{ code: number | null; out: string; err: string }>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done({ code, out, err }));
  });
  return {
    ended,
    printed: (pattern) =>
      new Promise((found, fail) => {
        const look = () => {
          const match = pattern.exec(out);
          if (match === null) return;
          listeners.delete(look);
          found(match);
        };
        listeners.add(look);
        void ended.then(({ code }) => fail(new Error(`It ended with ${code} before printing ${pattern}: ${err}`)));
        look();
      }),
    signal: (name) => {
      // The first call is the program's own, and stands behind its process id.
      const pid = Number.parseInt(readFileSync(record, 'utf8'), 10);
      process.kill(pid, name);
    },
  };
}

/**
 * The calls of a record that could have changed something under a folder: anything opened for writing, and every other
 * call of the list that names a path in it. A call that failed counts as well: it was tried.
 * @param marker a folder name that occurs in no other path
 */
export function changesUnder(record: string, marker: string): string[] {
  return readFileSync(record, 'utf8')
    .split('\n')
    .filter((line) => {
      const call = /^\d+ +(?:<\.\.\. )?(\w+)/.exec(line)?.[1];
      if (call === undefined || !line.includes(marker)) return false;
      if (opening.includes(call)) return /\b(?:O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|O_TMPFILE)\b/.test(line);
      return changing.includes(call);
    });
}

/** How many files under a folder were opened for reading: a record of nothing proves nothing. */
export function readsUnder(record: string, marker: string): number {
  return readFileSync(record, 'utf8')
    .split('\n')
    .filter((line) => /^\d+ +open(?:at2?)?\(/.test(line) && line.includes(marker) && line.includes('O_RDONLY')).length;
}
