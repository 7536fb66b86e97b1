import { cruise } from 'dependency-cruiser';
import type { IForbiddenRuleType } from 'dependency-cruiser';

/** One folder and everything it may reach; what is not named is refused. */
type Layer = {
  readonly name: string;
  readonly folder: string;
  readonly except?: string;
  readonly may: readonly string[];
  /** Whether Node's own modules may be imported. */
  readonly node: boolean;
};

/** A path pattern for a package, wherever npm put it. */
const npm = (name: string): string => `node_modules/${name}/`;
const anyPackage = 'node_modules/';

/** What the core and the server both do with files: not for a page. */
const sharedDisk = '^shared/disk/';
const anyShared = '^shared/(?!disk/)';

/** Top-level core files that hold a port or a type and do nothing: every part of the core may name them. */
const corePorts = String.raw`^electron/core/[^/]+(?<!/app)\.ts$`;

/** What a shell sees of the core: app.ts and the ports beside it, and what all shells share. */
const coreTop = String.raw`^electron/core/([^/]+\.ts$|(rpc|shell|maintenance)/)`;

/** "Share from this computer": a shell that stays open may start the server inside the app, and only by this file. */
const household = String.raw`^server/household\.ts$`;

/** The guard every entry point starts with. */
const checkNode = String.raw`^build/check-node\.mjs$`;

/**
 * Who may import whom (docs/architecture.md). The folder decides the permission. Paths are relative to the tree that is
 * examined. A narrower folder is listed before, and excepted from, the wider one that holds it.
 */
const layers: readonly Layer[] = [
  { name: 'shared-disk', folder: sharedDisk, may: [sharedDisk], node: true },
  { name: 'shared', folder: '^shared/', may: [anyShared, npm('zod'), npm('@orpc/contract')], node: false },
  {
    name: 'core-store',
    folder: '^electron/core/store/',
    may: [
      '^shared/',
      '^electron/core/store/',
      corePorts,
      npm('better-sqlite3'),
      npm('@types/better-sqlite3'),
      npm('kysely'),
      npm('zod'),
    ],
    node: true,
  },
  {
    name: 'core-media-library-edits',
    folder: '^electron/core/(media|library|edits)/',
    may: ['^shared/', '^electron/core/(store|media|library|edits|workers)/', corePorts, anyPackage],
    node: true,
  },
  {
    name: 'core-sync',
    folder: '^electron/core/sync/',
    may: [
      '^shared/',
      '^electron/core/(store|sync|workers)/',
      '^electron/core/media/mediaSource',
      corePorts,
      anyPackage,
    ],
    node: true,
  },
  {
    name: 'core-sharing',
    folder: '^electron/core/sharing/',
    may: [
      '^shared/',
      '^electron/core/(store|sharing)/',
      String.raw`^electron/core/sync/cloudDatabase\.ts$`,
      corePorts,
      anyPackage,
    ],
    node: true,
  },
  { name: 'core', folder: '^electron/core/', may: ['^shared/', '^electron/core/', anyPackage], node: true },
  {
    name: 'headless',
    folder: '^electron/headless/',
    may: ['^shared/', '^electron/headless/', household, coreTop, checkNode, anyPackage],
    node: true,
  },
  {
    name: 'cli',
    folder: '^electron/cli/',
    may: ['^shared/', '^electron/cli/', '^electron/headless/', '^server/main', coreTop, checkNode, anyPackage],
    node: true,
  },
  {
    name: 'desktop',
    folder: '^electron/desktop/',
    may: [
      '^shared/',
      '^electron/desktop/',
      household,
      coreTop,
      String.raw`^electron/core/workers/(channel|spawnWorkers)\.ts$`,
      anyPackage,
    ],
    node: true,
  },
  { name: 'preload', folder: '^electron/preload/', may: [anyShared, npm('electron')], node: false },
  { name: 'renderer', folder: '^renderer/', may: [anyShared, '^renderer/', anyPackage], node: false },
  { name: 'server', folder: '^server/', may: ['^shared/', '^server/', checkNode, anyPackage], node: true },
];

