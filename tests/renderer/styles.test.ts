import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', 'renderer');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((path) => join(root, path));
const text = (path: string): string => readFileSync(path, 'utf8');

/** What a file imports when it is loaded: parts loaded on demand come later, and bring their own. */
function importsOf(path: string): readonly string[] {
  return [...text(path).matchAll(/^(?:import|export) (?!type )(?:[^'";]*? from )?'(\.[^']+)';/gmu)]
    .map(([, name = '']) => resolve(dirname(path), name))
    .filter((each) => existsSync(each));
}

function closure(path: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  if (!path.endsWith('.css')) for (const each of importsOf(path)) closure(each, seen);
  return seen;
}

const classesOf = (css: string): readonly string[] =>
  [...css.matchAll(/\.([a-z][\w-]*)/gu)].map(([, name = '']) => name);
const home = new Map<string, Set<string>>();
for (const path of files.filter((each) => each.endsWith('.css')))
  for (const name of classesOf(text(path))) home.set(name, (home.get(name) ?? new Set()).add(path));

it('every class that a part uses is in a stylesheet that has come with it', () => {
  const atStart = closure(join(root, 'main.tsx'));
  expect(atStart.size).toBeGreaterThan(60);
  const missing: string[] = [];
  let used = 0;
  const parts = files
    .filter((each) => /\.tsx?$/u.test(each))
    .flatMap((path) =>
      [...text(path).matchAll(/import\('(\.[^']+)'\)/gu)].map(([, name = '']) => resolve(dirname(path), name)),
    );
  expect(parts.length).toBeGreaterThan(20);
  for (const part of [join(root, 'main.tsx'), ...new Set(parts)]) {
    const own = closure(part);
    for (const path of [...own].filter((each) => each.endsWith('.tsx'))) {
      const names = [...text(path).matchAll(/[cC]lassName="([^"]+)"/gu)].flatMap(([, list = '']) => list.split(/\s+/u));
      for (const name of new Set(names)) {
        const sheets = home.get(name);
        if (sheets === undefined) continue;
        used += 1;
        if (![...sheets].some((sheet) => atStart.has(sheet) || own.has(sheet)))
          missing.push(`${relative(root, part)}: .${name} of ${relative(root, path)}`);
      }
    }
  }
  expect(used).toBeGreaterThan(300);
  expect(missing).toEqual([]);
});
