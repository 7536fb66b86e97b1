import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The flags of Node that `npm run server` starts the server with: bounds on its heap. */
export function serverFlags(): readonly string[] {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8');
  const { scripts } = JSON.parse(text) as { readonly scripts: Readonly<Record<string, string>> };
  return (scripts['server'] ?? '').split(' ').filter((word) => word.startsWith('--'));
}
