import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examineImports } from '../../build/importRules.ts';

const repository = join(import.meta.dirname, '..', '..');
let tree: string;

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'shoebox-imports-'));
  symlinkSync(join(repository, 'node_modules'), join(tree, 'node_modules'));
});
afterEach(() => rmSync(tree, { recursive: true, force: true }));

function plant(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
}

/** The rules that a planted tree breaks, without the details. */
async function brokenRules(files: Readonly<Record<string, string>>): Promise<string[]> {
  plant(files);
  const folders = [...new Set(Object.keys(files).map((path) => path.split('/')[0] ?? ''))];
  const report = await examineImports(tree, folders);
  expect(report.moduleCount).toBeGreaterThanOrEqual(Object.keys(files).length);
  return report.breaches.map((line) => line.slice(0, line.indexOf(':'))).toSorted();
}

const shared = { 'shared/ids.ts': 'export const id = 1;\n' };
const store = { 'electron/core/store/database.ts': 'export const open = 1;\n' };
const app = { 'electron/core/app.ts': 'export const createLibraryApp = 1;\n' };

describe('the import table', () => {
  it('lets through what architecture allows', async () => {
    expect(
      await brokenRules({
        ...shared,
        ...store,
        ...app,
        'shared/model/photo.ts':
          "import { z } from 'zod';\nimport { id } from '../ids.ts';\nexport const p = [z, id];\n",
        'shared/disk/reader.ts': "import fs from 'node:fs';\nexport const read = fs;\n",
        'server/assets/disk.ts': "import { read } from '../../shared/disk/reader.ts';\nexport const r = read;\n",
        'electron/core/workers/disk.ts':
          "import { read } from '../../../shared/disk/reader.ts';\nexport const r = read;\n",
        'electron/core/store/x.ts':
          "import Database from 'better-sqlite3';\nimport fs from 'node:fs';\nexport const x = [Database, fs];\n",
        'electron/core/library/watcher.ts':
          "import { watch } from 'chokidar';\nimport { open } from '../store/database.ts';\nexport const w = [watch, open];\n",
        'electron/headless/main.ts':
          "import { createLibraryApp } from '../core/app.ts';\nexport const m = createLibraryApp;\n",
        'electron/desktop/main.ts': "import { app } from 'electron';\nexport const m = app;\n",
        'electron/preload/preload.ts':
          "import { ipcRenderer } from 'electron';\nimport type * as Ids from '../../shared/ids.ts';\nexport const m = ipcRenderer;\nexport type I = typeof Ids;\n",
      }),
    ).toEqual([]);
  });

  const planted: readonly (readonly [situation: string, rule: string, files: Readonly<Record<string, string>>])[] = [
    ['shared reading a file', 'layer-shared', { 'shared/a.ts': "import fs from 'node:fs';\nexport const a = fs;\n" }],
    [
      'shared taking another package',
      'layer-shared',
      { 'shared/a.ts': "import p from 'pino';\nexport const a = p;\n" },
    ],
    [
      'the renderer importing what reads files',
      'layer-renderer',
      {
        'shared/disk/reader.ts': 'export const read = 1;\n',
        'renderer/a.ts': "import { read } from '../shared/disk/reader.ts';\nexport const a = read;\n",
      },
    ],
    [
      'the renderer importing the core',
      'layer-renderer',
      {
        ...app,
        'renderer/a.ts':
          "import { createLibraryApp } from '../electron/core/app.ts';\nexport const a = createLibraryApp;\n",
      },
    ],
    [
      'the renderer naming a core type',
      'layer-renderer',
      {
        ...app,
        'renderer/a.ts':
          "import type { createLibraryApp } from '../electron/core/app.ts';\nexport type A = typeof createLibraryApp;\n",
      },
    ],
    [
      'the renderer importing Node',
      'layer-renderer',
      { 'renderer/a.ts': "import path from 'node:path';\nexport const a = path;\n" },
    ],
    [
      'the server importing the core',
      'layer-server',
      {
        ...store,
        'server/a.ts': "import { open } from '../electron/core/store/database.ts';\nexport const a = open;\n",
      },
    ],
    [
      'the core importing electron',
      'only-owner-electron',
      { 'electron/core/library/a.ts': "import { app } from 'electron';\nexport const a = app;\n" },
    ],
    [
      'a database opened outside the store',
      'only-owner-better-sqlite3',
      { 'electron/core/library/a.ts': "import D from 'better-sqlite3';\nexport const a = D;\n" },
    ],
    [
      'a decoder outside the media worker',
      'only-owner-sharp',
      { 'electron/core/library/a.ts': "import s from 'sharp';\nexport const a = s;\n" },
    ],
    [
      'a second user of the watcher',
      'only-owner-chokidar',
      { 'electron/core/library/scanner.ts': "import { watch } from 'chokidar';\nexport const a = watch;\n" },
    ],
    [
      'the store importing the library',
      'layer-core-store',
      {
        'electron/core/library/a.ts': 'export const a = 1;\n',
        'electron/core/store/b.ts': "import { a } from '../library/a.ts';\nexport const b = a;\n",
      },
    ],
    [
      'sync reaching into the library',
      'layer-core-sync',
      {
        'electron/core/library/a.ts': 'export const a = 1;\n',
        'electron/core/sync/b.ts': "import { a } from '../library/a.ts';\nexport const b = a;\n",
      },
    ],
    [
      'sharing reaching into sync internals',
      'layer-core-sharing',
      {
        'electron/core/sync/importer.ts': 'export const a = 1;\n',
        'electron/core/sharing/b.ts': "import { a } from '../sync/importer.ts';\nexport const b = a;\n",
      },
    ],
    [
      'a shell reaching past app.ts',
      'layer-headless',
      {
        ...store,
        'electron/headless/a.ts': "import { open } from '../core/store/database.ts';\nexport const a = open;\n",
      },
    ],
    [
      'one shell importing another',
      'layer-desktop',
      {
        'electron/headless/a.ts': 'export const a = 1;\n',
        'electron/desktop/b.ts': "import { a } from '../headless/a.ts';\nexport const b = a;\n",
      },
    ],
    [
      'a preload that runs shared code',
      'preload-types-only',
      { ...shared, 'electron/preload/preload.ts': "import { id } from '../../shared/ids.ts';\nexport const a = id;\n" },
    ],
    [
      'two files that need each other',
      'no-cycle',
      {
        'server/a.ts': "import { b } from './b.ts';\nexport const a = () => b;\n",
        'server/b.ts': "import { a } from './a.ts';\nexport const b = () => a;\n",
      },
    ],
    [
      'the product importing a test',
      'tests-are-leaves',
      {
        'tests/a.ts': 'export const a = 1;\n',
        'server/b.ts': "import { a } from '../tests/a.ts';\nexport const b = a;\n",
      },
    ],
    [
      'an import of a file that is not there',
      'resolvable',
      { 'server/b.ts': "import { a } from './gone.ts';\nexport const b = a;\n" },
    ],
  ];

  it.each(planted)('catches %s', async (_situation, rule, files) => {
    expect(await brokenRules(files)).toContain(rule);
  });
});
