import { oc } from '@orpc/contract';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contractHashOf, contractSchemas } from '../../build/contractHash.ts';
import { contract } from '../../shared/contract/contract.ts';
import { contractHash } from '../../shared/contract/version.ts';

const procedures = contractSchemas(contract);

describe('the contract', () => {
  it('has not changed since its version was accepted (npm run contract:accept)', () => {
    expect(contractHashOf(contract)).toBe(contractHash);
  });

  it('names every procedure noun.verb', () => {
    expect(procedures.length).toBeGreaterThan(40);
    expect(procedures.map(({ name }) => name).filter((name) => !/^[a-z]+\.[a-z][A-Za-z]*$/u.test(name))).toEqual([]);
  });

  it.each(procedures)('$name refuses unknown keys wherever it takes an object', ({ input }) => {
    expect(openObjects(input, '$')).toEqual([]);
  });

  it.each(procedures)('$name answers only with what JSON can say', ({ output }) => {
    expect(unsayable(output, '$')).toEqual([]);
  });
});

describe('the contract hash', () => {
  const before = {
    photos: { get: oc.input(z.strictObject({ id: z.string() })).output(z.object({ title: z.string() })) },
  };
  const hash = contractHashOf(before);

  it.each([
    [
      'a new field in an answer',
      {
        photos: {
          get: oc.input(z.strictObject({ id: z.string() })).output(z.object({ title: z.string(), size: z.int() })),
        },
      },
    ],
    [
      'a narrower parameter',
      { photos: { get: oc.input(z.strictObject({ id: z.string().max(3) })).output(z.object({ title: z.string() })) } },
    ],
    ['a renamed procedure', { photos: { find: before.photos.get } }],
    ['a new procedure', { photos: { get: before.photos.get, list: before.photos.get } }],
  ])('changes with %s', (_what, after) => {
    expect(contractHashOf(after)).not.toBe(hash);
  });

  it('does not change with the order of declarations', () => {
    const one = { a: before.photos.get, b: before.photos.get };
    const other = { b: before.photos.get, a: before.photos.get };
    expect(contractHashOf(one)).toBe(contractHashOf(other));
  });
});

type Node = Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

/** The one place that is open on purpose: a step that a newer version made is kept as it is (shared/edits/stack.ts). */
const openOnPurpose = '$.properties.stack.properties.steps.items';

/** Paths of object schemas that let unknown keys through. Records (maps by key) are closed by their own value schema. */
function openObjects(schema: unknown, path: string): string[] {
  if (!isNode(schema)) return [];
  const open =
    schema['type'] === 'object' &&
    'properties' in schema &&
    schema['additionalProperties'] !== false &&
    path !== openOnPurpose;
  const inner = Object.entries(schema).flatMap(([key, value]) => openObjects(value, `${path}.${key}`));
  return open ? [path, ...inner] : inner;
}

/** Paths whose schema accepts anything, which is how zod writes Dates, bigints and bytes in JSON schema. */
function unsayable(schema: unknown, path: string): string[] {
  if (!isNode(schema)) return [];
  const fields = isNode(schema['properties']) ? Object.entries(schema['properties']) : [];
  const anything = fields.filter(
    ([, value]) => isNode(value) && Object.keys(value).every((key) => key === 'description'),
  );
  const inner = Object.entries(schema).flatMap(([key, value]) => unsayable(value, `${path}.${key}`));
  return [...anything.map(([key]) => `${path}.${key}`), ...inner];
}
