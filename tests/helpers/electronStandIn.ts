import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Electron's mark before its fuses, then wire version 1, nine fuses, each in a state as shipped. */
const fuseMark = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const shippedFuses = '101100001';

/**
 * A folder that looks enough like an unpacked Electron for Linux that a packager accepts it: a binary with fuses, a
 * version, an empty default app. It holds nothing that runs.
 */
export function writeElectronStandIn(folder: string, version: string): void {
  mkdirSync(join(folder, 'resources'), { recursive: true });
  mkdirSync(join(folder, 'locales'), { recursive: true });
  const wire = Buffer.concat([Buffer.from(fuseMark), Buffer.from([1, shippedFuses.length]), Buffer.from(shippedFuses)]);
  writeFileSync(join(folder, 'electron'), Buffer.concat([Buffer.alloc(4096), wire, Buffer.alloc(4096)]), {
    mode: 0o755,
  });
  writeFileSync(join(folder, 'version'), version);
  writeFileSync(join(folder, 'LICENSE'), '');
  writeFileSync(join(folder, 'resources', 'default_app.asar'), emptyArchive());
}

function emptyArchive(): Buffer {
  const json = Buffer.from('{"files":{}}');
  const header = Buffer.alloc(16);
  header.writeUInt32LE(4, 0);
  header.writeUInt32LE(json.length + 8, 4);
  header.writeUInt32LE(json.length + 4, 8);
  header.writeUInt32LE(json.length, 12);
  return Buffer.concat([header, json]);
}

type ArchiveNode = { readonly files?: Readonly<Record<string, ArchiveNode>>; readonly unpacked?: boolean };

/** Every file an asar archive lists, as `path`, and which of them lie beside it unpacked. */
export function listArchive(path: string): {
  readonly packed: readonly string[];
  readonly unpacked: readonly string[];
} {
  const bytes = readFileSync(path);
  const root: ArchiveNode = JSON.parse(bytes.subarray(16, 16 + bytes.readUInt32LE(12)).toString());
  const packed: string[] = [];
  const unpacked: string[] = [];
  const walk = (node: ArchiveNode, at: string): void => {
    for (const [name, child] of Object.entries(node.files ?? {})) {
      const inner = at === '' ? name : `${at}/${name}`;
      if (child.files !== undefined) walk(child, inner);
      else (child.unpacked === true ? unpacked : packed).push(inner);
    }
  };
  walk(root, '');
  return { packed, unpacked };
}