/** Packages that only certain files may touch: native code, the shell's own API, things with one owner. */
const owners: readonly { readonly packages: readonly string[]; readonly only: string; readonly why: string }[] = [
  {
    packages: ['electron'],
    only: '^electron/(desktop|preload)/',
    why: 'everything else runs in plain Node or a browser',
  },
  {
    packages: ['better-sqlite3'],
    only: '^(electron/core/store|server/database/sqlite)/',
    why: 'one process and one folder own each database file',
  },
  {
    packages: ['sharp', 'libheif-js', 'libraw-wasm', '@img/[^/]+', 'exiftool-vendored'],
    only: '^electron/core/media/',
    why: 'a decoder may crash: it lives in the media worker',
  },
  {
    packages: ['chokidar'],
    only: '^electron/core/library/watcher',
    why: 'the watcher is a hint, and one file hides its traps',
  },
];

/** The table as dependency-cruiser rules; each message names what would have been allowed. */
function forbiddenRules(): IForbiddenRuleType[] {
  const rules: IForbiddenRuleType[] = layers.map((layer, index) => {
    const narrower = layers.slice(0, index).map((earlier) => earlier.folder);
    return {
      name: `layer-${layer.name}`,
      severity: 'error',
      comment: `${layer.name} may import: ${layer.may.join('  ')}${layer.node ? '  node:' : ''}`,
      from: { path: layer.folder, ...(narrower.length > 0 ? { pathNot: narrower } : {}) },
      to: { pathNot: [...layer.may], ...(layer.node ? { dependencyTypesNot: ['core'] } : {}) },
    };
  });
  for (const owner of owners) {
    const packages = owner.packages.map((name) => `node_modules/${name}/`);
    rules.push({
      name: `only-owner-${owner.packages[0]}`,
      severity: 'error',
      comment: `${owner.packages.join(', ')} only in ${owner.only}: ${owner.why}`,
      from: { path: '^(shared|electron|renderer|server)/', pathNot: owner.only },
      to: { path: packages },
    });
  }
  rules.push(
    {
      name: 'preload-types-only',
      severity: 'error',
      comment: 'the sandboxed preload is one file: from shared it may take types, nothing that runs',
      from: { path: '^electron/preload/' },
      to: { path: '^shared/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'two files that need each other are one concept or three',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'tests-are-leaves',
      severity: 'error',
      comment: 'nothing imports tests',
      from: { pathNot: '^tests/' },
      to: { path: '^tests/' },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'an import that resolves to nothing hides from every other rule',
      from: { path: '^(shared|electron|renderer|server)/' },
      to: { couldNotResolve: true, pathNot: String.raw`\?|\.css$|^virtual:` },
    },
  );
  return rules;
}

/** What an examination of the imports found. */
export type ImportReport = {
  /** Modules of our own tree that were read. A parser that silently reads none would otherwise pass. */
  readonly moduleCount: number;
  /** One line per breach: rule, importing file, imported file, and what is allowed. */
  readonly breaches: readonly string[];
};

/**
 * Reads every import under the given folders and holds it against the import table.
 * @param baseDir absolute path of the tree; folder names and rules are relative to it
 * @param folders the folders to read, for example `shared`
 */
export async function examineImports(baseDir: string, folders: readonly string[]): Promise<ImportReport> {
  const rules = forbiddenRules();
  const result = await cruise([...folders], {
    baseDir,
    validate: true,
    ruleSet: { forbidden: rules },
    // Type-only imports count too: a renderer that names a core type is coupled to the core.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types', 'require'],
    },
    exclude: { path: String.raw`(^|/)out/` },
  });
  if (typeof result.output === 'string') throw new Error('dependency-cruiser answered with text instead of a result');
  const comments = new Map(rules.map((rule) => [rule.name, rule.comment]));
  return {
    moduleCount: result.output.modules.filter(
      (module) => /\.tsx?$/u.test(module.source) && !module.source.includes('node_modules/'),
    ).length,
    breaches: result.output.summary.violations.map(
      (violation) =>
        `${violation.rule.name}: ${violation.from} -> ${violation.to} (${comments.get(violation.rule.name) ?? ''})`,
    ),
  };
}
