import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { S3Settings } from '../../server/assets/s3Storage.ts';
import { freePort } from './freePort.ts';

const run = promisify(execFile);
const programs = [
  'swift-proxy-server',
  'swift-account-server',
  'swift-container-server',
  'swift-object-server',
  'swift-ring-builder',
  'memcached',
];

/** What is missing for an OpenStack Swift of our own; undefined when it is installed (Debian: swift-proxy, -account, -container, -object, memcached). */
export async function swiftMissing(): Promise<string | undefined> {
  for (const program of programs) {
    try {
      await access(`/usr/bin/${program}`);
    } catch {
      return `${program} is not installed`;
    }
  }
  return undefined;
}

/**
 * A real S3 server: Swift with its s3api, one replica, a plain folder as its disk. It checks signatures. Its hash settings
 * come from /etc/swift/swift.conf, which the packages bring.
 */
export async function startSwift(): Promise<{ readonly settings: S3Settings; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'shoebox-swift-'));
  const [proxy, account, container, object, memcached] = await Promise.all([1, 2, 3, 4, 5].map(freePort));
  await mkdir(join(folder, 'disk', 'd1'), { recursive: true });
  const user = process.getuid?.() === 0 ? 'root' : (process.env['USER'] ?? 'root');
  const common = (port: number | undefined): string =>
    `[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = ${port}\nworkers = 0\nuser = ${user}\nswift_dir = ${folder}\ndevices = ${join(folder, 'disk')}\nmount_check = false\nlog_level = ERROR\n`;
  for (const [kind, port] of [
    ['account', account],
    ['container', container],
    ['object', object],
  ] as const) {
    await writeFile(
      join(folder, `${kind}.conf`),
      `${common(port)}[pipeline:main]\npipeline = ${kind}-server\n[app:${kind}-server]\nuse = egg:swift#${kind}\n`,
    );
    const ring = join(folder, `${kind}.builder`);
    await run('/usr/bin/swift-ring-builder', [ring, 'create', '4', '1', '0']);
    await run('/usr/bin/swift-ring-builder', [ring, 'add', `r1z1-127.0.0.1:${port}/d1`, '1']);
    // Its exit code 1 is a warning about balance, which one disk cannot have.
    await run('/usr/bin/swift-ring-builder', [ring, 'rebalance']).catch((error: { code?: unknown }) => {
      if (error.code !== 1) throw error;
    });
  }
  await writeFile(
    join(folder, 'proxy.conf'),
    `${common(proxy)}[pipeline:main]\npipeline = catch_errors proxy-logging cache s3api tempauth bulk slo dlo proxy-logging proxy-server\n` +
      `[app:proxy-server]\nuse = egg:swift#proxy\nallow_account_management = true\naccount_autocreate = true\n` +
      `[filter:tempauth]\nuse = egg:swift#tempauth\nuser_shoe_box = secret .admin\n` +
      `[filter:cache]\nuse = egg:swift#memcache\nmemcache_servers = 127.0.0.1:${memcached}\n` +
      ['s3api', 'bulk', 'slo', 'dlo', 'catch_errors', 'proxy_logging']
        .map((name) => `[filter:${name.replace('_', name === 'proxy_logging' ? '-' : '_')}]\nuse = egg:swift#${name}\n`)
        .join(''),
  );
  const children: ChildProcess[] = [
    spawn('/usr/bin/memcached', ['-l', '127.0.0.1', '-p', String(memcached), '-u', user, '-m', '32'], {
      stdio: 'ignore',
    }),
  ];
  for (const kind of ['account', 'container', 'object', 'proxy']) {
    children.push(
      spawn(`/usr/bin/swift-${kind}-server`, [join(folder, `${kind}.conf`)], {
        stdio: 'ignore',
        env: { ...process.env, SWIFT_TEST_CONFIG_FILE: '' },
      }),
    );
  }
  const endpoint = `http://127.0.0.1:${proxy}`;
  const stop = async (): Promise<void> => {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    await rm(folder, { recursive: true, force: true });
  };
  for (let tries = 0; ; tries += 1) {
    try {
      await fetch(endpoint);
      break;
    } catch (error) {
      // Five Python programs on a busy machine take their time.
      if (tries === 900) {
        await stop();
        throw new Error('Swift did not start', { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return {
    settings: { endpoint, bucket: 'photos', region: 'us-east-1', accessKey: 'shoe:box', secretKey: 'secret' },
    stop,
  };
}
